/** The table of metrics. All are computed on the original scale, masked positions left out. */
import type { MetricDefinition } from "./define.ts";

const mae: MetricDefinition = {
  kind: "mae",
  summary: "Mean absolute error.",
  formula: "mean |x - y|",
  targets: "real",
  needsSeries: false,
};

const rmse: MetricDefinition = {
  kind: "rmse",
  summary: "Root of the mean squared error.",
  formula: "sqrt(mean (x - y)^2)",
  targets: "real",
  needsSeries: false,
};

const mape: MetricDefinition = {
  kind: "mape",
  summary: "Mean absolute error relative to the target, in percent.",
  formula: "100 mean |x - y| / |y|",
  targets: "real",
  needsSeries: false,
};

const smape: MetricDefinition = {
  kind: "smape",
  summary: "Mean absolute error relative to the mean size of target and prediction, in percent: 0 to 200.",
  formula: "200 mean |x - y| / (|x| + |y|)",
  targets: "real",
  needsSeries: false,
};

const mase: MetricDefinition = {
  kind: "mase",
  summary: "Mean absolute error relative to that of repeating the last value, measured on the training part.",
  formula: "mean |x - y| / mean |y_t - y_(t-1)|",
  targets: "real",
  needsSeries: true,
};

const pinball: MetricDefinition = {
  kind: "pinball",
  summary: "Loss of quantiles, the mean over the levels; every level by itself is always told.",
  formula: "mean max(q (y - x_q), (q - 1) (y - x_q))",
  targets: "real",
  needsSeries: false,
  needsQuantiles: true,
};

const coverage: MetricDefinition = {
  kind: "coverage",
  summary: "Share of the targets from the lowest level to the highest, edges included; what the levels span is right.",
  formula: "mean (x_low <= y <= x_high)",
  targets: "real",
  needsSeries: false,
  needsQuantiles: true,
};

const accuracy: MetricDefinition = {
  kind: "accuracy",
  summary: "Share of targets whose class has the highest score.",
  formula: "mean (argmax x = y)",
  targets: "class",
  needsSeries: false,
};

const f1: MetricDefinition = {
  kind: "f1",
  summary: "Harmonic mean of precision and recall, the mean over the classes that occur (macro).",
  formula: "mean over classes of 2 right / (predicted + true)",
  targets: "class",
  needsSeries: false,
};

const perplexity: MetricDefinition = {
  kind: "perplexity",
  summary: "How many equally likely classes would be as hard to guess as the true ones.",
  formula: "exp mean -log softmax(x)_y",
  targets: "class",
  needsSeries: false,
};

export const metrics: readonly MetricDefinition[] = [
  mae,
  rmse,
  mape,
  smape,
  mase,
  pinball,
  coverage,
  accuracy,
  f1,
  perplexity,
];

export type { MetricDefinition } from "./define.ts";
