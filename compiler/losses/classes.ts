/** What losses of classes share: targets, ignored ones among them, and weights per class. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { sameShape } from "../ops/support.ts";
import type { Keys } from "../keys/define.ts";
import type { LossReading } from "@specloom/runtime/internal/contract";
import type { LossProblem, LossShapes, LossTerms } from "./define.ts";

export interface ClassConfig {
  readonly ignore_index: number;
  readonly class_weight?: readonly number[];
}

export const classKeys = {
  weight: {
    type: "number",
    exclusiveMinimum: 0,
    default: 1,
    description: "Factor of this loss in the sum of all; a factor per class is class_weight.",
  },
  ignore_index: {
    type: "integer",
    default: -100,
    description: "A class that counts for nothing where the target holds it; it may lie outside of the vocabulary.",
  },
  class_weight: {
    type: "array",
    items: { type: "number", minimum: 0 },
    minItems: 1,
    optional: true,
    description: "A factor per class (PyTorch: weight); a mean divides by the sum of the targets' factors.",
  },
} satisfies Keys;

/** Of probabilities per class none is ignored. */
export function classFacts({ ignore_index: ignored }: ClassConfig, { dtype }: LossShapes["target"]): LossReading {
  return dtype === "int32" ? { classes: true, ignored } : { classes: true };
}

export function classCount({ input }: LossShapes): number {
  return input.shape[input.shape.length - 1] as number;
}

/** An int32 target of class numbers, and an input with one number per class on one axis more. */
export function classesMatch(config: ClassConfig, shapes: LossShapes): LossProblem | undefined {
  const { input, target } = shapes;
  if (target.dtype !== "int32") {
    return {
      expected: "an int32 target of class numbers",
      help: "declare the target with dtype: int32 and vocabulary",
    };
  }
  if (!sameShape(input.shape.slice(0, -1), target.shape)) {
    return {
      expected: `an input [B${target.axes.map((axis) => `, ${axis}`).join("")}, classes], one axis more than the target`,
      help: "end the model in a linear layer with one output per class",
    };
  }
  const classes = classCount(shapes);
  if (target.vocabulary !== undefined && target.vocabulary !== classes) {
    return {
      expected: `${target.vocabulary} classes in the input's last axis, which has ${classes}`,
      help: `set out_features of the last linear layer to ${target.vocabulary}`,
    };
  }
  return weightsMatch(config.class_weight, classes);
}

export function weightsMatch(weights: readonly number[] | undefined, classes: number): LossProblem | undefined {
  if (weights === undefined || weights.length === classes) return undefined;
  return {
    key: "class_weight",
    expected: `${classes} numbers, one per class`,
    help: "the classes are the last axis of the loss's input",
  };
}

/** Of each row the number of its target's class: `[..., C]` and `[...]` to `[...]`; 0 where there is no such class. */
export function pickClass(o: Operations, rows: Node, target: Node): Node {
  const axis = rows.shape.length - 1;
  const leading = target.shape.map((_, position) => position);
  const isTarget = o.equal(o.iota(rows.shape, axis), o.broadcast(target, rows.shape, leading));
  return o.builder.named(o.sum(o.select(isTarget, rows, o.constant(0)), [axis]), "value_of_target");
}

/**
 * The constant of each position: `constants[position]`, found by halving, so that thousands of them nest a few deep.
 * @param positions whole numbers; one below 0 gets the first constant
 */
export function constantAt(o: Operations, positions: Node, constants: readonly number[]): Node {
  // Neighbours that are equal need no comparison.
  const starts = constants.flatMap((value, index) => (index > 0 && constants[index - 1] === value ? [] : [index]));
  const among = (from: number, to: number): Node => {
    if (to - from === 1) return o.constant(constants[starts[from] as number] as number, positions.shape);
    const middle = (from + to) >> 1;
    const isBelow = o.less(positions, o.constant(starts[middle] as number, positions.shape));
    return o.select(isBelow, among(from, middle), among(middle, to));
  };
  return among(0, starts.length);
}

/** Losses `[...]` of class targets `[...]` with what they count: ignored targets nothing, others their class's weight. */
export function classTerms(o: Operations, config: ClassConfig, target: Node, values: Node): LossTerms {
  const counted = o.builder.named(o.notEqual(target, o.constant(config.ignore_index, target.shape)), "is_counted");
  return {
    values: o.select(counted, values, o.constant(0)),
    counts:
      config.class_weight === undefined
        ? counted
        : o.select(counted, constantAt(o, target, config.class_weight), o.constant(0)),
  };
}

/** Values times the weight of the target's class, `[...]`. */
export function weighedByClass(o: Operations, config: ClassConfig, target: Node, values: Node): Node {
  if (config.class_weight === undefined) return values;
  return o.builder.named(o.multiply(values, constantAt(o, target, config.class_weight)), "weighed_by_class");
}
