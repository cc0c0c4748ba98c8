import type { ClassMetric } from "./define.ts";

/** Among how many equally likely classes one would have to guess to be as surprised; the naive one knows their frequencies. */
export const perplexity: ClassMetric = {
  kind: "perplexity",
  of: "classes",
  title: "Perplexity",
  summary: "How many equally likely classes would be as hard to guess as the true ones.",
  formula: "exp mean -log softmax(x)_y",
  unit: "ratio",
  better: "lower",
  score: ({ logProbabilities }) => {
    if (logProbabilities.length === 0) return { value: null, reason: "there is nothing to score" };
    const total = Array.from(logProbabilities).reduce((sum, value) => sum + value, 0);
    const value = Math.exp(-total / logProbabilities.length);
    return Number.isFinite(value) ? { value } : { value: null, reason: "a true class has probability 0" };
  },
  example: { given: { predicted: [], truth: [], logProbabilities: [Math.log(0.5), Math.log(0.125)] }, value: 4 },
};
