/** The training section of a resolved spec, with what the command line says instead. */
import { isRecord } from "../../compiler/support/plain.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import type { TrainOptions } from "../../runtime/training/options.ts";
import { earlyStopping } from "./early-stopping.ts";
import { numberIn, type DataSubject } from "./spec-facts.ts";

export interface TrainSettings extends Pick<TrainOptions, "epochs" | "steps" | "shuffle" | "earlyStopping"> {
  readonly seed: number;
}

/**
 * The training section with what the command line says instead.
 *
 * @param dataset that early stopping by a metric scores
 * @throws Problem `early-stopping-metric`
 */
export function trainSettings(
  { handle: { definition }, document }: Pick<DataSubject, "handle" | "document">,
  given: { readonly epochs?: number | undefined; readonly seed?: number | undefined },
  dataset: Dataset,
): TrainSettings {
  const train = isRecord(definition.spec["train"]) ? definition.spec["train"] : {};
  const goal = given.epochs !== undefined ? { epochs: given.epochs } : goalIn(train);
  const stopping = train["early_stopping"];
  return {
    ...goal,
    seed: given.seed ?? numberIn(train, "seed") ?? 0,
    shuffle: train["shuffle"] !== false,
    ...(isRecord(stopping) ? { earlyStopping: earlyStopping(stopping, definition, dataset, document) } : {}),
  };
}

function goalIn(train: Readonly<Record<string, unknown>>): { readonly steps: number } | { readonly epochs: number } {
  const steps = numberIn(train, "steps");
  return steps === undefined ? { epochs: numberIn(train, "epochs") ?? 0 } : { steps };
}
