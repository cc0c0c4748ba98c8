import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { replaceAt } from "../ops/support.ts";
import type { LayerPlan, LayerValue, PlanContext } from "./define.ts";
import { defineLayer, stepwise } from "./define.ts";
import { resized } from "./resized.ts";
import type { AxisName } from "./time.ts";
import { axisKey, axisOf, findAxis, lengthQuotient } from "./time.ts";

interface SliceConfig {
  readonly axis: AxisName;
  readonly start?: number;
  readonly stop?: number;
  readonly step: number;
}

/** Part of an axis. Of sequences with lengths every example is sliced by itself, and the end is its own end. */
export const slice = defineLayer<SliceConfig>({
  kind: "slice",
  summary: "Part of an axis, as x[start:stop:step] in Python.",
  formula: "y_i = x_{start + i * step}; T' = ceil((stop - start) / step)",
  source: "NumPy's basic slicing; along time of sequences with lengths, each example by itself",
  keys: {
    axis: axisKey("Of which axis."),
    start: {
      type: "integer",
      optional: true,
      description: "The first index; negative: from the end. Default: from the edge.",
    },
    stop: {
      type: "integer",
      optional: true,
      description: "The index before which it ends; negative: from the end. Default: to the edge.",
    },
    step: {
      type: "integer",
      default: 1,
      description: "From one index to the next; negative: backwards.",
    },
  },
  inputs: { min: 1, max: 1 },
  plan,
  build: (config, { operations: o, inputs }) => {
    const input = inputs[0];
    const axis = axisOf(config.axis, input.shape);
    if (axis === 1 && input.shape.time && input.lengths !== undefined)
      return sliceSteps(o, config, input, input.lengths);
    return {
      node: part(o, input.node, axis, rangeOf(config, input.node.shape[axis] as number)),
      lengths: input.lengths,
    };
  },
  stream: ({ axis }, inputs) =>
    inputs[0] !== undefined && axisOf(axis, inputs[0].shape) === 1
      ? "it works along time"
      : stepwise(undefined, inputs),
  examples: [
    { config: { axis: "time", start: -2 }, inputs: [sequence(5, 2)] },
    { config: { axis: "time", start: 0, stop: 5, step: 2 }, inputs: [sequence(6, 2)] },
    { config: { axis: "feature", start: 1, stop: 3 }, inputs: [sequence(3, 5)] },
    { config: { axis: "time", step: -1 }, inputs: [sequence(3, 2)] },
    { config: { axis: 1, start: 4, stop: 0, step: -2 }, inputs: [{ shape: [5], axes: ["C"], time: false }] },
  ],
});

/** Indices first, first + step, ...: `count` of them. */
interface Range {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

/** Python's range(*slice(start, stop, step).indices(size)). */
function rangeOf({ start, stop, step }: SliceConfig, size: number): Range {
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const within = (index: number): number => Math.min(Math.max(index < 0 ? index + size : index, lowest), highest);
  const first = start === undefined ? (step > 0 ? lowest : highest) : within(start);
  const end = stop === undefined ? (step > 0 ? highest : lowest) : within(stop);
  return { first, count: Math.max(0, Math.ceil((end - first) / step)), step };
}

/** Whether an example shorter than the axis would give more than the whole axis does, and find no room. */
function growsOfShorter(config: SliceConfig, size: number): boolean {
  const { count } = rangeOf(config, size);
  // From where all indices lie inside, one step more changes the count by one at most, and never back.
  const { start = 0, stop = 0 } = config;
  const last = Math.min(size, 2 * (Math.abs(start) + Math.abs(stop) + Math.abs(config.step)) + 2);
  for (let length = 0; length < last; length += 1) if (rangeOf(config, length).count > count) return true;
  return size > last && rangeOf(config, size - 1).count > count;
}

function plan(config: SliceConfig, context: PlanContext): LayerPlan | undefined {
  const input = context.inputs[0];
  const axis = findAxis(config.axis, input, context);
  if (axis === undefined) return undefined;
  const { start, stop, step } = config;
  if (step === 0) return context.invalid("step", "a step that is not 0", "1 takes every index");
  const ofTime = axis === 1 && input.time;
  const size = input.shape[axis - 1] as number;
  const { count } = rangeOf(config, size);
  if (ofTime && growsOfShorter(config, size)) {
    const expected =
      step > 0
        ? "a negative stop, or none, with a negative start along time"
        : "a stop of at least 0, or none, with a start of at least 0 backwards in time";
    const help = "of sequences of different length only one end can be counted from; make two slices of it";
    return context.invalid("stop", expected, help);
  }
  if (count === 0) {
    const key = stop === undefined && start !== undefined ? "start" : stop === undefined ? "step" : "stop";
    return context.invalid(key, `a slice of at least one of ${size}`, "indices start at 0, and stop is not taken");
  }
  return { output: resized(input, axis - 1, count) };
}

function part(o: Operations, node: Node, axis: number, { first, count, step }: Range): Node {
  const size = node.shape[axis] as number;
  if (step < 0) return part(o, o.reverse(node, axis), axis, { first: size - 1 - first, count, step: -step });
  const whole = o.slice(node, axis, first, first + (count - 1) * step + 1);
  if (step === 1) return whole;
  const windows = o.unfold(whole, axis, 1, step, 1);
  return o.reshape(windows, replaceAt(node.shape, axis, count));
}

/** Of every example its own part: rangeOf, with the lengths `[B]` in place of the size. */
function sliceSteps(o: Operations, config: SliceConfig, { node }: LayerValue, lengths: Node) {
  const { start, stop, step } = config;
  const [batch, size] = node.shape as [number, number];
  const [lowest, highest] = step > 0 ? [0, lengths] : [-1, o.add(lengths, o.constant(-1))];
  const within = (index: number): Node =>
    index < 0
      ? o.maximum(o.add(lengths, o.constant(index)), o.constant(lowest))
      : o.minimum(o.constant(index), highest);
  const edge = (isHighest: boolean): Node => (isHighest ? highest : o.constant(lowest));
  const first = start === undefined ? edge(step < 0) : within(start);
  const end = stop === undefined ? edge(step > 0) : within(stop);
  const ahead = step > 0 ? o.subtract(end, first) : o.subtract(first, end);
  const count = lengthQuotient(o, ahead, Math.abs(step) - 1, Math.abs(step));
  const range = rangeOf(config, size);
  // All examples begin at the same step, or so far beyond their end that nothing of them counts.
  if (step > 0 && (start === undefined || start >= 0)) return { node: part(o, node, 1, range), lengths: count };
  const place = o.multiply(o.iota([batch, range.count], 1), o.constant(step));
  const ids = o.add(place, o.broadcast(first, place.shape, [0]));
  const inside = o.maximum(o.minimum(ids, o.constant(size - 1)), o.constant(0));
  return { node: o.take(node, inside, 1), lengths: count };
}

function sequence(steps: number, channels: number): LayerShape {
  return { shape: [steps, channels], axes: ["T", "C"], time: true };
}
