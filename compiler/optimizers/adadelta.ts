import type { Node } from "../ir/graph.ts";
import { decayedGradient, mix, weightDecayKey } from "./decay.ts";
import { defineOptimizer } from "./define.ts";

interface AdadeltaConfig {
  readonly rho: number;
  readonly eps: number;
  readonly weight_decay: number;
}

export const adadelta = defineOptimizer<AdadeltaConfig>()({
  kind: "adadelta",
  summary: "Steps as long as the last ones were, in relation to the gradients.",
  formula:
    "g += weight_decay p; v = rho v + (1 - rho) g^2; d = sqrt(u + eps) / sqrt(v + eps) g; u = rho u + (1 - rho) d^2; p -= lr d",
  source: "torch.optim.Adadelta; Zeiler 2012",
  learningRate: 1,
  keys: {
    rho: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0.9,
      description: "Decay of both running means of squares.",
    },
    eps: { type: "number", minimum: 0, default: 1e-6, description: "Added to both means, inside the roots." },
    weight_decay: weightDecayKey,
  },
  slots: () => ["square_avg", "acc_delta"],
  scalars: () => ({ learning_rate: "learningRate" }),
  update: (o, config, inputs) => {
    const { parameter, state, scalars } = inputs;
    const { rho, eps } = config;
    const gradient = decayedGradient(o, config, inputs);
    const steps = state.acc_delta;
    const square = mix(o, state.square_avg, o.multiply(gradient, gradient), rho);
    const root = (mean: Node): Node => o.sqrt(o.add(mean, o.constant(eps)));
    const delta = o.multiply(o.divide(root(steps), root(square)), gradient);
    return {
      parameter: o.subtract(parameter, o.multiply(delta, scalars.learning_rate)),
      state: { square_avg: square, acc_delta: mix(o, steps, o.multiply(delta, delta), rho) },
    };
  },
});
