import type { QuantileMetric } from "./define.ts";
import { pinballOf } from "./quantiles.ts";

/** The quantile loss on the scale of the file: Koenker and Bassett, "Regression Quantiles" (1978). */
export const pinball: QuantileMetric = {
  name: "pinball",
  of: "quantiles",
  title: "Pinball loss",
  formula: "mean over the levels q of max(q (y - p_q), (q - 1) (y - p_q))",
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
};
