/** The buffers behind the nodes of a graph, and how a cell of a node is addressed in them. */
import type { Graph, Node } from "../../ir/graph.ts";
import { isScan } from "../../ir/graph.ts";
import type { Access, Buffer, BufferRole } from "../../ir/program.ts";
import { addIndex, constantIndex } from "../../ir/index-expression.ts";
import type { IndexExpression } from "../../ir/program.ts";
import { InternalError } from "../../support/internal-error.ts";
import { slotParts } from "@specloom/runtime/internal/shared/names";
import { camelCase, UniqueNames } from "./naming.ts";
import type { Placement, Regions } from "./placement.ts";
import type { ValueNames } from "./value-names.ts";

/** A node's place: in a buffer, perhaps behind a leading step index. */
export interface Location {
  readonly buffer: Buffer;
  /** Leading index of the buffer before the node's own indices; undefined when the shapes agree. */
  readonly step?: IndexExpression;
  /** Added to the node's own first index: stacked outputs that live in the history of a carry. */
  readonly shift?: number;
}

/** The history of a carry: slot 0 .. T forwards with the initial value in slot 0, backwards with it in slot T. */
export interface History {
  readonly buffer: Buffer;
  readonly initialSlot: number;
  readonly finalSlot: number;
  readonly before: number;
  readonly after: number;
}

export class Buffers {
  readonly arguments: Buffer[] = [];
  readonly intermediates: Buffer[] = [];
  readonly #names = new UniqueNames();
  readonly #locations = new Map<Node, Location>();
  readonly #histories = new Map<Node, readonly History[]>();

  constructor(
    graph: Graph,
    regions: Regions,
    placement: Placement,
    private readonly values: ValueNames,
    time: IndexExpression,
  ) {
    const nodes = [...regions.outer.nodes, ...[...regions.bodies.values()].flatMap((region) => region.nodes)];
    for (const node of nodes) if (node.op === "argument") this.#locations.set(node, this.#argument(node));
    for (const scan of regions.outer.nodes.filter(isScan)) this.#placeScan(scan, time, placement);
    const resultName = new Map(graph.outputs.map(({ name, node }) => [node, name]));
    for (const node of nodes) {
      if (!placement.isStored(node) || this.#locations.has(node)) continue;
      const result = resultName.get(node);
      this.add(node, result !== undefined && node.origin.phase === "update" ? camelCase("next", result) : undefined);
    }
    for (const node of nodes) if (node.op === "scan_output") this.#locations.set(node, this.#scanOutput(node));
  }

  location(node: Node): Location | undefined {
    return this.#locations.get(node);
  }

  histories(scan: Node<"scan">): readonly History[] {
    return this.#histories.get(scan) ?? [];
  }

  /** Gives the node a buffer of its own. */
  add(node: Node, wish = this.values.wholeOf(node)): void {
    this.#locations.set(node, { buffer: this.create(wish, node.shape, "whole", node) });
  }

  create(wish: string, shape: readonly number[], storage: Buffer["storage"], node: Node): Buffer {
    const buffer: Buffer = {
      name: this.#names.take(wish),
      shape,
      dtype: node.dtype,
      role: "intermediate",
      storage,
      origin: { ...node.origin, note: this.values.of(node) },
    };
    this.intermediates.push(buffer);
    return buffer;
  }

  #argument(node: Node<"argument">): Location {
    const { role, name } = node.attributes;
    const { owner, slot } = slotParts(name) ?? { owner: name, slot: undefined };
    const buffer: Buffer = {
      name: this.#names.take(camelCase(slot === undefined ? owner.replace(":", ":kept ") : `${owner}.${slot}`)),
      shape: node.shape,
      dtype: node.dtype,
      role: role satisfies BufferRole,
      storage: "whole",
      external: name,
      origin: node.origin,
    };
    this.arguments.push(buffer);
    return { buffer };
  }

  #placeScan(scan: Node<"scan">, time: IndexExpression, placement: Placement): void {
    const { carries, nextCarries, outputs, length, reverse } = scan.attributes;
    const before = reverse ? 1 : 0;
    const after = reverse ? 0 : 1;
    const histories = carries.map((carry, index) => {
      const next = nextCarries[index] as Node;
      const buffer = this.create(this.values.wholeOf(next), [length + 1, ...carry.shape], "steps", next);
      const history: History = {
        buffer,
        initialSlot: reverse ? length : 0,
        finalSlot: reverse ? 0 : length,
        before,
        after,
      };
      this.#locations.set(carry, { buffer, step: addIndex(time, constantIndex(before)) });
      // A leaf (a slice, say) is copied into the history; it is read where it is.
      if (placement.isStored(next) && !this.#locations.has(next))
        this.#locations.set(next, { buffer, step: addIndex(time, constantIndex(after)) });
      return history;
    });
    this.#histories.set(scan, histories);
    for (const output of outputs) {
      if (this.#locations.has(output)) continue;
      const buffer = this.create(this.values.wholeOf(output), [length, ...output.shape], "steps", output);
      this.#locations.set(output, { buffer, step: time });
    }
  }

  #scanOutput(node: Node<"scan_output">): Location {
    const scan = node.inputs[0] as Node<"scan">;
    const { nextCarries, outputs } = scan.attributes;
    const { index } = node.attributes;
    const history = this.histories(scan)[index];
    if (index < nextCarries.length) {
      if (history === undefined) throw new InternalError("a carry without a history");
      return { buffer: history.buffer, step: constantIndex(history.finalSlot) };
    }
    const inside = this.#locations.get(outputs[index - nextCarries.length] as Node);
    if (inside?.step === undefined) throw new InternalError("a stacked output without steps");
    const shift = inside.step.kind === "add" && inside.step.right.kind === "constant" ? inside.step.right.value : 0;
    return { buffer: inside.buffer, shift };
  }
}

/** The slot a leading index means, when it is fixed or moves with the loop variable. */
export function slotOf(index: IndexExpression, variables: readonly string[]): Access["slot"] {
  if (index.kind === "constant") return { scale: 1, offset: index.value };
  const [inner, offset] =
    index.kind === "add" && index.right.kind === "constant" ? [index.left, index.right.value] : [index, 0];
  if (inner.kind === "name" && variables.includes(inner.name)) return { variable: inner.name, scale: 1, offset };
  if (inner.kind === "scale" && inner.by === -1 && inner.of.kind === "name" && variables.includes(inner.of.name)) {
    return { variable: inner.of.name, scale: -1, offset };
  }
  return undefined;
}
