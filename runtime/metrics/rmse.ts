import { meanOver, type NumberMetric } from "./define.ts";

export const rmse: NumberMetric = {
  name: "rmse",
  of: "numbers",
  title: "Root mean squared error",
  formula: "sqrt(mean (y - p)^2)",
  unit: "data",
  better: "lower",
  score: (columns) => {
    const squared = meanOver(columns, (prediction, truth) => (prediction - truth) ** 2);
    return squared.value === null ? squared : { value: Math.sqrt(squared.value) };
  },
};
