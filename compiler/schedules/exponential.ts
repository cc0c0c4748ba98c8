import { scalar } from "../ir/scalar-formula.ts";
import { defineSchedule } from "./define.ts";

export const exponential = defineSchedule<{ readonly gamma: number }>({
  kind: "exponential",
  summary: "Multiplies the rate by gamma every step.",
  formula: "lr gamma^t",
  source: "torch.optim.lr_scheduler.ExponentialLR",
  keys: { gamma: { type: "number", exclusiveMinimum: 0, description: "Factor of every step or epoch." } },
  per: ["step", "epoch"],
  rate: ({ gamma }) => scalar.multiply("learningRate", scalar.power(gamma, "position")),
});
