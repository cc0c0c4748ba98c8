import { scalar, type ScalarFormula } from "../ir/scalar-formula.ts";
import type { AdamConfig } from "./adam.ts";
import { adamKeys, adamScalars } from "./adam.ts";
import { decayedGradient, mix } from "./decay.ts";
import { defineOptimizer } from "./define.ts";

interface NadamConfig extends AdamConfig {
  readonly momentum_decay: number;
}

const { add, divide, multiply, power, product, subtract } = scalar;

/** The momentum of a step: b1 (1 - 0.96^(t momentum_decay) / 2). */
function momentum({ betas: [first], momentum_decay: decay }: NadamConfig, step: ScalarFormula): ScalarFormula {
  return multiply(first, subtract(1, multiply(0.5, power(0.96, multiply(step, decay)))));
}

export const nadam = defineOptimizer<NadamConfig>()({
  kind: "nadam",
  summary: "Adam with Nesterov momentum.",
  formula:
    "m and v as in adam; u_t = b1 (1 - 0.96^(t momentum_decay) / 2); d = sqrt(v / (1 - b2^t)) + eps; " +
    "p -= lr (1 - u_t) / (1 - u_1 ... u_t) g / d + lr u_{t+1} / (1 - u_1 ... u_{t+1}) m / d",
  source:
    "torch.optim.NAdam, as documented and as it computes from 2.0 on (1.13 has one factor u_t too many); Dozat 2016",
  learningRate: 0.002,
  keys: {
    ...adamKeys(0),
    momentum_decay: {
      type: "number",
      minimum: 0,
      default: 0.004,
      description: "How fast the momentum grows from half of the first beta to all of it.",
    },
  },
  slots: () => ["exp_avg", "exp_avg_sq"],
  scalars: (config) => {
    const { correction_root } = adamScalars(config) as { readonly correction_root: ScalarFormula };
    const now = momentum(config, "step");
    const next = momentum(config, add("step", 1));
    return {
      gradient_size: divide(multiply("learningRate", subtract(1, now)), subtract(1, product(now))),
      mean_size: divide(multiply("learningRate", next), subtract(1, multiply(product(now), next))),
      correction_root,
    };
  },
  update: (o, config, inputs) => {
    const { parameter, state, scalars } = inputs;
    const gradient = decayedGradient(o, config, inputs);
    const [first, second] = config.betas;
    const mean = mix(o, state.exp_avg, gradient, first);
    const square = mix(o, state.exp_avg_sq, o.multiply(gradient, gradient), second);
    const root = o.add(o.divide(o.sqrt(square), scalars.correction_root), o.constant(config.eps));
    const direction = o.add(o.multiply(gradient, scalars.gradient_size), o.multiply(mean, scalars.mean_size));
    return {
      parameter: o.subtract(parameter, o.divide(direction, root)),
      state: { exp_avg: mean, exp_avg_sq: square },
    };
  },
});
