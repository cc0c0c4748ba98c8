import type { QuantileMetric } from "./define.ts";
import { outermost, shareWithin } from "./quantiles.ts";

/** Edges count as inside. Of a single level: the share of values at or below it. */
export const coverage: QuantileMetric = {
  kind: "coverage",
  of: "quantiles",
  title: "Coverage",
  summary: "Share of the targets from the lowest level to the highest, edges included; what the levels span is right.",
  formula: "mean (x_low <= y <= x_high)",
  unit: "ratio",
  better: "nominal",
  score: (columns) => {
    const [{ levels } = { levels: [] }] = columns;
    const { lowest, highest } = outermost(levels);
    return shareWithin(columns, levels.length > 1 ? lowest : undefined, highest);
  },
  example: {
    given: [
      {
        levels: [0.9, 0.2],
        predictions: [
          [5, 5, 5],
          [1, 1, 1],
        ],
        truth: [0, 1, 7],
      },
    ],
    value: 1 / 3,
  },
};
