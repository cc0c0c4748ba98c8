import { decayedGradient, mix, weightDecayKey } from "./decay.ts";
import { defineOptimizer } from "./define.ts";

interface RmspropConfig {
  readonly alpha: number;
  readonly centered: boolean;
  readonly momentum: number;
  readonly eps: number;
  readonly weight_decay: number;
}

export const rmsprop = defineOptimizer<RmspropConfig>()({
  kind: "rmsprop",
  summary: "Divides by the root of a running mean of squared gradients.",
  formula:
    "g += weight_decay p; v = alpha v + (1 - alpha) g^2; d = sqrt(v) + eps; " +
    "centered: a = alpha a + (1 - alpha) g, d = sqrt(v - a^2) + eps; " +
    "p -= lr g / d; momentum: b = momentum b + g / d, p -= lr b",
  source: "torch.optim.RMSprop; Hinton's lecture 6, Graves 2013 (centered)",
  learningRate: 0.01,
  keys: {
    alpha: { type: "number", minimum: 0, maximum: 1, default: 0.99, description: "Decay of the running means." },
    centered: {
      type: "boolean",
      default: false,
      description: "Divides by the root of the variance: the squared mean gradient is taken off.",
    },
    momentum: { type: "number", minimum: 0, default: 0, description: "Share of the last step that goes on." },
    eps: { type: "number", minimum: 0, default: 1e-8, description: "Added to the root, outside of it." },
    weight_decay: weightDecayKey,
  },
  slots: ({ centered, momentum }) => [
    "square_avg",
    ...(momentum === 0 ? [] : (["momentum_buffer"] as const)),
    ...(centered ? (["grad_avg"] as const) : []),
  ],
  scalars: () => ({ learning_rate: "learningRate" }),
  update: (o, config, inputs) => {
    const { parameter, state, scalars } = inputs;
    const { alpha, momentum, centered } = config;
    const gradient = decayedGradient(o, config, inputs);
    const square = mix(o, state.square_avg, o.multiply(gradient, gradient), alpha);
    const mean = centered ? mix(o, state.grad_avg, gradient, alpha) : undefined;
    // A variance is not negative, but its difference of rounded numbers can be: PyTorch gets NaN then.
    const variance = mean === undefined ? square : o.maximum(o.subtract(square, o.multiply(mean, mean)), o.constant(0));
    const step = o.divide(gradient, o.add(o.sqrt(variance), o.constant(config.eps)));
    const buffer = momentum === 0 ? undefined : o.add(o.multiply(state.momentum_buffer, o.constant(momentum)), step);
    return {
      parameter: o.subtract(parameter, o.multiply(buffer ?? step, scalars.learning_rate)),
      state: {
        square_avg: square,
        ...(buffer === undefined ? {} : { momentum_buffer: buffer }),
        ...(mean === undefined ? {} : { grad_avg: mean }),
      },
    };
  },
});
