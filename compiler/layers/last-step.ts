import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { defineLayer } from "./define.ts";
import type { LayerValue } from "./define.ts";

/** The last step of a sequence: `[B, T, ...] -> [B, ...]`; with lengths, the last step within each length. */
export const lastStep = defineLayer({
  kind: "last_step",
  summary: "The last step of a sequence; with lengths, the last one that counts.",
  formula: "y = x_{length}",
  source: "x[:, -1] in PyTorch",
  keys: {},
  inputs: { min: 1, max: 1 },
  plan: (_config, { inputs, mismatch }) => {
    const input = inputs[0];
    if (!input.time) return mismatch("a sequence [B, T, ...]", "read a layer that keeps its time axis");
    return { output: { shape: input.shape.slice(1), axes: input.axes.slice(1), time: false } };
  },
  build: (_config, { operations: o, inputs }) => ({ node: lastStepOf(o, inputs[0]) }),
  examples: [{ config: {}, inputs: [{ shape: [4, 3], axes: ["T", "C"], time: true }] }],
});

/** `[B, T, ...] -> [B, ...]`; zeros for an example without steps. */
export function lastStepOf(o: Operations, { node, lengths }: Pick<LayerValue, "node" | "lengths">): Node {
  const steps = node.shape[1] as number;
  if (lengths === undefined) {
    const last = o.slice(node, 1, steps - 1, steps);
    return o.reshape(last, [node.shape[0] as number, ...node.shape.slice(2)]);
  }
  const next = o.add(o.iota(node.shape, 1), o.constant(1));
  const isLast = o.equal(next, o.broadcast(lengths, node.shape, [0]));
  return o.sum(o.select(isLast, node, o.constant(0)), [1]);
}
