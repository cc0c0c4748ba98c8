/** What a schedule remembers that waits for the validation loss to stop getting better. */
import type { PlateauFact } from "../contract.ts";

export interface PlateauState {
  /** The rate as it has been reduced so far, before the warm-up. */
  readonly learningRate: number;
  /** Best validation loss so far; null before the first. */
  readonly best: number | null;
  /** Epochs since then that count. */
  readonly bad: number;
  /** Epochs that still count for nothing. */
  readonly cooldown: number;
}

export function initialPlateau(learningRate: number): PlateauState {
  return { learningRate, best: null, bad: 0, cooldown: 0 };
}

/** The state after an epoch with this validation loss: one `step` of torch.optim.lr_scheduler.ReduceLROnPlateau. */
export function plateauAfter(fact: PlateauFact, state: PlateauState, loss: number): PlateauState {
  const better = state.best === null || isBetter(fact, loss, state.best);
  const best = better ? loss : state.best;
  const isCooling = state.cooldown > 0;
  const bad = better || isCooling ? 0 : state.bad + 1;
  const cooldown = isCooling ? state.cooldown - 1 : 0;
  if (bad <= fact.patience) return { learningRate: state.learningRate, best, bad, cooldown };
  const reduced = Math.max(state.learningRate * fact.factor, fact.minimum);
  const learningRate = state.learningRate - reduced > fact.least ? reduced : state.learningRate;
  return { learningRate, best, bad: 0, cooldown: fact.cooldown };
}

function isBetter({ mode, threshold, thresholdMode }: PlateauFact, loss: number, best: number): boolean {
  const sign = mode === "min" ? -1 : 1;
  if (thresholdMode === "abs") return sign * loss > sign * (best + sign * threshold);
  return sign * loss > sign * best * (1 + sign * threshold);
}

/** Whether plain data out of a file is such a state. */
export function isPlateau(value: unknown): value is PlateauState {
  const { learningRate, best, bad, cooldown } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isCount = (one: unknown): boolean => Number.isSafeInteger(one) && (one as number) >= 0;
  return Number.isFinite(learningRate) && (best === null || Number.isFinite(best)) && isCount(bad) && isCount(cooldown);
}
