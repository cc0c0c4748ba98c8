import { meanOver, type NumberMetric } from "./define.ts";

/** Not defined as soon as one true value is 0: leaving such values out would flatter the model. */
export const mape: NumberMetric = {
  kind: "mape",
  of: "numbers",
  title: "Mean absolute percentage error",
  summary: "Mean absolute error relative to the target, in percent.",
  formula: "100 mean |x - y| / |y|",
  unit: "percent",
  better: "lower",
  score: (columns) => {
    const zeros = columns.reduce((count, { truth }) => count + zerosIn(truth), 0);
    if (zeros > 0) {
      const total = columns.reduce((count, { truth }) => count + truth.length, 0);
      return {
        value: null,
        reason: `${String(zeros)} of ${String(total)} true values are 0, of which there is no percentage`,
      };
    }
    return meanOver(columns, (prediction, truth) => 100 * Math.abs((truth - prediction) / truth));
  },
  example: { given: [{ prediction: [2, 4, 9], truth: [1, 4, 5] }], value: 60 },
};

function zerosIn(values: ArrayLike<number>): number {
  return Array.from(values).filter((value) => value === 0).length;
}
