import type { ActivationName } from "./activation-functions.ts";
import { activate, activationNames } from "./activation-functions.ts";
import { defineLayer, stepwise } from "./define.ts";
import { affine, fanInUniform } from "./affine.ts";
import type { PlanContext } from "./define.ts";

interface LinearConfig {
  readonly out_features?: number;
  readonly tie?: string;
  readonly bias: boolean;
  readonly activation?: ActivationName;
}

/** Shape [vocabulary, embedding_dim] of the table of an embedding layer; undefined once reported. */
function tableOf(tie: string, context: PlanContext): readonly number[] | undefined {
  const found = context.lookup(tie, "tie");
  if (found === undefined) return undefined;
  const table = found.shared?.["weight"];
  return (
    table ??
    context.invalid(
      "tie",
      `an embedding layer; ${tie} is of kind ${found.kind}`,
      "name the embedding whose table is to be shared",
    )
  );
}

function fitsTable({ tie = "", out_features }: LinearConfig, features: number, context: PlanContext): boolean {
  const table = tableOf(tie, context);
  if (table === undefined) return false;
  const [vocabulary, size] = table as [number, number];
  if (size !== features) {
    const expected = `a table [vocabulary, in] with in = ${features}, as wide as this layer's input; that of ${tie} is [${table.join(", ")}]`;
    context.invalid(
      "tie",
      expected,
      `set embedding_dim of ${tie} to ${features}, or bring the input to ${size} features first`,
    );
    return false;
  }
  if (out_features !== undefined && out_features !== vocabulary) {
    context.invalid(
      "out_features",
      `${vocabulary}, the vocabulary of ${tie}`,
      "remove it: tie says how many there are",
    );
    return false;
  }
  return true;
}

/** y = x W^T + b on the last axis: `[B, ..., in] -> [B, ..., out]`. */
export const linear = defineLayer<LinearConfig>({
  kind: "linear",
  summary: "A linear map of the last axis.",
  formula: "y = x W^T + b",
  source: "torch.nn.Linear",
  keys: {
    out_features: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Size of the last axis of the output. Needed, unless tie says it.",
    },
    tie: {
      type: "string",
      optional: true,
      description: "An embedding layer, whose table [vocabulary, in] is this layer's weight too; its gradients add up.",
    },
    bias: { type: "boolean", default: true, description: "Whether b is added." },
    activation: {
      type: "string",
      enum: activationNames,
      optional: true,
      description: "Function applied to the result.",
    },
  },
  inputs: { min: 1, max: 1 },
  plan: (config, context) => {
    const [input] = context.inputs;
    const shape = input?.shape ?? [];
    const features = shape[shape.length - 1] ?? 1;
    const { bias } = config;
    if (config.tie !== undefined && !fitsTable(config, features, context)) return undefined;
    const out_features = config.tie === undefined ? config.out_features : tableOf(config.tie, context)?.[0];
    if (out_features === undefined) return context.missing("out_features");
    const initializer = fanInUniform(features);
    return {
      output: {
        shape: [...shape.slice(0, -1), out_features],
        axes: [...(input?.axes.slice(0, -1) ?? []), "O"],
        time: (input?.time ?? false) && shape.length > 1,
      },
      parameters: [
        ...(config.tie === undefined ? [{ name: "weight", shape: [out_features, features], initializer }] : []),
        ...(bias ? [{ name: "bias", shape: [out_features], initializer }] : []),
      ],
    };
  },
  build: ({ bias, activation, tie }, { operations: o, inputs: [input], parameter, parameterOf }) => {
    const weight = tie === undefined ? parameter("weight") : parameterOf(tie, "weight");
    const product = affine(o, input?.node, weight, bias ? parameter("bias") : undefined);
    const result = activation === undefined ? product : activate(o, activation, product);
    return {
      node: o.builder.named(result, "output"),
      lengths: input?.lengths,
    };
  },
  stream: stepwise,
  examples: [
    { config: { out_features: 3 }, inputs: [{ shape: [5], axes: ["C"], time: false }] },
    {
      config: { out_features: 2, bias: false, activation: "gelu" },
      inputs: [{ shape: [3, 5], axes: ["T", "C"], time: true }],
    },
  ],
});
