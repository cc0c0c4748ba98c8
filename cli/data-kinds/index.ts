/** The table of data kinds, as the commands know them. The compiler's is compiler/data/index.ts. */
import type { InputFact } from "@specloom/runtime/internal/contract";
import type { DataSection } from "@specloom/runtime/internal/contract-data";
import type { FileReader } from "../data/byte-source.ts";
import type { Dataset } from "../data/dataset.ts";
import type { DataKind, LoadOptions, SectionOf } from "./define.ts";
import { series } from "./series.ts";
import { tensors } from "./tensors.ts";

const kinds: { readonly [Kind in DataSection["kind"]]: DataKind<SectionOf<Kind>> } = { series, tensors };

/** The record of a section, with the pairing of section and record that the table guarantees. */
export function dataKindOf(section: DataSection): DataKind<DataSection> {
  return kinds[section.kind] as DataKind<DataSection>;
}

/** From what a model says of its data to a dataset. */
export async function loadDataset(
  section: DataSection,
  inputs: readonly InputFact[],
  files: FileReader,
  options: LoadOptions = {},
): Promise<Dataset> {
  return dataKindOf(section).load(section, inputs, files, options);
}
