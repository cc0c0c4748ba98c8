/**
 * Gradients of several batches as if they were one. A mean over all of them is no mean of their means: what is added up are the
 * gradients of the losses' totals and what the losses count, and the one is divided by the other when the update is made.
 */
import type { Model } from "../../contracts/model.ts";
import type { Graph, Node } from "../../ir/graph.ts";
import type { Forward } from "../4-build.ts";
import type { LossPart } from "../4-build/loss.ts";
import { pullback } from "./pullback.ts";
import { accumulationKept, lossCount, slotOf } from "@specloom/runtime/internal/shared/names";

type GraphOutput = Graph["outputs"][number];

export interface Accumulation {
  /** The gradients of all batches of the group so far, this one included, by parameter name. */
  readonly gradients: ReadonlyMap<string, Node>;
  /** The tensors that keep them from batch to batch, after this batch. */
  readonly outputs: readonly GraphOutput[];
}

/** Losses that are divided by the same count, up to a constant; those that are not divided at all. */
interface LossGroup {
  readonly divisor: Node | undefined;
  readonly parts: { readonly total: Node; readonly factor: number }[];
}

export function accumulate(model: Model, { operations: o, losses, parameters }: Forward): Accumulation {
  const names = model.parameters.filter(({ frozen }) => !frozen).map(({ name }) => name);
  const targets = new Map(names.map((name) => [name, parameters.get(name) as Node]));
  const kept = o.argument("scalar", accumulationKept, []);
  const outputs: GraphOutput[] = [];
  /** @param owner of what is summed up, for readers: a layer and its parameter, or the loss and its count */
  const sum = (owner: string, slot: string, now: Node): Node => {
    const [layer = "", ...rest] = owner.split(".");
    return o.builder.within({ phase: "backward", layer, note: "accumulation" }, () => {
      const outside = slotOf(owner, slot);
      const before = o.multiply(o.argument("state", outside, now.shape), kept);
      const node = o.builder.named(o.add(before, now), `${rest.join("_")}_accumulated`);
      outputs.push({ name: outside, node });
      return node;
    });
  };
  const gradients = new Map<string, Node>();
  groupsOf(losses).forEach(({ divisor, parts }, index) => {
    const slot = index === 0 ? "accumulated" : `accumulated_${index + 1}`;
    const seeds = new Map<Node, Node>();
    for (const { total, factor } of parts) {
      const known = seeds.get(total);
      seeds.set(total, known === undefined ? o.constant(factor) : o.add(known, o.constant(factor)));
    }
    const pulled = pullback(o, seeds, new Set(targets.values()));
    o.builder.within({ phase: "backward", layer: "accumulation", note: "" }, () => {
      const count = divisor && sum(lossCount, slot, divisor);
      // Where nothing has counted the gradients are 0.
      const divided = count && o.select(o.equal(count, o.constant(0)), o.constant(1), count);
      for (const [name, node] of targets) {
        const total = sum(name, slot, pulled.get(node) ?? o.constant(0, node.shape));
        const gradient = divided === undefined ? total : o.divide(total, divided);
        const known = gradients.get(name);
        gradients.set(name, known === undefined ? gradient : o.add(known, gradient));
      }
    });
  });
  return { gradients, outputs };
}

/** Two losses over the same steps count the same but for their features; they need no accumulators of their own. */
function groupsOf(losses: readonly LossPart[]): readonly LossGroup[] {
  const groups: LossGroup[] = [];
  for (const { total, divisor, weight } of losses) {
    const [base, times] = divisor === undefined ? [undefined, 1] : withoutFactor(divisor);
    let group = groups.find((known) => known.divisor === base);
    if (group === undefined) groups.push((group = { divisor: base, parts: [] }));
    group.parts.push({ total, factor: weight / times });
  }
  return groups;
}

function withoutFactor(node: Node): readonly [Node, number] {
  if (node.op !== "multiply") return [node, 1];
  const [left, right] = node.inputs as readonly [Node, Node];
  if (right.op === "constant" && right.attributes.value > 0) return [left, right.attributes.value];
  return [node, 1];
}
