import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { BuildContext } from "./define.ts";
import { defineLayer, stepwise } from "./define.ts";

interface DropoutConfig {
  readonly p: number;
}

/** x / (1 - p) where a fresh number in [0, 1) is at least p, else 0; the identity outside training. */
export function dropped(
  o: Operations,
  x: Node,
  p: number,
  { training, random }: Pick<BuildContext, "training" | "random">,
): Node {
  if (!training || p === 0) return x;
  const kept = o.greaterEqual(random(x.shape), o.constant(p));
  const rest = o.select(kept, o.multiply(x, o.constant(1 / (1 - p))), o.constant(0));
  return x.label === x.op ? rest : o.builder.named(rest, `dropped_${x.label}`);
}

export const dropout = defineLayer<DropoutConfig>({
  kind: "dropout",
  summary: "Sets a random part of the values to zero in training and scales the rest up.",
  formula: "y = x * keep / (1 - p), keep = 1 with probability 1 - p",
  source: "torch.nn.Dropout",
  keys: {
    p: {
      type: "number",
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.5,
      description: "Probability of a zero.",
    },
  },
  inputs: { min: 1, max: 1 },
  plan: (_config, { inputs: [input] }) => ({ output: input }),
  build: ({ p }, context) => ({
    node: dropped(context.operations, context.inputs[0]?.node, p, context),
    lengths: context.inputs[0]?.lengths,
  }),
  stream: stepwise,
  examples: [{ config: { p: 0.25 }, inputs: [{ shape: [3, 5], axes: ["T", "C"], time: true }] }],
});
