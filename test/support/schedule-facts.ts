/** The schedule of a resolved model as the runtime gets it, its rate computed from the record's formula. */
import type { Model } from "../../compiler/contracts/model.ts";
import { schedules } from "../../compiler/schedules/index.ts";
import type { ScheduleFact } from "../../runtime/contract.ts";
import { scalarValue } from "./scalars.ts";

export function scheduleFact({ schedule }: Pick<Model, "schedule">): ScheduleFact | undefined {
  if (schedule === undefined) return undefined;
  const { kind, config } = schedule;
  const definition = schedules.find((record) => record.kind === kind);
  if (definition === undefined) throw new Error(`no schedule ${kind}`);
  const formula = definition.rate(config);
  return {
    kind,
    per: config["per"] === "epoch" ? "epoch" : "step",
    warmupSteps: definition.ownWarmup === true ? 0 : Number(config["warmup_steps"]),
    rate: (position, learningRate) => scalarValue(formula, { position, learningRate }),
    ...(definition.plateau === undefined ? {} : { plateau: definition.plateau(config) }),
  };
}
