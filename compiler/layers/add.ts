import type { LayerShape } from "../contracts.ts";
import type { Node } from "../ir/graph.ts";
import { sameShape } from "../ops/support.ts";
import { defineLayer } from "./define.ts";
import { commonLengths } from "./softmax.ts";

export const add = defineLayer({
  kind: "add",
  summary: "The sum of two or more tensors of one shape.",
  formula: "y = x_1 + x_2 + ...",
  source: "torch.add",
  keys: {},
  inputs: { min: 2, max: 16 },
  plan: (_config, { inputs, mismatch }) => {
    const first = inputs[0] as LayerShape;
    if (!inputs.every((input) => sameShape(input.shape, first.shape))) {
      return mismatch("inputs of one shape", "bring them to one shape with a linear layer, or join them with concat");
    }
    return { output: { ...first, time: inputs.every((input) => input.time) } };
  },
  build: (_config, { operations: o, inputs }) => ({
    node: inputs.map(({ node }) => node).reduce((total, node) => o.add(total, node)) as Node,
    lengths: commonLengths(
      o,
      inputs.map(({ lengths }) => lengths),
    ),
  }),
  examples: [
    {
      config: {},
      inputs: [
        { shape: [3, 5], axes: ["T", "C"], time: true },
        { shape: [3, 5], axes: ["T", "C"], time: true },
      ],
    },
  ],
});
