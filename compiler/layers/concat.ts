import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { replaceAt, sameShape } from "../ops/support.ts";
import type { LayerPlan, LayerValue, PlanContext } from "./define.ts";
import { defineLayer, stepwise } from "./define.ts";
import { resized } from "./resized.ts";
import { commonLengths } from "./softmax.ts";
import type { AxisName } from "./time.ts";
import { axisKey, axisOf, findAxis } from "./time.ts";

interface ConcatConfig {
  readonly axis: AxisName;
}

/**
 * Two or more tensors one behind the other. Along time every example goes on where its own steps end: the steps that
 * count lie together, and lengths add up.
 */
export const concat = defineLayer<ConcatConfig, 2>({
  kind: "concat",
  summary: "Joins two or more tensors along an axis.",
  formula: "y = [x_1; x_2; ...]",
  source: "torch.cat; along time of sequences with lengths, each example by itself",
  keys: { axis: axisKey("Along which axis.", "feature") },
  inputs: { min: 2, max: 16 },
  plan,
  build: ({ axis: name }, { operations: o, inputs, output }) => {
    const axis = axisOf(name, output);
    const joined = axis === 1 && output.time ? alongTime(o, inputs) : alongOther(o, inputs, axis);
    return { node: o.builder.named(joined.node, "output"), lengths: joined.lengths };
  },
  stream: ({ axis }, inputs) =>
    inputs[0] !== undefined && axisOf(axis, inputs[0].shape) === 1
      ? "it works along time"
      : stepwise(undefined, inputs),
  examples: [
    { config: {}, inputs: [sequence(3, 5), sequence(3, 2)] },
    { config: {}, inputs: [1, 3, 2].map((size) => ({ shape: [size], axes: ["C"], time: false })) },
    { config: { axis: "time" }, inputs: [sequence(3, 2), sequence(2, 2), sequence(1, 2)] },
  ],
});

function plan({ axis: name }: ConcatConfig, context: PlanContext): LayerPlan | undefined {
  const { inputs, mismatch } = context;
  const first = inputs[0];
  if (name === "time" && !inputs.every(({ time }) => time)) {
    return mismatch("sequences [B, T, ...]", "name another axis, or read layers that keep their time axis");
  }
  const axis = findAxis(name, first, context);
  if (axis === undefined) return undefined;
  const others = (shape: readonly number[]): number[] => replaceAt(shape, axis - 1, 0);
  if (!inputs.every(({ shape }) => sameShape(others(shape), others(first.shape)))) {
    const which = axis === first.shape.length ? "the last" : name === "time" ? "time" : `axis ${axis}`;
    return mismatch(
      `inputs that are equal in all axes but ${which}`,
      axis === first.shape.length
        ? "reduce the sequence first (last_step, attention_pool), or read it with return: last"
        : "bring the other axes to one size with a linear layer or a slice",
    );
  }
  const isTime = inputs.every(({ time }) => time);
  if (axis === 1 && !isTime && inputs.some(({ time }) => time)) {
    return mismatch("sequences only, or none", "a reshape with time: true or time: false says what the first axis is");
  }
  const size = inputs.reduce((total, { shape }) => total + (shape[axis - 1] as number), 0);
  return { output: { ...resized(first, axis - 1, size), time: isTime } };
}

interface Joined {
  readonly node: Node;
  readonly lengths: Node | undefined;
}

function alongOther(o: Operations, inputs: readonly LayerValue[], axis: number): Joined {
  return {
    node: o.concat(
      inputs.map(({ node }) => node),
      axis,
    ),
    lengths: commonLengths(
      o,
      inputs.map(({ lengths }) => lengths),
    ),
  };
}

function alongTime(o: Operations, [first, ...others]: readonly LayerValue[]): Joined {
  return others.reduce<Joined>(
    (before, { node, lengths }) => follow(o, before, { node, lengths }),
    first as LayerValue,
  );
}

/** The second sequence behind the steps of the first that count. */
function follow(o: Operations, first: Joined, second: Joined): Joined {
  const node = o.concat([first.node, second.node], 1);
  const [batch, steps] = node.shape as [number, number];
  const [before, after] = [first.node.shape[1] as number, second.node.shape[1] as number];
  if (first.lengths === undefined) {
    return { node, lengths: second.lengths && o.add(second.lengths, o.constant(before)) };
  }
  const step = o.iota([batch, steps], 1);
  const ends = o.broadcast(first.lengths, step.shape, [0]);
  const behind = o.minimum(o.add(o.subtract(step, ends), o.constant(before)), o.constant(steps - 1));
  const lengths = o.add(first.lengths, second.lengths ?? o.constant(after));
  return { node: o.take(node, o.select(o.less(step, ends), step, behind), 1), lengths };
}

function sequence(steps: number, channels: number): LayerShape {
  return { shape: [steps, channels], axes: ["T", "C"], time: true };
}
