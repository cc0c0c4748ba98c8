import { scalar } from "../ir/scalar-formula.ts";
import { decayedGradient, weightDecayKey } from "./decay.ts";
import { defineOptimizer } from "./define.ts";

interface AdagradConfig {
  readonly lr_decay: number;
  readonly initial_accumulator_value: number;
  readonly eps: number;
  readonly weight_decay: number;
}

const { add, divide, multiply, subtract } = scalar;

export const adagrad = defineOptimizer<AdagradConfig>()({
  kind: "adagrad",
  summary: "Divides by the root of the sum of all squared gradients so far.",
  formula: "g += weight_decay p; s += g^2; p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)",
  source: "torch.optim.Adagrad; Duchi, Hazan and Singer 2011",
  learningRate: 0.01,
  keys: {
    lr_decay: {
      type: "number",
      minimum: 0,
      default: 0,
      description: "How fast the learning rate falls with the steps.",
    },
    initial_accumulator_value: { type: "number", minimum: 0, default: 0, description: "What the sum starts with." },
    eps: { type: "number", minimum: 0, default: 1e-10, description: "Added to the root, outside of it." },
    weight_decay: weightDecayKey,
  },
  slots: () => ["sum"],
  initial: ({ initial_accumulator_value }) => ({ sum: initial_accumulator_value }),
  scalars: ({ lr_decay }) => ({
    step_size:
      lr_decay === 0 ? "learningRate" : divide("learningRate", add(1, multiply(subtract("step", 1), lr_decay))),
  }),
  update: (o, config, inputs) => {
    const { parameter, state, scalars } = inputs;
    const gradient = decayedGradient(o, config, inputs);
    const sum = o.add(state.sum, o.multiply(gradient, gradient));
    const root = o.add(o.sqrt(sum), o.constant(config.eps));
    const step = o.divide(o.multiply(gradient, scalars.step_size), root);
    return { parameter: o.subtract(parameter, step), state: { sum } };
  },
  worked: { learningRate: 0.1, gradients: [1, -1], parameters: [0.9, 0.9707107] },
});
