import type { Node } from "../ir/graph.ts";
import type { ActivationName } from "./activation-functions.ts";
import { activate, activationNames } from "./activation-functions.ts";
import { defineLayer } from "./define.ts";
import { affine, fanInUniform } from "./affine.ts";

interface LinearConfig {
  readonly out_features: number;
  readonly bias: boolean;
  readonly activation?: ActivationName;
}

/** y = x W^T + b on the last axis: `[B, ..., in] -> [B, ..., out]`. */
export const linear = defineLayer<LinearConfig>({
  kind: "linear",
  summary: "A linear map of the last axis.",
  formula: "y = x W^T + b",
  source: "torch.nn.Linear",
  keys: {
    out_features: { type: "integer", minimum: 1, description: "Size of the last axis of the output." },
    bias: { type: "boolean", default: true, description: "Whether b is added." },
    activation: {
      type: "string",
      enum: activationNames,
      optional: true,
      description: "Function applied to the result.",
    },
  },
  inputs: { min: 1, max: 1 },
  plan: ({ out_features, bias }, { inputs: [input] }) => {
    const shape = input?.shape ?? [];
    const features = shape[shape.length - 1] ?? 1;
    const initializer = fanInUniform(features);
    return {
      output: {
        shape: [...shape.slice(0, -1), out_features],
        axes: [...(input?.axes.slice(0, -1) ?? []), "O"],
        time: (input?.time ?? false) && shape.length > 1,
      },
      parameters: [
        { name: "weight", shape: [out_features, features], initializer },
        ...(bias ? [{ name: "bias", shape: [out_features], initializer }] : []),
      ],
    };
  },
  build: ({ bias, activation }, { operations: o, inputs: [input], parameter }) => {
    const product = affine(o, input?.node as Node, parameter("weight"), bias ? parameter("bias") : undefined);
    const result = activation === undefined ? product : activate(o, activation, product);
    return {
      node: o.builder.named(result, "output"),
      lengths: input?.lengths,
    };
  },
  examples: [
    { config: { out_features: 3 }, inputs: [{ shape: [5], axes: ["C"], time: false }] },
    {
      config: { out_features: 2, bias: false, activation: "gelu" },
      inputs: [{ shape: [3, 5], axes: ["T", "C"], time: true }],
    },
  ],
});
