import type { QuantileMetric } from "./define.ts";
import { pinballOf } from "./quantiles.ts";

/** The quantile loss on the scale of the file: Koenker and Bassett, "Regression Quantiles" (1978). */
export const pinball: QuantileMetric = {
  kind: "pinball",
  of: "quantiles",
  title: "Pinball loss",
  summary: "Loss of quantiles, the mean over the levels; every level by itself is always told.",
  formula: "mean max(q (y - x_q), (q - 1) (y - x_q))",
  unit: "data",
  better: "lower",
  score: (columns) => {
    const [{ levels } = { levels: [] }] = columns;
    const scores = levels.map((_, index) => pinballOf(columns, index));
    const undefinedScore = scores.find(({ value }) => value === null);
    if (scores.length === 0 || undefinedScore !== undefined) {
      return undefinedScore ?? { value: null, reason: "there is nothing to score" };
    }
    return { value: scores.reduce((sum, { value }) => sum + (value ?? Number.NaN), 0) / scores.length };
  },
  example: {
    given: [
      {
        levels: [0.9, 0.2],
        predictions: [
          [5, 5],
          [1, 1],
        ],
        truth: [0, 7],
      },
    ],
    value: (0.5 + 1.8 + 0.8 + 1.2) / 4,
  },
};
