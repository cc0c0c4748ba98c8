import type { ClassMetric } from "./define.ts";

export const accuracy: ClassMetric = {
  name: "accuracy",
  of: "classes",
  title: "Accuracy",
  formula: "share of classes predicted right",
  unit: "ratio",
  better: "higher",
  score: ({ predicted, truth }) => {
    if (truth.length === 0) return { value: null, reason: "there is nothing to score" };
    let right = 0;
    for (let index = 0; index < truth.length; index += 1) if (predicted[index] === truth[index]) right += 1;
    return { value: right / truth.length };
  },
};
