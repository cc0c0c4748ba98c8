import { scalar, type ScalarFormula } from "../ir/scalar-formula.ts";
import { defineSchedule } from "./define.ts";

export const multiStep = defineSchedule<{ readonly milestones: readonly number[]; readonly gamma: number }>({
  kind: "multi_step",
  summary: "Multiplies the rate by gamma at every milestone.",
  formula: "lr gamma^(number of milestones <= t)",
  source: "torch.optim.lr_scheduler.MultiStepLR",
  keys: {
    milestones: {
      type: "array",
      items: { type: "integer", minimum: 1 },
      minItems: 1,
      description: "Steps or epochs after which the rate is reduced, from the earliest to the latest.",
    },
    gamma: { type: "number", exclusiveMinimum: 0, default: 0.1, description: "Factor of each reduction." },
  },
  per: ["step", "epoch"],
  check: ({ milestones }) =>
    milestones.some((milestone, index) => milestone < (milestones[index - 1] ?? 0))
      ? { key: "milestones", expected: "numbers that grow", help: "sort them" }
      : undefined,
  rate: ({ milestones, gamma }) => {
    const passed = milestones.map((milestone): ScalarFormula => scalar.choose("position", milestone, 0, 1));
    return scalar.multiply("learningRate", scalar.power(gamma, passed.reduce(scalar.add)));
  },
});
