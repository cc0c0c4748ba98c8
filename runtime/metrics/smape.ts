import { meanOver, type NumberMetric } from "./define.ts";

/** As in the M4 competition (Makridakis et al. 2020): 0 to 200 percent; where both are 0 there is no error. */
export const smape: NumberMetric = {
  name: "smape",
  of: "numbers",
  title: "Symmetric mean absolute percentage error",
  formula: "200 mean |y - p| / (|y| + |p|)",
  unit: "percent",
  better: "lower",
  score: (columns) =>
    meanOver(columns, (prediction, truth) => {
      const scale = Math.abs(truth) + Math.abs(prediction);
      return scale === 0 ? 0 : (200 * Math.abs(truth - prediction)) / scale;
    }),
};
