/** The arguments of a live model's calls beside its inputs. */
import { checkBoolean, checkFromZero, checkOptions, checkWhole, invalidOption } from "../arguments.ts";
import type { TrainingState, TrainStepOptions } from "../contract-live.ts";
import { describe } from "../tensor.ts";

/** @param accumulates whether several batches make an update */
export function checkStepOptions(options: TrainStepOptions, accumulates: boolean): void {
  checkOptions("trainStep", options, ["learningRate", "epoch", "update"] satisfies (keyof TrainStepOptions)[]);
  const { learningRate, epoch, update } = options;
  if (learningRate !== undefined) checkFromZero("learningRate", learningRate);
  if (epoch !== undefined) checkWhole("epoch", epoch, 1);
  if (update !== undefined) checkBoolean("update", update);
  if (update === false && !accumulates) {
    throw invalidOption(
      "update: false is for models whose spec says train.accumulate; every step of this one updates.",
    );
  }
}

/**
 * Counters, and that the slots are tensors; which they are is checked against the model.
 * @param batches that make an update; 1 where nothing is accumulated
 */
export function checkTrainingState(state: TrainingState, batches: number): void {
  const known = ["step", "seed", "slots", "accumulated"] satisfies (keyof TrainingState)[];
  checkOptions("restoreTrainingState", state, known);
  const { step, seed, slots, accumulated } = state;
  checkWhole("step", step, 0);
  checkWhole("seed", seed, 0);
  if (accumulated !== undefined) checkWhole("accumulated", accumulated, 0, batches - 1);
  if (typeof slots !== "object" || (slots as unknown) === null || Symbol.iterator in slots) {
    throw invalidOption(`slots must be an object of tensors by name, not ${describe(slots)}.`);
  }
  for (const [name, values] of Object.entries(slots)) {
    if (Object.prototype.toString.call(values) === "[object Float32Array]") continue;
    throw invalidOption(`slots[${JSON.stringify(name)}] must be a Float32Array, not ${describe(values)}.`);
  }
}
