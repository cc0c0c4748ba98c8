/**
 * The adjoint of a scan is a scan in the other direction whose carries are the cotangents of the carries.
 *
 * Its body is the pullback of the forward body. What that needs of the forward values is saved by the forward scan as
 * further outputs (here: as a second scan over the same body, which the pass `join scans` joins with the first), or, where
 * it is cheap, computed again from what is saved.
 */
import { gradientLabel } from "../../ir/gradient-labels.ts";
import type { Node, OpName } from "../../ir/graph.ts";
import { bodyNodes, freeNodes } from "../../ir/graph.ts";
import type { Operations } from "../../ops/index.ts";
import { transcendental } from "../../ops/index.ts";
import { scanResults } from "../../ops/operations.ts";
import { ownLabel } from "./own-label.ts";
import { InternalError } from "../../support/internal-error.ts";

/** Cotangents of the targets; handed in because scans and pullbacks need each other. */
export type Pullback = (
  operations: Operations,
  seeds: ReadonlyMap<Node, Node>,
  targets: ReadonlySet<Node>,
) => Map<Node, Node>;

/** Worth a buffer per step rather than a second computation. */
const saved: ReadonlySet<OpName> = new Set<OpName>([...transcendental, "contract", "sum", "max"]);

/** Contributions to the cotangents of everything the scan reads: initial carries, sliced tensors, free nodes. */
export function scanPullback(
  operations: Operations,
  scan: Node<"scan">,
  resultCotangents: ReadonlyMap<number, Node>,
  matters: (node: Node) => boolean,
  pullback: Pullback,
): [Node, Node][] {
  const { carries, slices, nextCarries, outputs, length, reverse } = scan.attributes;
  const free = freeNodes(scan).filter(matters);
  const activeSlices = slices.filter((_, index) => matters(scan.inputs[carries.length + index] as Node));
  const activeCarries = carriesThatMatter(scan, matters, [...activeSlices, ...free]);
  const { builder } = operations;
  const identifier = builder.scanIdentifier();

  let nextIndex = 0;
  const newSlices: { readonly placeholder: Node; readonly whole: Node }[] = [];
  const sliceOf = (whole: Node): Node => {
    const placeholder = builder.make({
      op: "placeholder",
      inputs: [],
      attributes: { scan: identifier, part: "slice", index: newSlices.length },
      shape: whole.shape.slice(1),
      label: whole.label,
    });
    newSlices.push({ placeholder, whole });
    return placeholder;
  };
  const carryPlaceholders = activeCarries.map((carry) =>
    builder.make({
      op: "placeholder",
      inputs: [],
      attributes: { scan: identifier, part: "carry", index: nextIndex++ },
      shape: carry.shape,
      label: `carried_${gradientLabel(carry.label.replace(/^previous_/, ""))}`,
    }),
  );

  // Cotangents of the body's results: carried ones come from the later step, stacked ones from outside.
  const seeds = new Map<Node, Node>();
  const seed = (node: Node, cotangent: Node): void => {
    const known = seeds.get(node);
    seeds.set(node, known === undefined ? cotangent : operations.add(known, cotangent));
  };
  activeCarries.forEach((carry, index) => {
    seed(nextCarries[carries.indexOf(carry)] as Node, carryPlaceholders[index] as Node);
  });
  outputs.forEach((output, index) => {
    const cotangent = resultCotangents.get(carries.length + index);
    if (cotangent !== undefined) seed(output, sliceOf(cotangent));
  });
  const backwardLeaves = new Set<Node>([...carryPlaceholders, ...newSlices.map(({ placeholder }) => placeholder)]);

  const targets = new Set<Node>([...activeCarries, ...activeSlices, ...free]);
  const pulled = pullback(operations, seeds, targets);
  const zero = (shape: readonly number[]): Node => operations.constant(0, shape);

  const residuals = new ResidualStore(operations, scan, sliceOf, backwardLeaves);
  const named = (node: Node, source: Node): Node =>
    node.label === node.op && source.label !== source.op
      ? builder.named(node, gradientLabel(ownLabel(source, scan.origin.layer)))
      : node;
  const nextCotangents = activeCarries.map((carry) =>
    named(residuals.replay(pulled.get(carry) ?? zero(carry.shape)), carry),
  );
  const stacked = [...activeSlices, ...free].filter((node) => pulled.has(node));
  const stackedCotangents = stacked.map((node) => named(residuals.replay(pulled.get(node) as Node), node));

  const initial = activeCarries.map((carry) => resultCotangents.get(carries.indexOf(carry)) ?? zero(carry.shape));
  const results = scanResults(
    builder,
    {
      identifier,
      length,
      reverse: !reverse,
      carries: carryPlaceholders,
      slices: newSlices.map(({ placeholder }) => placeholder),
      nextCarries: nextCotangents,
      outputs: stackedCotangents,
    },
    [...initial, ...newSlices.map(({ whole }) => whole)],
  );

  const contributions: [Node, Node][] = activeCarries.map((carry, index) => [
    scan.inputs[carries.indexOf(carry)] as Node,
    results.carries[index] as Node,
  ]);
  stacked.forEach((node, index) => {
    const stack = results.outputs[index] as Node;
    const slice = slices.indexOf(node);
    if (slice >= 0) contributions.push([scan.inputs[carries.length + slice] as Node, stack]);
    else contributions.push([node, operations.sum(stack, [0])]);
  });
  return contributions;
}

/** A carry matters when its initial value does, or when a step makes it depend on something that does. */
function carriesThatMatter(
  scan: Node<"scan">,
  matters: (node: Node) => boolean,
  sources: readonly Node[],
): readonly Node[] {
  const { carries, nextCarries } = scan.attributes;
  const body = [...bodyNodes(scan)].sort((a, b) => a.id - b.id);
  const active = new Set<Node>(carries.filter((_, index) => matters(scan.inputs[index] as Node)));
  for (let before = -1; before !== active.size;) {
    before = active.size;
    const reached = new Set<Node>([...active, ...sources]);
    for (const node of body) if (node.inputs.some((input) => reached.has(input))) reached.add(node);
    carries.forEach((carry, index) => {
      if (reached.has(nextCarries[index] as Node)) active.add(carry);
    });
  }
  return carries.filter((carry) => active.has(carry));
}

/** Turns forward values inside the backward body into slices of saved stacks, or into the same cheap work once more. */
class ResidualStore {
  readonly #operations: Operations;
  readonly #scan: Node<"scan">;
  readonly #sliceOf: (whole: Node) => Node;
  readonly #forward: ReadonlySet<Node>;
  readonly #firstPlaceholder: number;
  readonly #replayed = new Map<Node, Node>();

  constructor(operations: Operations, scan: Node<"scan">, sliceOf: (whole: Node) => Node, leaves: Iterable<Node>) {
    this.#operations = operations;
    this.#scan = scan;
    this.#sliceOf = sliceOf;
    this.#forward = bodyNodes(scan);
    const { carries, slices } = scan.attributes;
    this.#firstPlaceholder = Math.min(...[...carries, ...slices].map((node) => node.id));
    for (const leaf of leaves) this.#replayed.set(leaf, leaf);
  }

  /** The node as the backward body may use it. */
  replay(node: Node): Node {
    // Older than the loop: the same outside as inside.
    if (node.id < this.#firstPlaceholder) return node;
    const known = this.#replayed.get(node);
    if (known !== undefined) return known;
    const result = this.#replayOnce(node);
    this.#replayed.set(node, result);
    return result;
  }

  #replayOnce(node: Node): Node {
    const { carries, slices } = this.#scan.attributes;
    const slice = slices.indexOf(node);
    if (slice >= 0) return this.#sliceOf(this.#scan.inputs[carries.length + slice] as Node);
    const isForward = this.#forward.has(node);
    if (isForward && (carries.includes(node) || saved.has(node.op))) return this.#save(node);
    if (node.op === "scan" || node.op === "scan_output") {
      if (isForward) throw new InternalError("a scan inside a scan cannot be differentiated");
      return node;
    }
    const inputs = node.inputs.map((input) => this.replay(input));
    if (inputs.every((input, index) => input === node.inputs[index])) return node;
    return this.#operations.builder.make({ ...node, inputs } as never);
  }

  #save(node: Node): Node {
    const { builder } = this.#operations;
    // A scan over the same body for each saved value: merging scans makes them outputs of the one forward loop.
    const { attributes, inputs } = this.#scan;
    const results = builder.within(node.origin, () => scanResults(builder, { ...attributes, outputs: [node] }, inputs));
    return this.#sliceOf(results.outputs[0] as Node);
  }
}
