import type { Node } from "../ir/graph.ts";
import { defineOptimizer, type ScalarFormula } from "./define.ts";

interface SgdConfig {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weight_decay: number;
}

export const sgd = defineOptimizer<SgdConfig>()({
  kind: "sgd",
  summary: "Stochastic gradient descent, with momentum.",
  formula:
    "g += weight_decay p; v = momentum v + (1 - dampening) g (first step: v = g); p -= lr (nesterov ? g + momentum v : v)",
  source: "torch.optim.SGD",
  learningRate: 0.001,
  keys: {
    momentum: { type: "number", minimum: 0, default: 0, description: "Share of the last step that goes on." },
    dampening: { type: "number", default: 0, description: "Damps what enters the momentum." },
    nesterov: {
      type: "boolean",
      default: false,
      description: "Looks one step ahead; needs momentum and no dampening.",
    },
    weight_decay: { type: "number", minimum: 0, default: 0, description: "L2 penalty added to the gradient." },
  },
  check: ({ nesterov, momentum, dampening }) =>
    nesterov && (momentum === 0 || dampening !== 0)
      ? {
          key: "nesterov",
          expected: "false, unless momentum is above 0 and dampening is 0",
          help: "set momentum (0.9 is usual) and remove dampening, or remove nesterov",
        }
      : undefined,
  slots: ({ momentum }) => (momentum === 0 ? [] : ["momentum_buffer"]),
  scalars: ({ momentum, dampening }): Readonly<Record<"learning_rate", ScalarFormula>> => ({
    learning_rate: "learningRate",
    // PyTorch starts the buffer with the first gradient itself, undamped.
    ...(momentum === 0 || dampening === 0
      ? {}
      : {
          undamped: {
            operation: "subtract",
            left: 1,
            right: {
              operation: "multiply",
              left: dampening,
              right: {
                operation: "subtract",
                left: 1,
                right: { operation: "power", left: 0, right: { operation: "subtract", left: "step", right: 1 } },
              },
            },
          } as const,
        }),
  }),
  update: (o, config, { parameter, gradient, state, scalars }) => {
    const decayed =
      config.weight_decay === 0 ? gradient : o.add(gradient, o.multiply(parameter, o.constant(config.weight_decay)));
    const step = (direction: Node): Node => o.subtract(parameter, o.multiply(direction, scalars.learning_rate));
    if (config.momentum === 0) return { parameter: step(decayed), state: {} };
    const momentum = o.constant(config.momentum);
    const { undamped }: Readonly<Record<string, Node>> = scalars;
    const entering = undamped === undefined ? decayed : o.multiply(decayed, undamped);
    const buffer = o.add(o.multiply(state.momentum_buffer, momentum), entering);
    return {
      parameter: step(config.nesterov ? o.add(decayed, o.multiply(buffer, momentum)) : buffer),
      state: { momentum_buffer: buffer },
    };
  },
  worked: { config: { momentum: 0.5 }, learningRate: 0.1, gradients: [1, 1, -1], parameters: [0.9, 0.75, 0.775] },
});
