import { sizeOf } from "../ir/graph.ts";
import type { LayerPlan, PlanContext } from "./define.ts";
import { defineLayer } from "./define.ts";
import { reshaped } from "./reshape.ts";

interface FlattenConfig {
  readonly start_dim: number;
  readonly end_dim: number;
}

/** Several axes as one. Where time goes with them, cells of steps that do not count are zeros. */
export const flatten = defineLayer<FlattenConfig>({
  kind: "flatten",
  summary: "Joins axes into one; by default all but the batch.",
  formula: "y = x.flatten(start_dim, end_dim)",
  source: "torch.nn.Flatten",
  keys: {
    start_dim: { type: "integer", default: 1, description: "The first axis that is joined; 0 is the batch." },
    end_dim: { type: "integer", default: -1, description: "The last axis that is joined; -1 is the last there is." },
  },
  inputs: { min: 1, max: 1 },
  plan,
  build: (_config, { operations: o, inputs, output }) => reshaped(o, inputs[0], output),
  examples: [
    { config: {}, inputs: [{ shape: [3, 2], axes: ["T", "C"], time: true }] },
    { config: { start_dim: 2 }, inputs: [{ shape: [3, 2, 2], axes: ["T", "C", "D"], time: true }] },
  ],
});

function plan({ start_dim, end_dim }: FlattenConfig, context: PlanContext): LayerPlan | undefined {
  const { shape, axes, time } = context.inputs[0];
  const rank = shape.length + 1;
  const start = start_dim < 0 ? start_dim + rank : start_dim;
  const end = end_dim < 0 ? end_dim + rank : end_dim;
  const known = `an axis from 1 to ${rank - 1}, or from ${1 - rank} to -1`;
  if (start < 1 || start >= rank) return context.invalid("start_dim", known, "axis 0 is the batch, which stays");
  if (end < start || end >= rank) {
    return context.invalid("end_dim", known, `it must not lie before start_dim, which is axis ${start}`);
  }
  const size = sizeOf(shape.slice(start - 1, end));
  const merged = start === end ? (axes[start - 1] as string) : String(size);
  return {
    output: {
      shape: [...shape.slice(0, start - 1), size, ...shape.slice(end)],
      axes: [...axes.slice(0, start - 1), merged, ...axes.slice(end)],
      time: time && (start > 1 || end === start),
    },
  };
}
