import { meanOver, type NumberMetric } from "./define.ts";

export const rmse: NumberMetric = {
  kind: "rmse",
  of: "numbers",
  title: "Root mean squared error",
  summary: "Root of the mean squared error.",
  formula: "sqrt(mean (x - y)^2)",
  unit: "data",
  better: "lower",
  score: (columns) => {
    const squared = meanOver(columns, (prediction, truth) => (prediction - truth) ** 2);
    return squared.value === null ? squared : { value: Math.sqrt(squared.value) };
  },
  example: { given: [{ prediction: [2, 4, 9], truth: [1, 4, 5] }], value: Math.sqrt(17 / 3) },
};
