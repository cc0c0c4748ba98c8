import type { AdamConfig } from "./adam.ts";
import { adamKeys, adamScalars, adamUpdate } from "./adam.ts";
import { defineOptimizer } from "./define.ts";

export const adamw = defineOptimizer<AdamConfig>()({
  kind: "adamw",
  summary: "Adam with decoupled weight decay.",
  formula: "p *= 1 - lr weight_decay; then Adam's step",
  source: "torch.optim.AdamW; Loshchilov and Hutter 2019",
  learningRate: 0.001,
  keys: adamKeys(0.01),
  slots: () => ["exp_avg", "exp_avg_sq"],
  scalars: (config) => ({
    ...adamScalars(config),
    kept: {
      operation: "subtract",
      left: 1,
      right: { operation: "multiply", left: "learningRate", right: config.weight_decay },
    },
  }),
  update: (o, config, inputs) =>
    adamUpdate(o, config, {
      ...inputs,
      parameter: o.builder.named(o.multiply(inputs.parameter, inputs.scalars.kept), "decayed_parameter"),
    }),
});
