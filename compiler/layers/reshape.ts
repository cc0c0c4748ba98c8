import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import { sizeOf } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { LayerPlan, LayerResult, LayerValue, PlanContext } from "./define.ts";
import { defineLayer } from "./define.ts";
import { resized } from "./resized.ts";
import { lengthQuotient, withoutPadding } from "./time.ts";

interface ReshapeConfig {
  readonly shape: readonly number[];
  readonly time?: boolean;
}

/**
 * The same cells in another shape. When steps are joined or taken apart the result is still a sequence, and a joined step
 * counts when any of its steps does; cells of steps that do not count are zeros. So are they where time goes.
 */
export const reshape = defineLayer<ReshapeConfig>({
  kind: "reshape",
  summary: "The same cells, in row-major order, in another shape.",
  formula: "y = x.reshape(B, *shape)",
  source: "torch.reshape",
  keys: {
    shape: {
      type: "array",
      items: { type: "integer", minimum: -1 },
      minItems: 1,
      maxItems: 8,
      description: "Sizes of the axes without the batch; one may be -1 and takes what is left.",
    },
    time: {
      type: "boolean",
      optional: true,
      description: "Whether the first axis is time; by default when the steps of a sequence stay, join or part evenly.",
    },
  },
  inputs: { min: 1, max: 1 },
  plan,
  build: (_config, { operations: o, inputs, output }) => reshaped(o, inputs[0], output),
  examples: [
    { config: { shape: [1, -1] }, inputs: [sequence(4, 3)] },
    { config: { shape: [-1, 1, 2] }, inputs: [sequence(3, 4)] },
    { config: { shape: [-1], time: false }, inputs: [sequence(3, 2)] },
    { config: { shape: [2, 3], time: true }, inputs: [{ shape: [6], axes: ["C"], time: false }] },
  ],
});

function plan(config: ReshapeConfig, context: PlanContext): LayerPlan | undefined {
  const input = context.inputs[0];
  const cells = sizeOf(input.shape);
  const free = config.shape.filter((size) => size === -1).length;
  const given = sizeOf(config.shape.filter((size) => size !== -1));
  if (free > 1) return context.invalid("shape", "at most one -1", "give the other sizes");
  if (given === 0) return context.invalid("shape", "sizes of at least 1", "no tensor is empty");
  if (free === 1 ? cells % given !== 0 : cells !== given) {
    const shown = `[${config.shape.join(", ")}]`;
    return context.mismatch(
      free === 1 ? `cells in a multiple of ${given}` : `${given} cells per example`,
      `${shown} does not hold the ${cells} cells there are; -1 takes what is left`,
    );
  }
  const shape = config.shape.map((size) => (size === -1 ? cells / given : size));
  const steps = shape[0] as number;
  const follows = input.time && staysTime(input, shape);
  if (config.time === true && input.time && !follows) {
    return context.invalid(
      "time",
      `no time, for ${input.shape[0] ?? 1} steps are not ${steps}`,
      "the number of steps must be a multiple or a divisor of those there were",
    );
  }
  const time = config.time ?? follows;
  const timeAxis = input.time ? resized(input, 0, steps).axes[0] : "T";
  const axes = shape.map((size, axis) => (axis === 0 && time ? (timeAxis ?? "T") : String(size)));
  return { output: { shape, axes, time } };
}

/** Whether the first axis holds the old steps, evenly joined or parted; a vector of joined steps has no time. */
function staysTime(input: LayerShape, shape: readonly number[]): boolean {
  const [before, after] = [input.shape[0] as number, shape[0] as number];
  if (shape.length === 1) return before === after;
  return before % after === 0 || after % before === 0;
}

/** The value in the shape, with its lengths counted anew. */
export function reshaped(o: Operations, input: LayerValue, output: LayerShape): LayerResult {
  const { node, lengths } = input;
  const [batch, before] = node.shape as [number, number];
  const after = output.shape[0] as number;
  const to = (from: Node): Node => o.builder.named(o.reshape(from, [batch, ...output.shape]), "output");
  if (lengths === undefined) return { node: to(node) };
  if (!output.time) return { node: to(withoutPadding(o, input)) };
  if (after >= before) return { node: to(node), lengths: scaled(o, lengths, after / before) };
  const joined = before / after;
  return { node: to(withoutPadding(o, input)), lengths: lengthQuotient(o, lengths, joined - 1, joined) };
}

function scaled(o: Operations, lengths: Node, by: number): Node {
  return by === 1 ? lengths : o.multiply(lengths, o.constant(by));
}

function sequence(steps: number, channels: number): LayerShape {
  return { shape: [steps, channels], axes: ["T", "C"], time: true };
}
