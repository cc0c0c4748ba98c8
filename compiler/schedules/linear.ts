import { scalar } from "../ir/scalar-formula.ts";
import { defineSchedule } from "./define.ts";

const { add, divide, minimum, multiply } = scalar;

interface LinearConfig {
  readonly start_factor: number;
  readonly end_factor: number;
  readonly total_iters: number;
}

export const linear = defineSchedule<LinearConfig>({
  kind: "linear",
  summary: "A straight line from start_factor to end_factor of the rate, which then stays.",
  formula: "lr (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters)",
  source: "torch.optim.lr_scheduler.LinearLR",
  keys: {
    start_factor: {
      type: "number",
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1 / 3,
      description: "Part of the rate at the start.",
    },
    end_factor: { type: "number", minimum: 0, maximum: 1, default: 1, description: "Part of the rate at the end." },
    total_iters: { type: "integer", minimum: 1, default: 5, description: "Steps or epochs from the one to the other." },
  },
  per: ["step", "epoch"],
  rate: ({ start_factor, end_factor, total_iters }) =>
    multiply(
      "learningRate",
      add(start_factor, multiply(end_factor - start_factor, divide(minimum("position", total_iters), total_iters))),
    ),
});
