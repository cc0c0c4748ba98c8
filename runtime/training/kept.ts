/** Which parameters a training keeps, and of which of its moments. */
import type { ModelDefinition } from "../contract.ts";
import type { Tensors } from "../model/parameters.ts";

export interface Kept {
  /** `best`: of the epoch that what is watched selects; `last`: as they were at the end. */
  readonly choice: "best" | "last";
  /** The epoch that they are of, 1 for the first, whole or not; 0 before the first update. */
  readonly epoch: number;
  /** False where that epoch was cut short: by a goal in steps, or by what interrupted the training. */
  readonly whole: boolean;
  /** Updates behind them. */
  readonly step: number;
  /** Of the best, the value of what is watched; of the last null. */
  readonly value: number | null;
  /** By name, PyTorch's layout; with `train.average` the averages. */
  readonly parameters: Readonly<Tensors>;
}

/** @param count of the training examples */
export function updatesPerEpoch(
  { batchSize, accumulation }: Pick<ModelDefinition, "batchSize" | "accumulation">,
  count: number,
): number {
  return Math.ceil(Math.ceil(count / batchSize) / (accumulation?.batches ?? 1));
}
