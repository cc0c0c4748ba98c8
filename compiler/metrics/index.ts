/** The table of metrics. */
import { accuracy } from "./accuracy.ts";
import { coverage } from "./coverage.ts";
import type { Metric } from "./define.ts";
import { f1 } from "./f1.ts";
import { mae } from "./mae.ts";
import { mape } from "./mape.ts";
import { mase } from "./mase.ts";
import { perplexity } from "./perplexity.ts";
import { pinball } from "./pinball.ts";
import { rmse } from "./rmse.ts";
import { smape } from "./smape.ts";

export const metrics: readonly Metric[] = [mae, rmse, mape, smape, mase, pinball, coverage, accuracy, f1, perplexity];

/** The metric of that name. The compiler checked the names; an unknown one is its mistake. */
export function metricNamed(kind: string): Metric {
  const metric = metrics.find((candidate) => candidate.kind === kind);
  if (metric === undefined) throw new Error(`there is no metric ${kind}.`);
  return metric;
}
