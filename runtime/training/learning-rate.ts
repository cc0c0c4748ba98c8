/** The learning rate of an update: the optimizer's, or what the spec's schedule makes of it. */
import type { ModelDefinition } from "../contract.ts";

export interface UpdatePlace {
  /** Number of the update, 1 for the first. */
  readonly step: number;
  /** Number of the epoch, 1 for the first. */
  readonly epoch: number;
}

/**
 * The rate in float64, as torch.optim.lr_scheduler computes it in closed form.
 *
 * @param base what the schedule starts from: the optimizer's rate, or what a plateau has made of it so far
 */
export function learningRateAt(
  { optimizer, schedule }: Pick<ModelDefinition, "optimizer" | "schedule">,
  { step, epoch }: UpdatePlace,
  base = optimizer.learningRate,
): number {
  if (schedule === undefined) return base;
  const { per, warmupSteps, rate } = schedule;
  const position = per === "epoch" ? epoch - 1 : Math.max(0, step - 1 - warmupSteps);
  const warm = step < warmupSteps ? step / warmupSteps : 1;
  return rate(position, base) * warm;
}
