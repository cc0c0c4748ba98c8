import { finite, meanOver, type NumberColumn, type NumberMetric, type Score } from "./define.ts";

/**
 * Below 1: better than the naive one-step forecast was on the training part. Several columns: the mean of theirs, since
 * each is scaled by its own. Changes from or to a row without a value are not known, and left out. Source: Hyndman & Koehler, "Another look at measures of forecast accuracy" (2006), period 1.
 */
export const mase: NumberMetric = {
  kind: "mase",
  of: "numbers",
  needsSeries: true,
  title: "Mean absolute scaled error",
  summary: "Mean absolute error relative to that of repeating the last value, measured on the training part.",
  formula: "mean |x - y| / mean |y_t - y_(t-1)|",
  unit: "ratio",
  better: "lower",
  score: (columns) => {
    let sum = 0;
    for (const column of columns) {
      const score = scoreColumn(column);
      if (score.value === null) return score;
      sum += score.value;
    }
    return columns.length === 0 ? { value: null, reason: "there is nothing to score" } : finite(sum / columns.length);
  },
  example: { given: [{ prediction: [2, 4, 9], truth: [1, 4, 5], training: [1, 3, 2, 5] }], value: 5 / 6 },
};

function scoreColumn(column: NumberColumn): Score {
  const { training } = column;
  if (training === undefined) return { value: null, reason: "only a series has a naive error to scale by" };
  let total = 0;
  let count = 0;
  for (let row = 1; row < training.length; row += 1) {
    const change = Math.abs((training[row] ?? Number.NaN) - (training[row - 1] ?? Number.NaN));
    if (Number.isNaN(change)) continue;
    total += change;
    count += 1;
  }
  if (count === 0 && training.length > 1) {
    return {
      value: null,
      reason: "no two neighbouring rows of the training part have values, to scale by their change",
    };
  }
  const scale = total / count;
  if (!(scale > 0)) return { value: null, reason: "the series does not change in the training part" };
  const error = meanOver([column], (prediction, truth) => Math.abs(prediction - truth));
  return error.value === null ? error : finite(error.value / scale);
}
