/** How a model is trained, with what the command line says instead. */
import type { Dataset } from "../data/dataset.ts";
import type { TrainOptions } from "@specloom/runtime/internal/training/options";
import { earlyStopping } from "./early-stopping.ts";
import type { DataSubject } from "./load-data.ts";

export interface TrainSettings extends Pick<TrainOptions, "epochs" | "steps" | "shuffle" | "earlyStopping"> {
  readonly seed: number;
}

/**
 * How the model is trained, with what the command line says instead.
 *
 * @param dataset that early stopping by a metric scores
 * @throws Problem `early-stopping-metric`
 */
export function trainSettings(
  { handle: { definition }, document }: Pick<DataSubject, "handle" | "document">,
  given: { readonly epochs?: number | undefined; readonly seed?: number | undefined },
  dataset: Dataset,
): TrainSettings {
  const { length, seed, shuffle, earlyStopping: stopping } = definition.training;
  return {
    ...(given.epochs === undefined ? length : { epochs: given.epochs }),
    seed: given.seed ?? seed,
    shuffle,
    ...(stopping === undefined ? {} : { earlyStopping: earlyStopping(stopping, definition, dataset, document) }),
  };
}
