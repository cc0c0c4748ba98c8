/** The keys of `train` with PyTorch-like defaults. */
import type { Keys } from "./keys.ts";

export const earlyStoppingKeys = {
  patience: { type: "integer", minimum: 1, description: "Epochs without a better score before training ends." },
  metric: {
    type: "string",
    default: "loss",
    description: "What is watched on the validation part: loss, or one of the metrics of this spec.",
  },
  restore_best: { type: "boolean", default: true, description: "Whether the best weights come back at the end." },
} satisfies Keys;

export const trainKeys = {
  epochs: { type: "integer", minimum: 1, default: 100, description: "Passes over the training part." },
  steps: { type: "integer", minimum: 1, optional: true, description: "Number of updates, in place of epochs." },
  batch_size: { type: "integer", minimum: 1, default: 32, description: "Examples per update." },
  seed: {
    type: "integer",
    minimum: 0,
    maximum: 4294967295,
    default: 0,
    description: "Seed of initial weights, shuffling and dropout.",
  },
  shuffle: { type: "boolean", default: true, description: "Whether the order of examples changes every epoch." },
  clip_grad_norm: {
    type: "number",
    exclusiveMinimum: 0,
    optional: true,
    description: "Largest norm of all gradients together; longer ones are scaled down.",
  },
  clip_grad_value: {
    type: "number",
    exclusiveMinimum: 0,
    optional: true,
    description: "Largest absolute value of every component of a gradient.",
  },
  early_stopping: {
    type: "object",
    optional: true,
    description: "Ends the training when the validation part no longer gets better.",
    properties: Object.fromEntries(
      Object.entries(earlyStoppingKeys).map(([key, schema]) => [key, { ...schema }]),
    ),
    required: ["patience"],
    additionalProperties: false,
  },
} satisfies Keys;
