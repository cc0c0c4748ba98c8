/** The keys of `train` with PyTorch-like defaults. */
import { teacherForcingKeys } from "../schedules/teacher-forcing.ts";
import type { Keys, KeySchema } from "../keys/define.ts";

export const earlyStoppingKeys = {
  patience: { type: "integer", minimum: 1, description: "Epochs without a better score before training ends." },
  metric: {
    type: "string",
    default: "loss",
    description:
      "What is watched on the validation part, and tells the best epoch: loss, or one of the metrics of this spec that is " +
      "defined there.",
  },
  restore_best: {
    type: "boolean",
    default: true,
    description: "Whether the weights of the best epoch are kept and scored; if not, the last ones.",
  },
} satisfies Keys;

export const averageKeys = {
  kind: { type: "string", enum: ["ema"], description: "ema: an exponential moving average." },
  decay: {
    type: "number",
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.999,
    description: "What the average keeps of itself at every update.",
  },
  start_step: {
    type: "integer",
    minimum: 1,
    default: 1,
    description: "The first update that is averaged; until then the average is a copy of the parameters.",
  },
} satisfies Keys;

/** Inside of a key whatever is not required is optional. */
function plainProperties(keys: Readonly<Record<string, KeySchema>>): Record<string, KeySchema> {
  const plain = (schema: KeySchema): KeySchema =>
    Object.fromEntries(Object.entries(schema).filter(([name]) => name !== "optional")) as unknown as KeySchema;
  return Object.fromEntries(Object.entries(keys).map(([key, schema]) => [key, plain(schema)]));
}

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
  accumulate: {
    type: "integer",
    minimum: 1,
    optional: true,
    description:
      "Batches that make one update, as if they were one batch: their losses are weighed by what they count. What is left at " +
      "the end of an epoch makes an update too. Default: 1.",
  },
  average: {
    type: "object",
    optional: true,
    description: "An average of the parameters over the updates; it is validated, tested and saved in their place.",
    properties: Object.fromEntries(Object.entries(averageKeys).map(([key, schema]) => [key, { ...schema }])),
    required: ["kind"],
    additionalProperties: false,
  },
  teacher_forcing: {
    type: "object",
    optional: true,
    description:
      "How often training feeds a decoder the true token and not the likeliest of its own step before, drawn for every example " +
      "and step. Default: always. Validation and evaluate read the true tokens all the same.",
    properties: plainProperties(teacherForcingKeys),
    required: ["kind"],
    additionalProperties: false,
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
