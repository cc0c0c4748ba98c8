import { scalar } from "../ir/scalar-formula.ts";
import { defineSchedule } from "./define.ts";

export const step = defineSchedule<{ readonly step_size: number; readonly gamma: number }>({
  kind: "step",
  summary: "Multiplies the rate by gamma every step_size steps.",
  formula: "lr gamma^floor(t / step_size)",
  source: "torch.optim.lr_scheduler.StepLR",
  keys: {
    step_size: { type: "integer", minimum: 1, description: "Steps or epochs between two reductions." },
    gamma: { type: "number", exclusiveMinimum: 0, default: 0.1, description: "Factor of each reduction." },
  },
  per: ["step", "epoch"],
  rate: ({ step_size, gamma }) =>
    scalar.multiply("learningRate", scalar.power(gamma, scalar.floor(scalar.divide("position", step_size)))),
});
