import { loadSeries } from "../data/series.ts";
import { predictSeries } from "../support/predict-series.ts";
import type { DataKind, SectionOf } from "./define.ts";

export const series: DataKind<SectionOf<"series">> = {
  load: (section, inputs, files, { scaler }) => loadSeries(section, inputs, files, scaler),
  exampleFile: "rows.csv",
  endingOf: (start) => (new TextDecoder().decode(start).trimStart().startsWith("{") ? ".jsonl" : ".csv"),
  predict: predictSeries,
};
