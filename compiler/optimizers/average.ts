/** The moving average of the parameters: one more slot beside the optimizer's state, renewed with every update. */
import type { Node } from "../ir/graph.ts";
import { scalar, type ScalarFormula } from "../ir/scalar-formula.ts";
import type { Operations } from "../ops/define.ts";

export interface AverageConfig {
  readonly decay: number;
  /** The first update that is averaged: until then the average is a copy of the parameters. */
  readonly startStep: number;
}

/**
 * What the old average and the new parameters count, by scalar name. As torch.optim.swa_utils.AveragedModel with
 * `avg_fn = decay average + (1 - decay) parameter`, whose first update is a copy.
 */
export function averageScalars({ decay, startStep }: AverageConfig): Readonly<Record<string, ScalarFormula>> {
  const first = startStep + 1;
  return {
    average_old: scalar.choose("step", first, 0, decay),
    average_new: scalar.choose("step", first, 1, 1 - decay),
  };
}

export function updatedAverage(
  o: Operations,
  {
    old,
    parameter,
    scalars,
  }: { readonly old: Node; readonly parameter: Node; readonly scalars: Readonly<Record<string, Node>> },
): Node {
  return o.add(o.multiply(old, scalars["average_old"] as Node), o.multiply(parameter, scalars["average_new"] as Node));
}
