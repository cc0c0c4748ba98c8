/** Parts of the lines that show a training going on. */
import type { EpochRecord } from "@specloom/runtime/internal/training/state";
import { durationText, speedText, type PaceNow } from "./pace.ts";

export interface ProgressStart {
  readonly goal: { readonly kind: "epochs" | "steps"; readonly count: number };
  readonly stepsPerEpoch: number;
  /** Updates done before, by the run that is resumed. */
  readonly step: number;
  /** Early stopping may end it before: then the time left is the most that it can take. */
  readonly mayEndEarlier?: boolean;
  /** The loss smooths its labels, and so is not what the model's predictions alone would cost. */
  readonly smoothed?: boolean;
}

/** `epoch 3/100  step 120  train loss 0.01234  validation loss 0.02345  validation accuracy 0.9876  0.80 s` */
export function epochLine(record: EpochRecord, goal: ProgressStart["goal"]): string {
  return [
    whereText(record.epoch, goal),
    `step ${String(record.step)}`,
    `${lossName("train", record.label_smoothing !== undefined)} ${valueText(record.train_loss)}`,
    ...validationTexts(record),
    ...normTexts(record.gradient_norm, "mean "),
    `${record.seconds.toFixed(record.seconds < 10 ? 2 : 0)} s`,
  ].join("  ");
}

export function whereText(epoch: number, goal: ProgressStart["goal"]): string {
  return `epoch ${String(epoch)}${goal.kind === "epochs" ? `/${String(goal.count)}` : ""}`;
}

/** A loss whose labels are smoothed is not what the predictions alone would cost, and says so. */
export function lossName(part: "train" | "validation", smoothed = false): string {
  return `${smoothed ? "smoothed " : ""}${part} loss`;
}

/** The loss of the validation examples, and the metric that is watched in its place. */
export function validationTexts(record: EpochRecord): string[] {
  const lossOf = lossName("validation", record.label_smoothing !== undefined);
  return Object.entries(record).flatMap(([key, value]: [string, number | null]) => {
    if (key === "validation_loss") return value === null ? [] : [`${lossOf} ${valueText(value)}`];
    if (!key.startsWith("validation_")) return [];
    return [`${key.replaceAll("_", " ")} ${value === null ? "not defined" : valueText(value)}`];
  });
}

export function normTexts(norm: number | undefined, before = ""): string[] {
  return norm === undefined ? [] : [`${before}gradient norm ${valueText(norm)}`];
}

export function paceTexts({ stepsPerSecond, secondsLeft }: PaceNow, { mayEndEarlier }: ProgressStart): string[] {
  if (stepsPerSecond === undefined || secondsLeft === undefined) return [];
  const left =
    secondsLeft === 0 ? [] : [`${mayEndEarlier === true ? "at most " : ""}${durationText(secondsLeft)} left`];
  return [speedText(stepsPerSecond), ...left];
}

export function valueText(value: number): string {
  return value.toPrecision(4);
}
