import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { Keys } from "../keys/define.ts";
import { decayedGradient, mix } from "./decay.ts";
import type { ScalarFormula, UpdateInputs, UpdateResult } from "./define.ts";
import { defineOptimizer } from "./define.ts";

export interface AdamConfig {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
}

export function adamKeys(weightDecay: number): Keys {
  return {
    betas: {
      type: "array",
      items: { type: "number", minimum: 0, exclusiveMaximum: 1 },
      minItems: 2,
      maxItems: 2,
      default: [0.9, 0.999],
      description: "Decay of the running means of the gradient and of its square.",
    },
    eps: { type: "number", minimum: 0, default: 1e-8, description: "Added to the root, outside of it." },
    weight_decay: { type: "number", minimum: 0, default: weightDecay, description: "Weight decay." },
  };
}

const correction = (beta: number): ScalarFormula => ({
  operation: "subtract",
  left: 1,
  right: { operation: "power", left: beta, right: "step" },
});

type AdamSlot = "exp_avg" | "exp_avg_sq";
type AdamScalar = "step_size" | "correction_root";

/** lr / (1 - beta1^t) and sqrt(1 - beta2^t): in float32 1 - 0.999 alone would be off by 5e-5. */
export const adamScalars = ({ betas: [first, second] }: AdamConfig): Readonly<Record<AdamScalar, ScalarFormula>> => ({
  step_size: { operation: "divide", left: "learningRate", right: correction(first) },
  correction_root: { operation: "sqrt", of: correction(second) },
});

/**
 * m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; p -= step_size m / (sqrt(v) / correction_root + eps).
 *
 * @param largest of amsgrad, what is divided by in place of v
 */
export function adamUpdate(
  o: Operations,
  { betas: [first, second], eps }: AdamConfig,
  { parameter, gradient, state, scalars }: UpdateInputs<AdamSlot, AdamScalar>,
  largest?: (square: Node) => Node,
): UpdateResult<AdamSlot | "max_exp_avg_sq"> {
  const mean = mix(o, state.exp_avg, gradient, first);
  const square = mix(o, state.exp_avg_sq, o.multiply(gradient, gradient), second);
  const most = largest?.(square);
  const root = o.divide(o.sqrt(most ?? square), scalars.correction_root);
  const step = o.divide(o.multiply(mean, scalars.step_size), o.add(root, o.constant(eps)));
  return {
    parameter: o.subtract(parameter, step),
    state: { exp_avg: mean, exp_avg_sq: square, ...(most === undefined ? {} : { max_exp_avg_sq: most }) },
  };
}

export const adam = defineOptimizer<AdamConfig>()({
  kind: "adam",
  summary: "Adam, with PyTorch's bias correction and eps outside the root.",
  formula: "m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; p -= lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps)",
  source: "torch.optim.Adam; Kingma and Ba 2015",
  learningRate: 0.001,
  keys: adamKeys(0),
  slots: () => ["exp_avg", "exp_avg_sq"],
  scalars: adamScalars,
  update: (o, config, inputs) => adamUpdate(o, config, { ...inputs, gradient: decayedGradient(o, config, inputs) }),
});
