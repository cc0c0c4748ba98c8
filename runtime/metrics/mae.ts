import { meanOver, type NumberMetric } from "./define.ts";

export const mae: NumberMetric = {
  name: "mae",
  of: "numbers",
  title: "Mean absolute error",
  formula: "mean |y - p|",
  unit: "data",
  better: "lower",
  score: (columns) => meanOver(columns, (prediction, truth) => Math.abs(prediction - truth)),
};
