/** Data files held in memory, and shorthand for the sections that tests read them with. */
import type { FileReader } from "../../../../cli/data/byte-source.ts";
import type { SeriesSection, TensorsSection } from "../../../../runtime/contract-data.ts";

export function memoryFiles(files: Readonly<Record<string, string | Uint8Array>>): FileReader {
  return {
    read: (path) => {
      const content = files[path];
      if (content === undefined) return Promise.reject(new Error(`no file ${path}`));
      return Promise.resolve(typeof content === "string" ? new TextEncoder().encode(content) : content);
    },
  };
}

/** One column `y`, window 3, 60/20/20 %, unless told otherwise. */
export function seriesSection(changes: Partial<SeriesSection> = {}): SeriesSection & Record<string, unknown> {
  const columns = changes.columns ?? ["y"];
  return {
    kind: "series",
    file: "series.csv",
    columns,
    targets: columns,
    window: 3,
    horizon: "next",
    stride: 1,
    transform: [],
    normalize: "none",
    split: { train: 0.6, validation: 0.2, test: 0.2 },
    missing: "error",
    ...changes,
  };
}

export function tensorsSection(changes: Partial<TensorsSection> = {}): TensorsSection & Record<string, unknown> {
  return {
    kind: "tensors",
    file: "examples.json",
    split: { train: 0.5, validation: 0.25, test: 0.25 },
    ...changes,
  };
}

/** A CSV of one column. */
export function csvOf(values: readonly (number | string)[], name = "y"): string {
  return `${name}\n${values.join("\n")}`;
}
