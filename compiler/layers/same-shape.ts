/** Layers that combine tensors of one shape cell by cell. */
import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { sameShape } from "../ops/support.ts";
import type { LayerDefinition } from "./define.ts";
import { stepwise } from "./define.ts";
import { commonLengths } from "./softmax.ts";

/** @param combine of two operands; more are taken from the left */
export function combining(
  combine: (o: Operations, left: Node, right: Node) => Node,
): Required<Pick<LayerDefinition<object, 2>, "keys" | "inputs" | "plan" | "build" | "stream" | "examples">> {
  const sequence: LayerShape = { shape: [3, 5], axes: ["T", "C"], time: true };
  const vector: LayerShape = { shape: [3], axes: ["C"], time: false };
  return {
    keys: {},
    inputs: { min: 2, max: 16 },
    plan: (_config, { inputs, mismatch }) => {
      const first = inputs[0];
      if (!inputs.every((input) => sameShape(input.shape, first.shape))) {
        return mismatch("inputs of one shape", "bring them to one shape with a linear layer, or join them with concat");
      }
      return { output: { ...first, time: inputs.every((input) => input.time) } };
    },
    build: (_config, { operations: o, inputs }) => ({
      node: inputs.map(({ node }) => node).reduce((total, node) => combine(o, total, node)) as Node,
      lengths: commonLengths(
        o,
        inputs.map(({ lengths }) => lengths),
      ),
    }),
    stream: stepwise,
    examples: [
      { config: {}, inputs: [sequence, sequence] },
      { config: {}, inputs: [vector, vector, vector] },
    ],
  };
}
