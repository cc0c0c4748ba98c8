/** Optimizer, training and metrics: defaults, and what cannot go together. */
import type { ModelInput } from "../../contracts.ts";
import { metrics as metricTable } from "../../metrics/index.ts";
import { optimizers } from "../../optimizers/index.ts";
import { optimizerKeys } from "../../schema/common.ts";
import { withDefaults } from "../../schema/keys.ts";
import { earlyStoppingKeys, trainKeys } from "../../schema/train.ts";
import { pointerTo } from "../../support/pointer.ts";
import { describeValue } from "../../support/words.ts";
import { recordOf } from "./context.ts";
import type { ResolveContext } from "./context.ts";
import type { ResolvedData } from "./data.ts";

export type Config = Readonly<Record<string, unknown>>;

export function resolveOptimizer({ spec, report }: ResolveContext): { readonly kind: string; readonly config: Config } {
  const { kind } = spec.optimizer;
  const definition = recordOf(optimizers, kind);
  const config = withDefaults({ ...optimizerKeys(definition.learningRate), ...definition.keys }, spec.optimizer);
  const problem = definition.check?.(config);
  if (problem) {
    const { key, expected, help } = problem;
    const found = typeof config[key] === "object" ? describeValue(config[key]) : JSON.stringify(config[key]);
    report(
      "invalid-value",
      { key, owner: `the ${kind} optimizer`, expected, found, help },
      { pointer: `/optimizer/${key}` },
    );
  }
  return { kind, config };
}

/** `train` with its defaults; `epochs` is absent where `steps` is given. */
export function resolveTrain({ spec, report }: ResolveContext, data: ResolvedData): Config {
  const given = spec.train ?? {};
  const { epochs, ...filled } = withDefaults(trainKeys, given as Config);
  const exclusive = [
    ["epochs", "steps", "both say how long training goes on"],
    ["clip_grad_norm", "clip_grad_value", "a gradient is clipped in one way only"],
  ] as const;
  for (const [first, second, reason] of exclusive) {
    if (given[first] === undefined || given[second] === undefined) continue;
    const notes = [{ message: `${first} is given here.`, pointer: `/train/${first}`, part: "key" as const }];
    report("exclusive-keys", { first, second, reason }, { pointer: `/train/${second}`, part: "key", notes });
  }
  const stopping = given.early_stopping;
  if (stopping) {
    if (!data.definition.hasValidation(data.config)) {
      const at = { pointer: "/train/early_stopping", part: "key" } as const;
      report("no-validation-data", { how: data.definition.validationHelp }, at);
    }
    const listed = spec.metrics ?? [];
    const { metric } = stopping;
    if (metric !== undefined && metric !== "loss" && !listed.includes(metric)) {
      report("metric-not-listed", { metric, listed }, { pointer: "/train/early_stopping/metric" });
    }
  }
  return {
    ...(given.steps === undefined ? { epochs } : {}),
    ...filled,
    ...(stopping ? { early_stopping: withDefaults(earlyStoppingKeys, stopping) } : {}),
  };
}

/** A metric must suit at least one target of the losses. */
export function checkMetrics({ spec, report }: ResolveContext, targets: readonly ModelInput[]): void {
  (spec.metrics ?? []).forEach((metric, index) => {
    const definition = recordOf(metricTable, metric);
    const at = { pointer: pointerTo("/metrics", index) };
    const wanted = definition.targets === "class" ? "int32" : "float32";
    if (definition.needsSeries && spec.data.kind !== "series") report("metric-needs-series", { metric }, at);
    else if (targets.length > 0 && !targets.some(({ dtype }) => dtype === wanted)) {
      report(definition.targets === "class" ? "metric-needs-classes" : "metric-needs-numbers", { metric }, at);
    }
  });
}
