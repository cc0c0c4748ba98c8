/** Which weights a run keeps, in words. */
import type { Kept } from "@specloom/runtime/internal/training/kept";
import type { TrainingCounters } from "@specloom/runtime/internal/training/state";
import { numberText } from "./table.ts";

/** All of it but the tensors. */
export type KeptPlace = Omit<Kept, "parameters">;

export function placeOf({ choice, epoch, whole, step, value }: Kept): KeptPlace {
  return { choice, epoch, whole, step, value };
}

/** `the weights after epoch 4 (step 20) are kept, the best by validation loss: 0.039439` */
export function keptText(
  { choice, epoch, whole, step, value }: KeptPlace,
  { watched, bestEpoch, epoch: epochs }: Pick<TrainingCounters, "watched" | "bestEpoch" | "epoch">,
): string {
  if (step === 0) return "the weights are those that it started with";
  const place = whole
    ? `after epoch ${String(epoch)} (step ${String(step)})`
    : `after step ${String(step)} (within epoch ${String(epoch)})`;
  if (choice === "best")
    return `the weights ${place} are kept, the best by ${watchedText(watched)}: ${numberText(value)}`;
  const undefinedText =
    watched !== null && bestEpoch === null && epochs > 0 ? `; the ${watchedText(watched)} was never defined` : "";
  return `the last weights are kept, ${place}${undefinedText}`;
}

/** `validation loss`, `validation accuracy` */
export function watchedText(watched: string | null): string {
  const name = watched ?? "nothing";
  return name.endsWith("_loss") ? name.replaceAll("_", " ") : `validation ${name}`;
}
