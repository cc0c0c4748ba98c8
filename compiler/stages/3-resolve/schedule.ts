/** The schedule of the learning rate: defaults, its length where it is not given, and what cannot go together. */
import type { Model } from "../../contracts/model.ts";
import { withDefaults } from "../../keys/define.ts";
import { scheduleKeys, schedules } from "../../schedules/index.ts";
import type { ScheduleDefinition } from "../../schedules/index.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { recordOf } from "./context.ts";
import type { ResolveContext } from "./context.ts";
import type { ResolvedData } from "./data.ts";
import type { Config } from "./train.ts";

export function resolveSchedule(context: ResolveContext, data: ResolvedData, train: Config): Model["schedule"] {
  const { spec, report } = context;
  if (spec.schedule === undefined) return undefined;
  const { kind } = spec.schedule;
  const definition = recordOf(schedules, kind);
  const filled = withDefaults({ ...scheduleKeys(definition), ...definition.keys }, spec.schedule);
  const { length } = definition;
  const isPlanned = length !== undefined && memberOf(filled, length) === undefined;
  const config = withLength(context, definition, filled, train);
  if (config === undefined) return undefined;
  const problem = definition.check?.(config);
  if (problem) {
    const { key, expected, help } = problem;
    const found = JSON.stringify(memberOf(config, key));
    report(
      "invalid-value",
      { key, owner: `the ${kind} schedule`, expected, found, help },
      { pointer: `/schedule/${key}` },
    );
  }
  if (definition.plateau && !data.definition.hasValidation(data.config)) {
    const facts = {
      what: `the ${kind} schedule`,
      how: data.definition.validationHelp,
      otherwise: "choose another schedule",
    };
    report("no-validation-data", facts, { pointer: "/schedule/kind" });
  }
  return { kind, config, ...(isPlanned ? { planned: length } : {}) };
}

/** A schedule that is as long as the training, unless it says otherwise. Undefined when the length cannot be told. */
function withLength(
  { report }: ResolveContext,
  { kind, length, keys }: ScheduleDefinition,
  config: Config,
  train: Config,
): Config | undefined {
  if (length === undefined || memberOf(config, length) !== undefined) return config;
  const perEpoch = config["per"] === "epoch";
  const whole = train[perEpoch ? "epochs" : "steps"];
  const least = memberOf(keys, length)?.minimum ?? 1;
  if (typeof whole !== "number") {
    const unit = perEpoch ? "epochs" : "steps";
    const meaning = `the number of ${unit} that it takes, or say how long to train with train.${unit}.`;
    return report("missing-key", { key: length, owner: `the ${kind} schedule`, meaning }, { pointer: "/schedule" });
  }
  const left = perEpoch ? whole : whole - Number(config["warmup_steps"]);
  if (left >= least) return { ...config, [length]: left };
  return report(
    "invalid-value",
    {
      key: "warmup_steps",
      owner: `the ${kind} schedule`,
      expected: `fewer than the ${String(whole)} updates of the training, at least ${String(least)} fewer`,
      found: String(config["warmup_steps"]),
      help: `lower it, raise train.steps, or set ${length}`,
    },
    { pointer: "/schedule/warmup_steps" },
  );
}
