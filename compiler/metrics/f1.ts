import type { ClassMetric } from "./define.ts";

/**
 * Mean of the classes' F1 scores, over all classes that occur in the truth or among the predictions: scikit-learn's
 * `f1_score(average="macro")`. A class that is never predicted right has 0.
 */
export const f1: ClassMetric = {
  kind: "f1",
  of: "classes",
  title: "F1 score, mean over the classes",
  summary: "Harmonic mean of precision and recall, the mean over the classes that occur (macro).",
  formula: "mean over classes of 2 right / (predicted + true)",
  unit: "ratio",
  better: "higher",
  score: ({ predicted, truth }) => {
    if (truth.length === 0) return { value: null, reason: "there is nothing to score" };
    const counts = new Map<number, { right: number; occurrences: number }>();
    const count = (label: number, right: boolean): void => {
      const found = counts.get(label) ?? { right: 0, occurrences: 0 };
      counts.set(label, { right: found.right + (right ? 1 : 0), occurrences: found.occurrences + 1 });
    };
    for (let index = 0; index < truth.length; index += 1) {
      const expected = truth[index] ?? Number.NaN;
      const found = predicted[index] ?? Number.NaN;
      count(expected, expected === found);
      // The naive baseline predicts nothing where the training part holds no class.
      if (!Number.isNaN(found)) count(found, false);
    }
    const scores = [...counts.values()].map(({ right, occurrences }) => (2 * right) / occurrences);
    return { value: scores.reduce((sum, score) => sum + score, 0) / scores.length };
  },
  example: {
    given: { predicted: [0, 0, 1, 2], truth: [0, 1, 1, 1], logProbabilities: [] },
    value: (2 / 3 + 1 / 2 + 0) / 3,
  },
};
