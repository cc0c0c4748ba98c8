import { scalar } from "../ir/scalar-formula.ts";
import type { AdamConfig } from "./adam.ts";
import { adamKeys } from "./adam.ts";
import { decayedGradient, mix } from "./decay.ts";
import { defineOptimizer } from "./define.ts";

export const adamax = defineOptimizer<AdamConfig>()({
  kind: "adamax",
  summary: "Adam with the largest gradient, fading, in place of the root of the mean square.",
  formula: "g += weight_decay p; m = b1 m + (1 - b1) g; u = max(b2 u, |g| + eps); p -= lr / (1 - b1^t) m / u",
  source: "torch.optim.Adamax; Kingma and Ba 2015",
  learningRate: 0.002,
  keys: {
    ...adamKeys(0),
    eps: { type: "number", minimum: 0, default: 1e-8, description: "Added to the size of the gradient." },
  },
  slots: () => ["exp_avg", "exp_inf"],
  scalars: ({ betas: [first] }) => ({
    step_size: scalar.divide("learningRate", scalar.subtract(1, scalar.power(first, "step"))),
  }),
  update: (o, config, inputs) => {
    const { parameter, state, scalars } = inputs;
    const [first, second] = config.betas;
    const gradient = decayedGradient(o, config, inputs);
    const mean = mix(o, state.exp_avg, gradient, first);
    const largest = o.maximum(
      o.multiply(state.exp_inf, o.constant(second)),
      o.add(o.abs(gradient), o.constant(config.eps)),
    );
    const step = o.divide(o.multiply(mean, scalars.step_size), largest);
    return { parameter: o.subtract(parameter, step), state: { exp_avg: mean, exp_inf: largest } };
  },
});
