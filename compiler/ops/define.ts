/** What a primitive operation is, and the vocabulary in which everything else is written. */
import type { DType } from "@specloom/runtime/internal/contract";
import type { BinaryOperation, UnaryOperation } from "../elementwise/index.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { ArgumentRole, Node, OpAttributes, OpName } from "../ir/graph.ts";
import type { Expression, IndexExpression } from "../ir/program.ts";

/** A float64 tensor of the interpreter, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** One step of a scan turned into all steps at once: `vector` says whether the value has the leading time axis. */
export interface Vectorised {
  readonly node: Node;
  readonly vector: boolean;
}

/** How lowering asks for a cell of an input. */
export interface CellContext {
  /** The scalar at `indices` of the node's `input`-th input. */
  readonly at: (input: number, indices: readonly IndexExpression[]) => Expression;
  /** A fresh index name for a reduction, with the extent's meaning as a hint. */
  readonly fresh: (hint: string) => string;
}

/** One item for each of the operation's inputs. */
type PerInput<Nodes extends readonly unknown[], Item> = { readonly [Input in keyof Nodes]: Item };

export interface OpDefinition<O extends OpName> {
  readonly name: O;
  /** The result's shape; throws an internal error when the operands do not fit, which the verifier relies on. */
  readonly shape: (inputs: readonly (readonly number[])[], attributes: OpAttributes[O]) => readonly number[];
  /** Cotangent of every input, undefined where there is none. */
  readonly adjoint: (operations: Operations, node: Node<O>, cotangent: Node) => readonly (Node | undefined)[];
  /** The numeric specification, in float64. */
  readonly evaluate: (inputs: PerInput<Node<O>["inputs"], Tensor>, node: Node<O>) => Float64Array;
  /** The operation for all steps of a scan at once, with time as axis 0 of the inputs that vary. */
  readonly vectorise: (
    operations: Operations,
    node: Node<O>,
    inputs: PerInput<Node<O>["inputs"], Vectorised>,
    length: number,
  ) => Node;
  /** One cell of the result as a scalar expression. */
  readonly cell: (node: Node<O>, indices: readonly IndexExpression[], context: CellContext) => Expression;
}

type Unary = (operand: Node) => Node;
/** Shapes are aligned at their last axes; the lower rank repeats. Axes of size 1 are not stretched. */
type Binary = (left: Node, right: Node) => Node;

export interface ScanRequest {
  readonly length: number;
  readonly reverse?: boolean;
  readonly initial: readonly Node[];
  /** Tensors `[T, ...]` of which each step sees one slice. */
  readonly slices: readonly Node[];
  readonly body: (
    carries: readonly Node[],
    slices: readonly Node[],
  ) => { readonly carries: readonly Node[]; readonly outputs: readonly Node[] };
}

type Elementwise = { readonly [O in UnaryOperation]: Unary } & { readonly [O in BinaryOperation]: Binary };

export interface Operations extends Elementwise {
  readonly builder: GraphBuilder;
  argument(role: ArgumentRole, name: string, shape: readonly number[], dtype?: DType): Node;
  constant(value: number, shape?: readonly number[]): Node;
  iota(shape: readonly number[], axis: number): Node;
  stopGradient: Unary;
  less: Binary;
  lessEqual: Binary;
  equal: Binary;
  notEqual: Binary;
  greater: Binary;
  greaterEqual: Binary;
  /** `condition` is 0 or 1; the branch not taken has no influence, not even as NaN. */
  select(condition: Node, whenTrue: Node, whenFalse: Node): Node;
  broadcast(operand: Node, shape: readonly number[], axes: readonly number[]): Node;
  reshape(operand: Node, shape: readonly number[]): Node;
  transpose(operand: Node, permutation: readonly number[]): Node;
  slice(operand: Node, axis: number, start: number, stop: number): Node;
  pad(operand: Node, axis: number, before: number, after: number): Node;
  concat(operands: readonly Node[], axis: number): Node;
  reverse(operand: Node, axis: number): Node;
  /** Windows along one axis: `[..., N, ...] -> [..., W, size, ...]`. */
  unfold(operand: Node, axis: number, size: number, stride: number, dilation: number): Node;
  /** Adds windows up where they lay: `[..., W, size, ...] -> [..., length, ...]`. */
  fold(operand: Node, axis: number, length: number, stride: number, dilation: number): Node;
  sum(operand: Node, axes: readonly number[]): Node;
  max(operand: Node, axes: readonly number[]): Node;
  /** `contract("bti,gi->tbg", x, weight)`. */
  contract(labels: string, left: Node, right: Node): Node;
  /**
   * Row `ids[i]` of the table for every i: `[V, ...]` by `[I]` -> `[I, ...]`. Ids are whole numbers 0 .. V - 1, and have no
   * gradient. The first `batch` axes (default 0) of both say which table: `[A, V, ...]` by `[A, I]` -> `[A, I, ...]`.
   */
  take(table: Node, ids: Node, batch?: number): Node;
  /** The sum of the values whose id is v, for every v below `rows`: `[A, I, ...]` and ids `[A, I]` -> `[A, rows, ...]`. */
  placeRows(values: Node, ids: Node, rows: number, batch?: number): Node;
  scan(request: ScanRequest): { readonly carries: readonly Node[]; readonly outputs: readonly Node[] };
}
