import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { windowCount } from "../ops/windows.ts";
import type { LayerPlan, LayerValue, PlanContext } from "./define.ts";
import { defineLayer } from "./define.ts";
import { resized } from "./resized.ts";
import { lastStepOf } from "./last-step.ts";
import { lengthMask } from "./softmax.ts";
import { windowLengths, withoutPadding } from "./time.ts";

interface Pool1dConfig {
  readonly reduce: "mean" | "max" | "last";
  readonly kernel_size?: number;
  readonly stride?: number;
}

/** Below every float32 that a model computes. */
const lowest = -3e38;

/**
 * One value per channel of the whole sequence, `[B, T, C] -> [B, C]`, or of every window, `[B, T, C] -> [B, T', C]`.
 * An example without steps gives zeros. Windows are whole: what is left at the end of an example is left out, as in PyTorch.
 */
export const pool1d = defineLayer<Pool1dConfig>({
  kind: "pool1d",
  summary: "Mean, maximum or last step, of the whole sequence or of windows.",
  formula: "y = mean, max or last of x_1 .. x_length; of windows: T' = floor((T - kernel_size) / stride) + 1",
  source:
    "torch.nn.AvgPool1d and MaxPool1d (at a tie the first step gets the gradient); mean(1), amax(1) without a kernel",
  keys: {
    reduce: { type: "string", enum: ["mean", "max", "last"], description: "What is taken of the steps." },
    kernel_size: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Steps of a window; without it the whole sequence is one, and its time axis goes.",
    },
    stride: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Steps from one window to the next; default kernel_size.",
    },
  },
  inputs: { min: 1, max: 1 },
  plan,
  build: (config, { operations: o, inputs }) => {
    const input = inputs[0];
    if (config.kernel_size === undefined) return { node: o.builder.named(pooledWhole(o, config, input), "pooled") };
    const { kernel_size: size, stride = size } = config;
    const windows = o.unfold(input.node, 1, size, stride, 1);
    return {
      node: o.builder.named(pooledWindows(o, config, windows), "pooled"),
      lengths: windowLengths(o, input.lengths, { padding: 0, reach: size, stride }),
    };
  },
  examples: (["mean", "max", "last"] as const).flatMap((reduce) => [
    { config: { reduce }, inputs: [{ shape: [4, 3], axes: ["T", "C"], time: true }] },
    { config: { reduce, kernel_size: 1, stride: 2 }, inputs: [{ shape: [4, 2], axes: ["T", "C"], time: true }] },
  ]),
});

function plan({ kernel_size, stride }: Pool1dConfig, context: PlanContext): LayerPlan | undefined {
  const input = context.inputs[0];
  if (!input.time || input.shape.length < 2) {
    return context.mismatch("a sequence [B, T, ...]", "read a layer that keeps its time axis");
  }
  if (kernel_size === undefined) {
    if (stride !== undefined) {
      return context.invalid("stride", "no stride without kernel_size", "remove it, or give kernel_size");
    }
    return { output: { shape: input.shape.slice(1), axes: input.axes.slice(1), time: false } };
  }
  const steps = input.shape[0] as number;
  const count = windowCount(steps, kernel_size, stride ?? kernel_size, 1);
  if (count < 1) {
    return context.invalid(
      "kernel_size",
      `at most the ${steps} steps of its input`,
      "make it smaller, or remove it to pool the whole sequence",
    );
  }
  return { output: resized(input, 0, count) };
}

function pooledWhole(o: Operations, { reduce }: Pool1dConfig, input: LayerValue): Node {
  const { node, lengths } = input;
  const steps = node.shape[1] as number;
  if (reduce === "last") return lastStepOf(o, input);
  const mask = lengths && o.broadcast(lengthMask(o, lengths, steps), node.shape, [0, 1]);
  if (reduce === "max") return firstMaximum(o, node, 1, mask);
  const total = o.sum(withoutPadding(o, input), [1]);
  if (lengths === undefined) return o.multiply(total, o.constant(1 / steps));
  return o.divide(total, o.broadcast(o.maximum(lengths, o.constant(1)), total.shape, [0]));
}

/** @param windows `[B, W, K, ...]` */
function pooledWindows(o: Operations, { reduce }: Pool1dConfig, windows: Node): Node {
  const size = windows.shape[2] as number;
  if (reduce === "max") return firstMaximum(o, windows, 2, undefined);
  if (reduce === "mean") return o.multiply(o.sum(windows, [2]), o.constant(1 / size));
  const { shape } = windows;
  return o.reshape(o.slice(windows, 2, size - 1, size), [...shape.slice(0, 2), ...shape.slice(3)]);
}

/** The largest along an axis, the first of equal ones; 0 where the mask has no 1. */
function firstMaximum(o: Operations, x: Node, axis: number, mask: Node | undefined): Node {
  const others = x.shape.map((_, position) => position).filter((position) => position !== axis);
  const repeat = (reduced: Node): Node => o.broadcast(reduced, x.shape, others);
  const visible = mask === undefined ? x : o.select(mask, x, o.constant(lowest));
  const largest = o.builder.named(o.max(visible, [axis]), "largest");
  const place = o.iota(x.shape, axis);
  const size = o.constant(x.shape[axis] as number);
  // Places count from the end, so that the largest is the first.
  const isLargest = o.equal(visible, repeat(o.stopGradient(largest)));
  const first = o.builder.named(
    o.max(o.select(isLargest, o.subtract(size, place), o.constant(0)), [axis]),
    "first_largest",
  );
  const chosen = o.equal(o.subtract(size, place), repeat(first));
  const one = o.select(chosen, x, o.constant(0));
  const found = o.sum(mask === undefined ? one : o.select(mask, one, o.constant(0)), [axis]);
  // Nothing equals a largest that is not a number: it must not look like a zero.
  return o.select(o.equal(first, o.constant(0)), o.stopGradient(largest), found);
}
