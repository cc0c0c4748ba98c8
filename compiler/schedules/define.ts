/** What a schedule kind is: its keys, and the learning rate as a formula that the generated module computes in float64. */
import type { ScalarFormula } from "../ir/scalar-formula.ts";
import type { Keys } from "../keys/define.ts";
import type { PlateauFact, SchedulePer } from "@specloom/runtime/internal/contract";

export type { SchedulePer };

export interface ScheduleDefinition<Config = Readonly<Record<string, unknown>>> {
  readonly kind: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: string;
  /** Keys beyond kind, `warmup_steps` and `per`. */
  readonly keys: Keys;
  /** What its position may count; the first is the default of `per`. */
  readonly per: readonly [SchedulePer, ...SchedulePer[]];
  /** An optional key that says how long the schedule is; without it the length of the training is taken. */
  readonly length?: string;
  /** True where the formula contains the warm-up: `warmup_steps` is then one of `keys`, and nothing else is done with it. */
  readonly ownWarmup?: boolean;
  /** Values that do not go together: the key to point at, what is expected there, and what to do. */
  readonly check?: (
    config: Config,
  ) => { readonly key: string; readonly expected: string; readonly help: string } | undefined;
  /** The rate over `learningRate` (that of the optimizer) and `position` (updates or epochs behind it, 0 at the start). */
  readonly rate: (config: Config) => ScalarFormula;
  /** Of a schedule that watches the validation loss. */
  readonly plateau?: (config: Config) => PlateauFact;
}

export function defineSchedule<Config>(definition: ScheduleDefinition<Config>): ScheduleDefinition {
  return definition as unknown as ScheduleDefinition;
}

/** Keys that all schedules have; a record's own keys come after them and may restate one. */
export function scheduleKeys({ per }: Pick<ScheduleDefinition, "per">): Keys {
  return {
    warmup_steps: {
      type: "integer",
      minimum: 0,
      default: 0,
      description:
        "Updates before the schedule, in which the rate rises linearly: update k of W has k / W of the rate that the schedule " +
        "starts with. A schedule per step begins after them; one per epoch counts epochs from the start of training, and its " +
        "rate is multiplied by k / W.",
    },
    per: {
      type: "string",
      enum: [...per],
      default: per[0],
      description: "Whether the schedule moves on with every update of the optimizer (step) or with every epoch.",
    },
  };
}
