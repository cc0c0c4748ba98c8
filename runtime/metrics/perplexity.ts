import type { ClassMetric } from "./define.ts";

/** Among how many equally likely classes one would have to guess to be as surprised; the naive one knows their frequencies. */
export const perplexity: ClassMetric = {
  name: "perplexity",
  of: "classes",
  title: "Perplexity",
  formula: "exp mean -log p of the true class",
  unit: "ratio",
  better: "lower",
  score: ({ logProbabilities }) => {
    if (logProbabilities.length === 0) return { value: null, reason: "there is nothing to score" };
    const total = Array.from(logProbabilities).reduce((sum, value) => sum + value, 0);
    const value = Math.exp(-total / logProbabilities.length);
    return Number.isFinite(value) ? { value } : { value: null, reason: "a true class has probability 0" };
  },
};
