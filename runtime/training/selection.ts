/** What tells the best epoch: a loss or a score that is watched. */
import type { TrainingPlan } from "./options.ts";
import type { EpochRecord, TrainingCounters } from "./state.ts";
import type { Validation } from "./validation.ts";

type Metric = TrainingPlan["metric"];

export function watchedName(metric: Metric): string | null {
  return typeof metric === "object" ? metric.name : (metric ?? null);
}

/** Null where it is not defined: such an epoch is better than none. */
export function watchedValue(metric: Metric, record: EpochRecord, { loss, score }: Validation): number | null {
  if (typeof metric === "object") return score;
  if (metric === undefined) return null;
  return metric === "train_loss" ? record.train_loss : loss;
}

export function isBetter(metric: Metric, value: number, best: number | null): boolean {
  const sign = typeof metric === "object" && metric.better === "higher" ? -1 : 1;
  return best === null || sign * value < sign * best;
}

/** Whether a training has chosen weights by something else than is watched now; before it has chosen any, it has not. */
export function isOfAnotherChoice(
  { watched, epoch, bestEpoch, cutValue }: TrainingCounters,
  now: string | null,
): boolean {
  if (now === null || watched === now || (epoch === 0 && cutValue === null)) return false;
  // Older checkpoints do not say what they watched.
  return watched !== null || (bestEpoch === null && cutValue === null);
}
