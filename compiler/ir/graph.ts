/**
 * The graph: primitive tensor operations in single-assignment form, with `scan` for time.
 *
 * Every node has one result with a fixed shape. A scan's body is made of ordinary nodes that reach its placeholders; what
 * does not reach them is computed once, outside, whatever the body says. Ids grow along every edge, so ascending id is an
 * order of execution.
 */
import type { DType } from "@specloom/runtime/internal/contract";
import type { BinaryOperation, CompareOperation, UnaryOperation } from "../elementwise/index.ts";
import type { Origin } from "./program.ts";

export type ArgumentRole = "input" | "parameter" | "state" | "scalar" | "random";

/** The attributes of every operation; the keys are the whole vocabulary. */
export type OpAttributes = {
  /** A tensor that enters from outside. */
  readonly argument: { readonly role: ArgumentRole; readonly name: string };
  /** The same number everywhere. */
  readonly constant: { readonly value: number };
  /** The index along one axis. */
  readonly iota: { readonly axis: number };
  /** Inside a scan: the carried value or the slice of this step. `scan` tells the scans apart. */
  readonly placeholder: { readonly scan: number; readonly part: "carry" | "slice"; readonly index: number };
  readonly select: NoAttributes;
  /** The identity, without a gradient. */
  readonly stop_gradient: NoAttributes;
  /** Input axis i becomes output axis `axes[i]`; the other output axes repeat. */
  readonly broadcast: { readonly shape: readonly number[]; readonly axes: readonly number[] };
  readonly reshape: { readonly shape: readonly number[] };
  /** Output axis i is input axis `permutation[i]`. */
  readonly transpose: { readonly permutation: readonly number[] };
  readonly slice: { readonly axis: number; readonly start: number; readonly stop: number };
  /** Zeros before and after along one axis. */
  readonly pad: { readonly axis: number; readonly before: number; readonly after: number };
  readonly concat: { readonly axis: number };
  readonly reverse: { readonly axis: number };
  /**
   * Windows of `size` steps along one axis: axis a becomes axes a (which window) and a + 1 (which place in it), and cell
   * [w, k] is step w * stride + k * dilation. Windows may overlap.
   */
  readonly unfold: { readonly axis: number; readonly size: number; readonly stride: number; readonly dilation: number };
  /** The adjoint of unfold: every step is the sum of its places in all windows; `length` steps. */
  readonly fold: { readonly axis: number; readonly length: number; readonly stride: number; readonly dilation: number };
  readonly sum: { readonly axes: readonly number[] };
  readonly max: { readonly axes: readonly number[] };
  /** One letter per axis: a product summed over the letters that `output` lacks. Every letter occurs at least twice. */
  readonly contract: { readonly left: string; readonly right: string; readonly output: string };
  /** The rows of a table that ids name; the first `batch` axes of both say which table. */
  readonly take: { readonly batch: number };
  /** Rows added up by the number of the row they go to, of `rows`: what `take` is the adjoint of. */
  readonly place_rows: { readonly batch: number; readonly rows: number };
  readonly scan: ScanAttributes;
  readonly scan_output: { readonly index: number };
} & { readonly [O in UnaryOperation | BinaryOperation | CompareOperation]: NoAttributes };

export type NoAttributes = Readonly<Record<string, never>>;

/**
 * Inputs of the node are the initial carries, then the sliced tensors `[T, ...]`. With `reverse` time runs from T - 1 down
 * to 0; outputs are stacked at their own step all the same. Results: final carries, then stacked outputs `[T, ...]`.
 */
export interface ScanAttributes {
  readonly identifier: number;
  readonly length: number;
  readonly reverse: boolean;
  readonly carries: readonly Node[];
  readonly slices: readonly Node[];
  readonly nextCarries: readonly Node[];
  readonly outputs: readonly Node[];
}

export type OpName = keyof OpAttributes;

export type Node<O extends OpName = OpName> = { readonly [P in O]: NodeOf<P> }[O];

type OfOne = UnaryOperation | OneByOne;
type OneByOne =
  | "stop_gradient"
  | "broadcast"
  | "reshape"
  | "transpose"
  | "slice"
  | "pad"
  | "reverse"
  | "unfold"
  | "fold"
  | "sum"
  | "max";
type OfTwo = BinaryOperation | CompareOperation | "contract" | "take" | "place_rows";

/** What an operation reads: as many nodes as it always does, any number for the others. */
type InputsOf<O extends OpName> = O extends OfOne
  ? readonly [Node]
  : O extends OfTwo
    ? readonly [Node, Node]
    : O extends "select"
      ? readonly [Node, Node, Node]
      : O extends "scan_output"
        ? readonly [Node<"scan">]
        : readonly Node[];

interface NodeOf<O extends OpName> {
  readonly id: number;
  readonly op: O;
  readonly inputs: InputsOf<O>;
  readonly attributes: OpAttributes[O];
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** What this value is called where it was built: `hidden`, `gates`. */
  readonly label: string;
  readonly origin: Origin;
}

export interface Graph {
  readonly name: string;
  readonly outputs: readonly { readonly name: string; readonly node: Node }[];
}

/** Everything that must be computed before the node: its inputs and, for a scan, what its body reads from outside. */
export function dependencies(node: Node): readonly Node[] {
  if (node.op !== "scan") return node.inputs;
  const known = scanDependencies.get(node);
  if (known !== undefined) return known;
  const all = [...new Set([...node.inputs, ...freeNodes(node)])].sort((a, b) => a.id - b.id);
  scanDependencies.set(node, all);
  return all;
}

/** What a scan's body reads from outside beside its inputs: weights, and values that no step changes. */
export function freeNodes(scan: Node<"scan">): readonly Node[] {
  const inside = bodyNodes(scan);
  const outside = new Set<Node>();
  for (const result of [...scan.attributes.nextCarries, ...scan.attributes.outputs]) {
    if (!inside.has(result)) outside.add(result);
  }
  for (const member of inside) {
    for (const input of dependencies(member)) if (!inside.has(input)) outside.add(input);
  }
  return [...outside];
}

/** Derived from immutable nodes and keyed by them: a cache, not state. */
const scanDependencies = new WeakMap<Node, readonly Node[]>();
const bodies = new WeakMap<Node, ReadonlySet<Node>>();

/** The nodes of a scan's body: those its results need and that reach its own placeholders. */
export function bodyNodes(scan: Node<"scan">): ReadonlySet<Node> {
  const known = bodies.get(scan);
  if (known !== undefined) return known;
  const { carries, slices, nextCarries, outputs } = scan.attributes;
  const reaches = new Map<Node, boolean>();
  for (const placeholder of [...carries, ...slices]) reaches.set(placeholder, true);
  const lowest = Math.min(Number.POSITIVE_INFINITY, ...[...carries, ...slices].map((node) => node.id));
  // An explicit stack: bodies can be deep, and recursion depth is not ours to spend.
  const stack: Node[] = [...nextCarries, ...outputs];
  while (stack.length > 0) {
    const node = stack[stack.length - 1] as Node;
    if (reaches.has(node)) {
      stack.pop();
      continue;
    }
    if (node.id < lowest) {
      reaches.set(node, false);
      stack.pop();
      continue;
    }
    const needed = dependencies(node);
    const open = needed.filter((input) => !reaches.has(input));
    if (open.length > 0) stack.push(...open);
    else {
      reaches.set(
        node,
        needed.some((input) => reaches.get(input) === true),
      );
      stack.pop();
    }
  }
  const inside = new Set([...reaches].filter(([, reached]) => reached).map(([node]) => node));
  bodies.set(scan, inside);
  return inside;
}

/** All nodes the outputs need, bodies of scans excluded, in order of execution. */
export function topological(outputs: readonly Node[]): Node[] {
  const seen = new Set<Node>(outputs);
  const queue = [...seen];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    for (const input of dependencies(node)) {
      if (!seen.has(input)) {
        seen.add(input);
        queue.push(input);
      }
    }
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

export function isScan(node: Node): node is Node<"scan"> {
  return node.op === "scan";
}

/** Number of elements of a shape; 1 for []. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}
