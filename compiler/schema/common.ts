/** Keys that all layers, all losses and all optimizers have. */
import { identifierPattern } from "./names.ts";
import type { Keys } from "../keys/define.ts";

const reference = { type: "string", minLength: 1 } as const;

export const layerKeys = {
  name: {
    type: "string",
    pattern: identifierPattern,
    optional: true,
    description: "What other keys call this layer; default: its kind and position, such as linear_3.",
  },
  from: {
    oneOf: [reference, { type: "array", items: reference, minItems: 1 }],
    optional: true,
    description: "What it reads: a layer above, an output of one (encoder.final_state), an input, or a list of these.",
  },
  freeze: {
    type: "boolean",
    default: false,
    description: "Whether its parameters stay as they start; running statistics of batch_norm are renewed all the same.",
  },
} satisfies Keys;

/** What groups of layers have instead. */
export const groupKeys = {
  ...layerKeys,
  layers: {
    type: "array",
    minItems: 1,
    items: { $ref: "#/definitions/layer" },
    description: "The layers inside; they may read each other by name, and whatever stands above the group.",
  },
} satisfies Keys;

export function lossKeys(): Keys {
  return {
    input: { ...reference, description: "The layer that predicts." },
    target: { ...reference, description: "The input that holds the truth." },
    reduction: {
      type: "string",
      enum: ["mean", "sum"],
      default: "mean",
      description: "Whether the elements are averaged or added up; masked positions count for nothing.",
    },
    weight: { type: "number", exclusiveMinimum: 0, default: 1, description: "Factor of this loss in the sum of all." },
  };
}

export function optimizerKeys(learningRate: number): Keys {
  return {
    learning_rate: {
      type: "number",
      exclusiveMinimum: 0,
      default: learningRate,
      description: "Length of a step.",
    },
  };
}
