import { sameShape } from "../ops/support.ts";
import { legend } from "../support/legend.ts";
import { constantAt } from "./classes.ts";
import type { LossProblem, LossShapes } from "./define.ts";
import { defineLoss } from "./define.ts";

interface QuantileConfig {
  readonly levels: readonly number[];
}

/**
 * The pinball loss: an input that is above a level's share of the targets is right.
 *
 * Target `[..., C]`; input `[..., C * L]`, the L levels of one channel side by side, or the same numbers as `[..., C, L]`.
 * A target whose only axis is time, `[T]`, or that is one number per example takes `[T, L]` or `[L]`. A mean divides by all
 * elements, levels included.
 */
export const quantile = defineLoss<QuantileConfig>({
  kind: "quantile",
  summary: "Pinball loss: the input learns quantiles of the target, one per level.",
  formula: "max(q (y - x_q), (q - 1) (y - x_q)) for each level q",
  source: "Koenker and Bassett 1978, Regression Quantiles",
  keys: {
    levels: {
      type: "array",
      items: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
      minItems: 1,
      uniqueItems: true,
      default: [0.1, 0.5, 0.9],
      description: "Which quantiles, such as [0.1, 0.5, 0.9]; the input holds one number per level and target.",
    },
  },
  check: ({ levels }, shapes) => levelsMatch(levels, shapes),
  elements: (o, { levels }, input, target) => {
    const shape = [...target.shape, levels.length];
    const truth = o.broadcast(
      target,
      shape,
      target.shape.map((_, axis) => axis),
    );
    const error = o.builder.named(o.subtract(truth, o.reshape(input, shape)), "error");
    const level = constantAt(o, o.iota([levels.length], 0), levels);
    return o.maximum(o.multiply(error, level), o.multiply(error, o.subtract(level, o.constant(1))));
  },
  facts: ({ levels }) => {
    const median = levels.indexOf(0.5);
    return { quantiles: { levels, ...(median < 0 ? {} : { median }) } };
  },
  examples: [
    { config: {}, input: [3], target: [], targetKind: "real" },
    { config: { levels: [0.2, 0.9] }, input: [3, 4], target: [3, 2], targetKind: "real" },
    { config: { levels: [0.25] }, input: [2, 2, 1], target: [2, 2], targetKind: "real" },
  ],
});

function levelsMatch(levels: readonly number[], { input, target }: LossShapes): LossProblem | undefined {
  if (target.dtype !== "float32") {
    return {
      expected: "a target of float32 numbers",
      help: "use cross_entropy for classes, or declare the target as float32",
    };
  }
  const { shape, axes } = target;
  const apart = { shape: [...shape, levels.length], axes: [...axes, "levels"] };
  const last = shape.length - 1;
  const isFoldable = last >= (target.time ? 1 : 0);
  const folded = {
    shape: shape.map((size, axis) => (axis === last ? size * levels.length : size)),
    axes: axes.map((axis, position) => (position === last ? `${axis} * levels` : axis)),
  };
  if (sameShape(input.shape, apart.shape) || (isFoldable && sameShape(input.shape, folded.shape))) return undefined;
  const wanted = isFoldable ? folded : apart;
  return {
    expected: `an input ${legend(wanted)}, ${levels.length} levels for each number of the target`,
    help: `end the model in a linear layer with out_features: ${wanted.shape[wanted.shape.length - 1]}`,
  };
}
