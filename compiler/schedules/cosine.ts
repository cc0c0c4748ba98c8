import { scalar } from "../ir/scalar-formula.ts";
import { defineSchedule } from "./define.ts";

const { add, cos, divide, multiply, subtract } = scalar;

export const cosine = defineSchedule<{ readonly t_max: number; readonly eta_min: number }>({
  kind: "cosine",
  summary: "Half a cosine from the rate down to eta_min; it rises again after that, as PyTorch's does.",
  formula: "eta_min + (lr - eta_min) (1 + cos(pi t / t_max)) / 2",
  source: "torch.optim.lr_scheduler.CosineAnnealingLR; Loshchilov and Hutter 2017",
  keys: {
    t_max: {
      type: "integer",
      minimum: 1,
      optional: true,
      description:
        "Steps or epochs down to eta_min; default: those of the training, without the warm-up (train.steps, or train.epochs " +
        "per epoch).",
    },
    eta_min: { type: "number", minimum: 0, default: 0, description: "The smallest rate." },
  },
  per: ["step", "epoch"],
  length: "t_max",
  rate: ({ t_max, eta_min }) => {
    const share = divide(add(1, cos(divide(multiply(Math.PI, "position"), t_max))), 2);
    if (eta_min === 0) return multiply("learningRate", share);
    return add(eta_min, multiply(subtract("learningRate", eta_min), share));
  },
});
