/** From what a model says of its data to a dataset. */
import type { InputFact } from "@specloom/runtime/internal/contract";
import type { Dataset } from "./dataset.ts";
import type { FileReader } from "./byte-source.ts";
import type { DataSection } from "@specloom/runtime/internal/contract-data";
import { loadSeries } from "./series.ts";
import { loadTensors } from "./tensors.ts";

export interface LoadOptions {
  /** The scaler stored with trained weights (parsed JSON); without it one is fitted on the training part. */
  readonly scaler?: unknown;
  /** Per target: the class its loss skips (`ignore_index`), which may lie outside the vocabulary. */
  readonly ignored?: Readonly<Record<string, number>>;
}

/**
 * @param inputs of the model: names, shapes and dtypes the tensors must have
 * @throws Problem or Problems: the user's mistakes, with their places
 */
export async function loadDataset(
  section: DataSection,
  inputs: readonly InputFact[],
  files: FileReader,
  options: LoadOptions = {},
): Promise<Dataset> {
  return section.kind === "series"
    ? loadSeries(section, inputs, files, options.scaler)
    : loadTensors(section, inputs, files, options.ignored ?? {});
}
