import type { LayerShape } from "../contracts.ts";
import { sameShape } from "../ops/support.ts";
import { defineLayer } from "./define.ts";
import { commonLengths } from "./softmax.ts";

export const concat = defineLayer({
  kind: "concat",
  summary: "Joins two or more tensors along the last axis.",
  formula: "y = [x_1; x_2; ...]",
  source: "torch.cat with dim=-1",
  keys: {},
  inputs: { min: 2, max: 16 },
  plan: (_config, { inputs, mismatch }) => {
    const first = inputs[0] as LayerShape;
    const leading = first.shape.slice(0, -1);
    if (!inputs.every((input) => sameShape(input.shape.slice(0, -1), leading))) {
      return mismatch(
        "inputs that are equal in all axes but the last",
        "reduce the sequence first (last_step, attention_pool), or read it with return: last",
      );
    }
    const features = inputs.reduce((total, { shape }) => total + (shape[shape.length - 1] as number), 0);
    return { output: { ...first, shape: [...leading, features], time: inputs.every((input) => input.time) } };
  },
  build: (_config, { operations: o, inputs }) => {
    const nodes = inputs.map(({ node }) => node);
    return {
      node: o.builder.named(o.concat(nodes, (nodes[0]?.shape.length ?? 1) - 1), "output"),
      lengths: commonLengths(
        o,
        inputs.map(({ lengths }) => lengths),
      ),
    };
  },
  examples: [
    {
      config: {},
      inputs: [
        { shape: [3, 5], axes: ["T", "C"], time: true },
        { shape: [3, 2], axes: ["T", "H"], time: true },
      ],
    },
    {
      config: {},
      inputs: [
        { shape: [1], axes: ["C"], time: false },
        { shape: [3], axes: ["H"], time: false },
        { shape: [2], axes: ["D"], time: false },
      ],
    },
  ],
});
