import type { LayerShape } from "../contracts/layer.ts";
import { joinWords } from "../support/words.ts";
import type { ActivationName, ActivationOptions } from "./activation-functions.ts";
import { activate, activationNames } from "./activation-functions.ts";
import { defineLayer, stepwise } from "./define.ts";

interface ActivationConfig extends ActivationOptions {
  readonly function: ActivationName;
}

/** Which functions have which key. */
const owners = {
  alpha: "elu",
  negative_slope: "leaky_relu",
  beta: "softplus",
  threshold: "softplus",
  approximate: "gelu",
} as const satisfies Record<keyof ActivationOptions, ActivationName>;

const optionNames = Object.keys(owners) as readonly (keyof ActivationOptions)[];

const sample: LayerShape = { shape: [3, 5], axes: ["T", "C"], time: true };

/** A pointwise function; softmax goes over the last axis. */
export const activation = defineLayer<ActivationConfig>({
  kind: "activation",
  summary: "A pointwise function (softmax, log_softmax: over the last axis).",
  formula: "y = f(x)",
  source:
    "torch.nn.ReLU, GELU, Tanh, Sigmoid, Softmax, LogSoftmax, ELU, LeakyReLU, SELU, Softplus, SiLU with their defaults",
  keys: {
    function: { type: "string", enum: activationNames, description: "Which function." },
    alpha: { type: "number", optional: true, description: "elu: alpha (exp(x) - 1) below 0; default 1." },
    negative_slope: { type: "number", optional: true, description: "leaky_relu: slope below 0; default 0.01." },
    beta: {
      type: "number",
      exclusiveMinimum: 0,
      optional: true,
      description: "softplus: log(1 + exp(beta x)) / beta; default 1.",
    },
    threshold: {
      type: "number",
      optional: true,
      description: "softplus: x itself where beta x is above this; default 20.",
    },
    approximate: {
      type: "string",
      enum: ["none", "tanh"],
      optional: true,
      description: "gelu: with erf (none, the default), or by tanh.",
    },
  },
  inputs: { min: 1, max: 1 },
  plan: (config, { inputs: [input], invalid }) => {
    for (const key of optionNames) {
      if (config[key] === undefined || owners[key] === config.function) continue;
      const own = optionNames.filter((name) => owners[name] === config.function);
      const has = own.length === 0 ? "has no keys" : `has ${joinWords(own, "and")}`;
      invalid(
        key,
        `no ${key} with function: ${config.function}`,
        `${config.function} ${has}; ${key} is for ${owners[key]}`,
      );
    }
    return { output: input };
  },
  build: (config, { operations: o, inputs: [input] }) => ({
    node: activate(o, config.function, input?.node, config),
    lengths: input?.lengths,
  }),
  stream: stepwise,
  examples: [
    ...activationNames.map((name) => ({ config: { function: name }, inputs: [sample] })),
    { config: { function: "elu", alpha: 0.5 }, inputs: [sample] },
    { config: { function: "leaky_relu", negative_slope: 0.2 }, inputs: [sample] },
    { config: { function: "softplus", beta: 2, threshold: 0.5 }, inputs: [sample] },
    { config: { function: "gelu", approximate: "tanh" }, inputs: [sample] },
  ],
});
