/** The data of a model, read and checked. */
import type { Document } from "../../compiler/contracts/document.ts";
import type { ModelFacts } from "@specloom/runtime/internal/contract";
import type { Dataset } from "../data/dataset.ts";
import type { FileReader } from "../data/byte-source.ts";
import { loadDataset } from "../data-kinds/index.ts";
import { checkAlignments } from "@specloom/runtime/internal/model/alignments";
import { ignoredClass } from "@specloom/runtime/internal/model/loss";
import { exampleText } from "@specloom/runtime/internal/tensor";
import { aboutSpec } from "./faults.ts";

/** A spec whose data is read: compiled already, or only checked. */
export interface DataSubject {
  readonly handle: { readonly definition: ModelFacts };
  readonly files: FileReader;
  readonly document?: Document;
}

/** The data of the spec, ready for the model. @param scaler stored with trained weights; else one is fitted */
export async function loadData(subject: DataSubject, scaler?: unknown): Promise<Dataset> {
  const { definition } = subject.handle;
  const ignored = definition.losses.flatMap(({ target }) => {
    const skipped = ignoredClass(definition, target);
    return skipped === undefined ? [] : [[target, skipped] as const];
  });
  try {
    const dataset = await loadDataset(definition.data, definition.inputs, subject.files, {
      ...(scaler === undefined ? {} : { scaler }),
      ignored: Object.fromEntries(ignored),
    });
    // Said of the file's examples: the model itself would only know their places in a shuffled batch.
    for (const part of definition.alignments === undefined ? [] : (["train", "validation", "test"] as const)) {
      checkAlignments(definition, dataset[part].tensors, (index) => `${exampleText(index)} of the ${part} part`);
    }
    return dataset;
  } catch (error) {
    throw aboutSpec(error, subject.document);
  }
}
