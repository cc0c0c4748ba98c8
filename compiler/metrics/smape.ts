import { meanOver, type NumberMetric } from "./define.ts";

/** As in the M4 competition (Makridakis et al. 2020): 0 to 200 percent; where both are 0 there is no error. */
export const smape: NumberMetric = {
  kind: "smape",
  of: "numbers",
  title: "Symmetric mean absolute percentage error",
  summary: "Mean absolute error relative to the mean size of target and prediction, in percent: 0 to 200.",
  formula: "200 mean |x - y| / (|x| + |y|)",
  unit: "percent",
  better: "lower",
  score: (columns) =>
    meanOver(columns, (prediction, truth) => {
      const scale = Math.abs(truth) + Math.abs(prediction);
      return scale === 0 ? 0 : (200 * Math.abs(truth - prediction)) / scale;
    }),
  example: { given: [{ prediction: [3, 4], truth: [1, 4] }], value: 50 },
};
