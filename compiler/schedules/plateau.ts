import { defineSchedule } from "./define.ts";

interface PlateauConfig {
  readonly mode: "min" | "max";
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly threshold_mode: "rel" | "abs";
  readonly cooldown: number;
  readonly min_lr: number;
  readonly eps: number;
}

export const plateau = defineSchedule<PlateauConfig>({
  kind: "plateau",
  summary: "Multiplies the rate by factor when the validation loss has stopped getting better.",
  formula:
    "after every epoch: bad = loss < best (1 - threshold) ? 0 : bad + 1; bad > patience: lr = max(factor lr, min_lr), " +
    "bad = 0, and cooldown epochs count for nothing",
  source: "torch.optim.lr_scheduler.ReduceLROnPlateau",
  keys: {
    mode: {
      type: "string",
      enum: ["min", "max"],
      default: "min",
      description: "Whether a smaller or a larger loss is better.",
    },
    factor: {
      type: "number",
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.1,
      description: "What the rate is multiplied by.",
    },
    patience: {
      type: "integer",
      minimum: 0,
      default: 10,
      description: "Epochs without a better loss that are let pass.",
    },
    threshold: { type: "number", minimum: 0, default: 1e-4, description: "How much better counts as better." },
    threshold_mode: {
      type: "string",
      enum: ["rel", "abs"],
      default: "rel",
      description: "Whether threshold is a share of the best loss or a difference from it.",
    },
    cooldown: {
      type: "integer",
      minimum: 0,
      default: 0,
      description: "Epochs after a reduction that count for nothing.",
    },
    min_lr: { type: "number", minimum: 0, default: 0, description: "The smallest rate." },
    eps: { type: "number", minimum: 0, default: 1e-8, description: "A change of the rate below this is not made." },
  },
  per: ["epoch"],
  rate: () => "learningRate",
  plateau: ({ mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps }) => ({
    mode,
    factor,
    patience,
    threshold,
    thresholdMode: threshold_mode,
    cooldown,
    minimum: min_lr,
    least: eps,
  }),
});
