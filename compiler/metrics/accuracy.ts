import type { ClassMetric } from "./define.ts";

export const accuracy: ClassMetric = {
  kind: "accuracy",
  of: "classes",
  title: "Accuracy",
  summary: "Share of targets whose class has the highest score.",
  formula: "mean (argmax x = y)",
  unit: "ratio",
  better: "higher",
  score: ({ predicted, truth }) => {
    if (truth.length === 0) return { value: null, reason: "there is nothing to score" };
    let right = 0;
    for (let index = 0; index < truth.length; index += 1) if (predicted[index] === truth[index]) right += 1;
    return { value: right / truth.length };
  },
  example: { given: { predicted: [0, 1, 2, 1], truth: [0, 1, 1, 1], logProbabilities: [] }, value: 0.75 },
};
