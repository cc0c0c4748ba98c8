import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { BuildContext, LayerPlan, LayerValue } from "./define.ts";
import { defineLayer, stepwise } from "./define.ts";
import { normParameters, scaleAndShift } from "./layer-norm.ts";
import { lengthMask } from "./softmax.ts";

interface BatchNormConfig {
  readonly eps: number;
  readonly momentum: number;
  readonly affine: boolean;
}

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias for each feature: `[B, ..., C] -> [B, ..., C]`.
 *
 * In training mean and variance are those of the batch over all axes but the last, padded steps and padded examples left
 * out; they also move the running statistics. In evaluation the running statistics are used. A batch that has a single
 * value per feature (an epoch's last batch may have) has no variance: it is normalised by the running statistics, which it
 * leaves as they are. PyTorch refuses such a batch.
 */
export const batchNorm = defineLayer<BatchNormConfig>({
  kind: "batch_norm",
  summary:
    "Brings every feature to mean 0 and variance 1 over the batch and its steps, in evaluation by running statistics.",
  formula:
    "y = (x - mean) / sqrt(var + eps) * weight + bias; running = (1 - momentum) running + momentum batch, " +
    "with the unbiased variance",
  source: "torch.nn.BatchNorm1d with the features on the last axis; Ioffe and Szegedy 2015",
  keys: {
    eps: {
      type: "number",
      exclusiveMinimum: 0,
      default: 1e-5,
      description: "Added to the variance, so that a constant feature does not divide by zero.",
    },
    momentum: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description: "Share of a new batch in the running statistics.",
    },
    affine: { type: "boolean", default: true, description: "Whether weight and bias are learned." },
  },
  inputs: { min: 1, max: 1 },
  plan: ({ affine }, { inputs: [input], batchSize, mismatch }): LayerPlan | undefined => {
    const output = input;
    const features = output.shape[output.shape.length - 1] as number;
    const values = output.shape.slice(0, -1).reduce((product, size) => product * size, batchSize);
    if (values === 1) {
      return mismatch(
        "more than one value of each feature in a batch, whose variance it takes",
        "raise train.batch_size, or take layer_norm",
      );
    }
    return {
      output,
      parameters: affine ? normParameters(output, ["weight", "bias"]) : [],
      statistics: [
        { name: "running_mean", shape: [features], initial: 0, dtype: "float32" },
        { name: "running_var", shape: [features], initial: 1, dtype: "float32" },
        { name: "num_batches_tracked", shape: [], initial: 0, dtype: "int64" },
      ],
    };
  },
  build: (config, context) => {
    const { operations: o, parameter, training } = context;
    const { node, lengths } = context.inputs[0];
    const running = { mean: parameter("running_mean"), variance: parameter("running_var") };
    const batch = training ? batchMoments(context, context.inputs[0], running) : undefined;
    const { mean, variance } = batch ?? running;
    const centred = batch?.centred ?? o.subtract(node, mean);
    const scale = o.divide(o.constant(1), o.sqrt(o.add(variance, o.constant(config.eps))));
    const normalized = o.multiply(centred, o.builder.named(scale, "inverse_deviation"));
    const [weight, bias] = config.affine ? [parameter("weight"), parameter("bias")] : [];
    return {
      node: o.builder.named(scaleAndShift(o, normalized, weight, bias), "output"),
      lengths,
      ...(batch === undefined ? {} : { updates: renewed(config, context, running, batch) }),
    };
  },
  stream: stepwise,
  examples: [
    { config: {}, inputs: [{ shape: [3], axes: ["C"], time: false }] },
    { config: { eps: 0.1, momentum: 0.4 }, inputs: [{ shape: [4, 3], axes: ["T", "C"], time: true }] },
    { config: { affine: false, momentum: 1 }, inputs: [{ shape: [3, 1], axes: ["T", "C"], time: true }] },
  ],
});

/** Mean and variance of every feature, `[C]` each. */
interface Moments {
  readonly mean: Node;
  readonly variance: Node;
}

interface BatchMoments extends Moments {
  /** The input minus the mean, 0 where it is padding. */
  readonly centred: Node;
  /** Values per feature that count. */
  readonly count: Node;
  /** 1 where there is but one value, so that the moments are the running ones; undefined where there always are more. */
  readonly single: Node | undefined;
}

/** The moments to normalise by in training, the variance divided by the count. */
function batchMoments(
  { operations: o, exampleMask }: BuildContext,
  { node, lengths }: LayerValue,
  running: Moments,
): BatchMoments {
  const name = (value: Node, label: string): Node => o.builder.named(value, label);
  const { shape } = node;
  const steps = lengths === undefined ? undefined : lengthMask(o, lengths, shape[1] as number);
  const mask = steps === undefined ? exampleMask : o.multiply(steps, o.broadcast(exampleMask, steps.shape, [0]));
  const axes = mask.shape.map((_, axis) => axis);
  // Selected, not multiplied: what lies in the padding may be anything.
  const onlyInside = (value: Node): Node => o.select(o.broadcast(mask, shape, axes), value, o.constant(0));
  const innerCount = shape.slice(axes.length, -1).reduce((product, size) => product * size, 1);
  const count = name(o.multiply(sumDown(o, mask, 0), o.constant(innerCount)), "count");
  const single = innerCount > 1 ? undefined : o.lessEqual(count, o.constant(1));
  const choose = (own: Node, otherwise: Node): Node => (single ? o.select(single, otherwise, own) : own);
  // Distances from one of the values, which cancels in exact arithmetic: a sum of numbers far from zero would lose digits.
  const origin = o.stopGradient(firstRow(o, node));
  const distances = onlyInside(o.subtract(node, origin));
  const meanDistance = name(o.divide(sumDown(o, distances, 1), count), "mean_distance");
  const shift = choose(meanDistance, o.subtract(running.mean, origin));
  const centred = name(onlyInside(o.subtract(distances, shift)), "centred");
  const square = name(o.divide(sumDown(o, o.multiply(centred, centred), 1), count), "batch_variance");
  return { mean: o.add(origin, shift), variance: choose(square, running.variance), centred, count, single };
}

/** The sum over all axes but the last `kept`, axis by axis, so that no cell adds up a whole batch of sequences. */
function sumDown(o: Operations, node: Node, kept: number): Node {
  let sum = node;
  while (sum.shape.length > kept) sum = o.sum(sum, [sum.shape.length - 1 - kept]);
  return sum;
}

/** The first step of the first example, which never is padding: `[B, ..., C] -> [C]`. */
function firstRow(o: Operations, node: Node): Node {
  const row = node.shape.slice(0, -1).reduce((part, _, axis) => o.slice(part, axis, 0, 1), node);
  return o.reshape(row, node.shape.slice(-1));
}

/** The running statistics after a step: the variance that they take is divided by count - 1. */
function renewed(
  { momentum }: BatchNormConfig,
  { operations: o, parameter }: BuildContext,
  running: Moments,
  { mean, variance, count, single }: BatchMoments,
): Readonly<Record<string, Node>> {
  const moved = (before: Node, now: Node): Node =>
    o.add(o.multiply(before, o.constant(1 - momentum)), o.multiply(now, o.constant(momentum)));
  const others = o.maximum(o.subtract(count, o.constant(1)), o.constant(1));
  const unbiased = o.multiply(variance, o.divide(count, others));
  const keep = (after: Node, before: Node): Node => (single ? o.select(single, before, after) : after);
  const batches = parameter("num_batches_tracked");
  return {
    running_mean: keep(moved(running.mean, mean), running.mean),
    running_var: keep(moved(running.variance, unbiased), running.variance),
    num_batches_tracked: keep(o.add(batches, o.constant(1)), batches),
  };
}
