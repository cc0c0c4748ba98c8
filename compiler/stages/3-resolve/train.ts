/** Optimizer, training and metrics: defaults, and what cannot go together. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { Model, ResolvedLoss } from "../../contracts/model.ts";
import type { TrainingFact } from "@specloom/runtime/internal/contract";
import type { TrainSpec } from "../../contracts/spec.ts";
import { dataKinds } from "../../data/index.ts";
import { losses as lossTable } from "../../losses/index.ts";
import { metrics as metricTable } from "../../metrics/index.ts";
import { optimizers } from "../../optimizers/index.ts";
import type { TeacherForcing } from "../../contracts/spec.ts";
import { optimizerKeys } from "../../schema/common.ts";
import { withDefaults } from "../../keys/define.ts";
import { averageKeys, earlyStoppingKeys, trainKeys } from "../../schema/train.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { pointerTo } from "../../support/pointer.ts";
import { describeValue } from "../../support/words.ts";
import { recordOf } from "./context.ts";
import type { ResolveContext } from "./context.ts";
import type { ResolvedData } from "./data.ts";
import { resolveTeacherForcing } from "./teacher-forcing.ts";

export type Config = Readonly<Record<string, unknown>>;

export function resolveOptimizer({ spec, report }: ResolveContext): { readonly kind: string; readonly config: Config } {
  const { kind } = spec.optimizer;
  const definition = recordOf(optimizers, kind);
  const config = withDefaults({ ...optimizerKeys(definition.learningRate), ...definition.keys }, spec.optimizer);
  const problem = definition.check?.(config);
  if (problem) {
    const { key, expected, help } = problem;
    const found =
      typeof memberOf(config, key) === "object"
        ? describeValue(memberOf(config, key))
        : JSON.stringify(memberOf(config, key));
    report(
      "invalid-value",
      { key, owner: `the ${kind} optimizer`, expected, found, help },
      { pointer: `/optimizer/${key}` },
    );
  }
  return { kind, config };
}

/** `train` with its defaults; `epochs` is absent where `steps` is given. */
export function resolveTrain(context: ResolveContext, data: ResolvedData): Config {
  const { spec, report } = context;
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
  const forcing = resolveTeacherForcing(context);
  const stopping = given.early_stopping;
  if (stopping) {
    if (!data.definition.hasValidation(data.config)) {
      const at = { pointer: "/train/early_stopping", part: "key" } as const;
      const { validationHelp: how } = data.definition;
      report("no-validation-data", { what: "early stopping", how, otherwise: "remove early_stopping" }, at);
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
    ...(forcing ? { teacher_forcing: forcing } : {}),
    ...(given.average ? { average: withDefaults(averageKeys, given.average) } : {}),
    ...(stopping ? { early_stopping: withDefaults(earlyStoppingKeys, stopping) } : {}),
  };
}

/** What the module says of training. @param train with its defaults filled in */
export function trainingFact(train: Config): TrainingFact {
  const { epochs, steps, seed, shuffle, clip_grad_norm: clipGradNorm, early_stopping: stopping } = train as FilledTrain;
  return {
    length: steps === undefined ? { epochs } : { steps },
    seed,
    shuffle,
    ...(clipGradNorm === undefined ? {} : { clipGradNorm }),
    ...(stopping === undefined
      ? {}
      : {
          earlyStopping: {
            patience: stopping.patience,
            metric: stopping.metric,
            restoreBest: stopping.restore_best,
          },
        }),
  };
}

type FilledTrain = Required<Pick<TrainSpec, "epochs" | "seed" | "shuffle">> &
  Pick<TrainSpec, "steps" | "clip_grad_norm"> & {
    readonly early_stopping?: Required<NonNullable<TrainSpec["early_stopping"]>>;
  };

/** What of `train`, its defaults filled in, changes the programs. */
export function updateSettings({
  accumulate,
  average,
  teacher_forcing: forcing,
}: Config): Pick<Model, "accumulate" | "average" | "teacherForcing"> {
  const { decay, start_step: startStep } = (average ?? {}) as Required<NonNullable<TrainSpec["average"]>>;
  return {
    ...(typeof accumulate === "number" && accumulate > 1 ? { accumulate } : {}),
    ...(average === undefined ? {} : { average: { decay, startStep } }),
    ...(forcing === undefined ? {} : { teacherForcing: forcing as TeacherForcing }),
  };
}

/** A metric must suit at least one target of the losses, and know which prediction belongs to which label. */
export function checkMetrics(
  { spec, report }: ResolveContext,
  inputs: readonly ModelInput[],
  losses: readonly ResolvedLoss[],
): void {
  const targetsOf = (kept: readonly ResolvedLoss[]): readonly ModelInput[] =>
    inputs.filter(({ name }) => kept.some(({ target }) => target === name));
  const targets = targetsOf(losses);
  const inPlace = targetsOf(losses.filter(({ kind }) => recordOf(lossTable, kind).aligns === undefined));
  (spec.metrics ?? []).forEach((metric, index) => {
    const definition = recordOf(metricTable, metric);
    const at = { pointer: pointerTo("/metrics", index) };
    const needsClasses = definition.of === "classes";
    const needsSeries = definition.of === "numbers" && definition.needsSeries === true;
    const wanted = needsClasses ? "int32" : "float32";
    if (needsSeries && !recordOf(dataKinds, spec.data.kind).isSeries) report("metric-needs-series", { metric }, at);
    else if (targets.length > 0 && !targets.some(({ dtype }) => dtype === wanted)) {
      report(needsClasses ? "metric-needs-classes" : "metric-needs-numbers", { metric }, at);
    } else if (targets.length > 0 && !inPlace.some(({ dtype }) => dtype === wanted)) {
      report("metric-needs-places", { metric }, at);
    } else if (definition.of === "quantiles" && !losses.some(({ fact }) => fact.quantiles !== undefined)) {
      if (losses.length > 0) report("metric-needs-quantiles", { metric }, at);
    }
  });
}
