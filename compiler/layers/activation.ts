import type { LayerShape } from "../contracts.ts";
import type { Node } from "../ir/graph.ts";
import type { ActivationName } from "./activation-functions.ts";
import { activate, activationNames } from "./activation-functions.ts";
import { defineLayer } from "./define.ts";

interface ActivationConfig {
  readonly function: ActivationName;
}

/** A pointwise function; softmax goes over the last axis. */
export const activation = defineLayer<ActivationConfig>({
  kind: "activation",
  summary: "A pointwise function (softmax: over the last axis).",
  formula: "y = f(x)",
  source:
    "torch.nn.ReLU, GELU (exact), Tanh, Sigmoid, Softmax, ELU, LeakyReLU, SELU, Softplus, SiLU with their defaults",
  keys: {
    function: { type: "string", enum: activationNames, description: "Which function." },
  },
  inputs: { min: 1, max: 1 },
  plan: (_config, { inputs: [input] }) => ({ output: input as LayerShape }),
  build: (config, { operations: o, inputs: [input] }) => ({
    node: activate(o, config.function, input?.node as Node),
    lengths: input?.lengths,
  }),
  examples: activationNames.map((name) => ({
    config: { function: name },
    inputs: [{ shape: [3, 5], axes: ["T", "C"], time: true }],
  })),
});
