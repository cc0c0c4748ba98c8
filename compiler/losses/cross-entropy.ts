import type { Node } from "../ir/graph.ts";
import { sameShape } from "../ops/support.ts";
import type { ClassConfig } from "./classes.ts";
import { classCount, classesMatch, classFacts, classKeys, classTerms, constantAt, pickClass } from "./classes.ts";
import { weighedByClass, weightsMatch } from "./classes.ts";
import type { LossReading } from "@specloom/runtime/internal/contract";
import type { LossProblem, LossShapes, LossTerms } from "./define.ts";
import { defineLoss } from "./define.ts";

interface CrossEntropyConfig extends ClassConfig {
  readonly label_smoothing: number;
}

/**
 * -sum_c w_c t_c log softmax(x)_c over the last axis of the input `[..., C]`, as torch.nn.CrossEntropyLoss does it.
 *
 * Target `[...]` int32: class numbers, t = 1 at the class; one that is `ignore_index` counts for nothing. A mean divides by
 * the summed weights of the targets' classes. Target `[..., C]` float32: a probability per class; a mean divides by the
 * number of rows, weights or not. Label smoothing e makes (1 - e) t + e / C of t. Where nothing counts the total is divided by 1
 * (PyTorch: by 0): it is 0, with gradients of 0, except for what smoothing spreads where the target's class has weight 0.
 */
export const crossEntropy = defineLoss<CrossEntropyConfig>({
  kind: "cross_entropy",
  summary: "Negative log probability of the target class, or of a distribution over the classes.",
  formula: "-sum_c w_c t_c log softmax(x)_c, t = (1 - e) target + e / C",
  source: "torch.nn.CrossEntropyLoss with class indices (int32) or class probabilities (float32)",
  keys: {
    label_smoothing: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0,
      description: "Share of the target that is spread evenly over all classes.",
    },
    ...classKeys,
  },
  check: (config, shapes) =>
    shapes.target.dtype === "int32" ? classesMatch(config, shapes) : probabilitiesMatch(config, shapes),
  classes: classCount,
  facts: (config, target) => ({
    ...classFacts(config, target),
    ...linkOf(target),
    ...(config.label_smoothing === 0 ? {} : { labelSmoothing: config.label_smoothing }),
  }),
  elements: (o, config, input, target): Node | LossTerms => {
    const { label_smoothing: smoothing, class_weight: weights } = config;
    const axis = input.shape.length - 1;
    const repeat = (row: Node): Node =>
      o.broadcast(
        row,
        input.shape,
        row.shape.map((_, position) => position),
      );
    const name = (node: Node, label: string): Node => o.builder.named(node, label);
    const largest = name(o.max(input, [axis]), "largest_logit");
    const shifted = name(o.subtract(input, repeat(o.stopGradient(largest))), "shifted_logits");
    const total = name(o.sum(name(o.exp(shifted), "exponentials"), [axis]), "exponential_sum");
    const logTotal = name(o.log(total), "log_total");
    /** Of every class at once, `[..., C]`. */
    const surprise = (): Node => name(o.subtract(repeat(logTotal), shifted), "surprise");
    const weighed = (perClass: Node): Node =>
      weights === undefined ? perClass : o.multiply(perClass, constantAt(o, o.iota([weights.length], 0), weights));
    const classes = input.shape[axis] as number;
    if (sameShape(input.shape, target.shape)) {
      const smooth =
        smoothing === 0
          ? target
          : o.add(o.multiply(target, o.constant(1 - smoothing)), o.constant(smoothing / classes));
      return o.sum(weighed(o.multiply(smooth, surprise())), [axis]);
    }
    const ofTarget = weighedByClass(
      o,
      config,
      target,
      name(o.subtract(logTotal, pickClass(o, shifted, target)), "surprise_of_target"),
    );
    if (smoothing === 0) return classTerms(o, config, target, ofTarget);
    const surprises = name(o.sum(weighed(surprise()), [axis]), "surprise_of_all");
    const spread = o.multiply(surprises, o.constant(smoothing / classes));
    return classTerms(o, config, target, o.add(o.multiply(ofTarget, o.constant(1 - smoothing)), spread));
  },
  examples: [
    { config: {}, input: [5], target: [], targetKind: "class" },
    { config: {}, input: [3, 4], target: [3], targetKind: "class" },
    { config: { ignore_index: 1 }, input: [3, 4], target: [3], targetKind: "class" },
    {
      config: { label_smoothing: 0.2, class_weight: [0.5, 2, 2, 0.25], ignore_index: 3 },
      input: [3, 4],
      target: [3],
      targetKind: "class",
    },
    {
      config: { label_smoothing: 0.1, class_weight: [0.5, 2, 1] },
      input: [2, 3],
      target: [2, 3],
      targetKind: "distribution",
    },
  ],
});

/** A target of probabilities is compared with probabilities. */
function linkOf({ dtype, shape }: LossShapes["target"]): LossReading {
  const size = shape[shape.length - 1];
  return dtype === "int32" || size === undefined ? {} : { link: { kind: "softmax", size } };
}

function probabilitiesMatch(config: CrossEntropyConfig, shapes: LossShapes): LossProblem | undefined {
  const { input, target } = shapes;
  if (target.shape.length === 0 || !sameShape(input.shape, target.shape)) {
    return {
      expected: "an int32 target of class numbers, or float32 probabilities in the input's shape",
      help: "declare the target with dtype: int32 and vocabulary",
    };
  }
  if (config.ignore_index >= 0) {
    return {
      key: "ignore_index",
      expected: "no class, since the target holds probabilities",
      help: "remove ignore_index, or give the target as int32 class numbers",
    };
  }
  return weightsMatch(config.class_weight, classCount(shapes));
}
