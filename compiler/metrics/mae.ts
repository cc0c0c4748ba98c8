import { meanOver, type NumberMetric } from "./define.ts";

export const mae: NumberMetric = {
  kind: "mae",
  of: "numbers",
  title: "Mean absolute error",
  summary: "Mean absolute error.",
  formula: "mean |x - y|",
  unit: "data",
  better: "lower",
  score: (columns) => meanOver(columns, (prediction, truth) => Math.abs(prediction - truth)),
  example: { given: [{ prediction: [2, 4, 9], truth: [1, 4, 5] }], value: 5 / 3 },
};
