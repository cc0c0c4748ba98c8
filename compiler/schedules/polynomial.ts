import { scalar } from "../ir/scalar-formula.ts";
import { defineSchedule } from "./define.ts";

const { divide, minimum, multiply, power, subtract } = scalar;

export const polynomial = defineSchedule<{ readonly total_iters: number; readonly power: number }>({
  kind: "polynomial",
  summary: "Down to 0 by a power of what is left of total_iters.",
  formula: "lr (1 - min(t, total_iters) / total_iters)^power",
  source: "torch.optim.lr_scheduler.PolynomialLR",
  keys: {
    total_iters: {
      type: "integer",
      minimum: 1,
      default: 5,
      description: "Steps or epochs down to 0, where the rate stays.",
    },
    power: { type: "number", exclusiveMinimum: 0, default: 1, description: "1 is a straight line." },
  },
  per: ["step", "epoch"],
  rate: ({ total_iters, power: exponent }) =>
    multiply("learningRate", power(subtract(1, divide(minimum("position", total_iters), total_iters)), exponent)),
});
