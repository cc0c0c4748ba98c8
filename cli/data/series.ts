/** Data of kind `series`: one table in time order, cut into windows that are copied out only when asked for. */
import type { InputFact } from "@specloom/runtime/internal/contract";
import { Problem } from "@specloom/runtime/internal/problem";
import { sizeOf } from "@specloom/runtime/internal/tensor";
import type { Dataset, Examples } from "./dataset.ts";
import type { FileReader } from "./byte-source.ts";
import { EncodedSeries } from "./encoded-series.ts";
import { planWindows } from "./forecast.ts";
import { missingIn } from "./number-column.ts";
import type { MissingPolicy, PartName, SeriesSection } from "@specloom/runtime/internal/contract-data";
import { SeriesExamples, targetName } from "./series-examples.ts";
import { readSeries, type RawSeries } from "./series-file.ts";
import type { RowNames } from "./source-table.ts";
import { gapNotes, hasGaps, leadingRows, refuseEmpty, refuseMissing, refuseUnknown } from "./series-gaps.ts";
import {
  channelsOf,
  fitSeries,
  horizonLength,
  requiredRows,
  restoreSeriesFacts,
  unscaledColumns,
  type SeriesFacts,
} from "./series-facts.ts";
import { splitRows, type Parts } from "./split.ts";
import { checkTimes } from "./time-check.ts";
import { lagOf } from "./transform.ts";
import { countOf } from "./wording.ts";

/**
 * @param stored scaler of a trained model; without it the scaler is fitted on the training part
 * @throws Problem or Problems about the file, its cells, the split or the window
 */
export async function loadSeries(
  section: SeriesSection,
  inputs: readonly InputFact[],
  files: FileReader,
  stored?: unknown,
): Promise<Dataset> {
  checkFacts(section, inputs);
  const raw = await readSeries(section.file, channelsOf(section), files, section);
  const parts = splitRows(raw.rowCount, section.split, "row", raw.file);
  const lag = lagOf(section.transform);
  const mayFill = section.missing !== "error";
  if (mayFill) refuseEmpty(raw);
  const leading = mayFill ? leadingRows(raw) : 0;
  const planned = planWindows(section, { lag, leading }, parts, raw.file);
  if (!mayFill) refuseMissing(raw);
  const length = section.window + horizonLength(section.horizon);
  const timeNotes =
    raw.times === undefined ? [] : checkTimes(raw.times, { starts: Object.values(planned), lag, length });
  const facts =
    stored === undefined ? fitSeries(section, raw.columns, parts.train) : restoreSeriesFacts(stored, section);
  const series = new EncodedSeries(facts, raw.columns, raw.locate, section.missing);
  const learnable = hasGaps(raw) ? new SeriesExamples(series, planned.train).learnable() : planned.train;
  const windows = { ...planned, train: learnable };
  const forecast = { series, parts, windows, labels: raw.labels };
  if (hasGaps(raw)) refuseUnknown(forecast, raw.file);
  const examples = (part: PartName): Examples => new SeriesExamples(series, windows[part]);
  return {
    train: examples("train"),
    validation: examples("validation"),
    test: examples("test"),
    scaler: facts,
    forecast,
    notes: [
      ...raw.notes,
      ...timeNotes,
      ...gapNotes(raw, section, leading, planned.train.length - learnable.length),
      ...unusedNotes(raw, parts),
      ...(stored === undefined ? scalingNotes(unscaledColumns(facts, raw.columns, parts.train)) : []),
    ],
  };
}

/** The compiler derives the inputs from the same section; anything else is its mistake, not the user's. */
function checkFacts(section: SeriesSection, inputs: readonly InputFact[]): void {
  const steps = section.horizon === "next" ? section.window : horizonLength(section.horizon);
  const sizes = new Map([
    ["series", section.window * section.columns.length],
    [targetName(section.horizon), steps * section.targets.length],
  ]);
  for (const { name, shape } of inputs) {
    if (sizes.get(name) !== sizeOf(shape)) {
      throw new Error(`input ${name} [${shape.join(", ")}] does not come from this series.`);
    }
  }
}

function unusedNotes(raw: RawSeries, parts: Parts): string[] {
  const unused = raw.rowCount - parts.test.end;
  return unused > 0 ? [`${countOf(unused, "row")} at the end of ${raw.file} in no part of the split.`] : [];
}

function scalingNotes({ constant, empty }: ReturnType<typeof unscaledColumns>): string[] {
  return [
    ...constant.map((name) => `column "${name}" does not vary in the training part; it is not scaled.`),
    ...empty.map(
      (name) => `column "${name}" has no value in the training part that is not filled in; it is not scaled.`,
    ),
  ];
}

/** New rows for a trained model: the last window before the forecast, and the way back for its output. */
export interface PredictionWindow {
  /** [1, window, columns], scaled. */
  readonly inputs: { readonly series: Float32Array };
  readonly series: EncodedSeries;
  /** Row (from 0) that the forecast starts at: the one behind the last row given. */
  readonly row: number;
  readonly labels: RowNames | undefined;
  /** Missing values among the rows that the forecast is made from, which were filled in; rows from 0. */
  readonly filled: readonly { readonly column: string; readonly row: number }[];
  /** Sentences a user should see. */
  readonly notes: readonly string[];
}

/**
 * Encodes a file of new raw rows for prediction.
 * @throws Problem or Problems about the file; `too-few-rows` when it is shorter than the window and its differences
 */
export async function loadPredictionWindow(
  facts: SeriesFacts,
  section: SeriesSection,
  path: string,
  files: FileReader,
): Promise<PredictionWindow> {
  const { time, frequency } = section;
  const raw = await readSeries(path, channelsOf(facts), files, { time, frequency, predicting: true });
  if (section.missing === "error") refuseMissing(raw);
  else refuseEmpty(raw);
  const series = encodeRows(facts, raw, section.missing);
  const read = Math.max(0, raw.rowCount - requiredRows(facts));
  const filled = raw.channels.flatMap((column, channel) =>
    Array.from(raw.columns[channel]?.subarray(read) ?? []).flatMap((value, row) =>
      Number.isNaN(value) ? [{ column, row: read + row }] : [],
    ),
  );
  // Only what the forecast is made from has to be whole.
  const span = { starts: [Uint32Array.of(read)], lag: 0, length: raw.rowCount - read };
  const notes = [...raw.notes, ...(raw.times === undefined ? [] : checkTimes(raw.times, span))];
  return { inputs: { series: series.lastWindow() }, series, row: series.rowCount, labels: raw.labels, filled, notes };
}

/**
 * Encodes raw rows, in time order.
 * @param raw one column per channel of `channelsOf(facts)`, NaN where a value is missing
 * @param missing how gaps are filled; nothing may be missing with `error`
 * @throws Problem `too-few-rows`, `gap-at-border`, `log-of-non-positive`, `not-finite`
 */
export function encodeRows(
  facts: SeriesFacts,
  raw: Pick<RawSeries, "columns"> & Partial<Pick<RawSeries, "file" | "locate">>,
  missing: MissingPolicy = "error",
): EncodedSeries {
  const given = raw.columns[0]?.length ?? 0;
  const needed = requiredRows(facts);
  const locate = raw.locate ?? (() => ({}));
  if (given < needed) {
    throw new Problem({
      code: "too-few-rows",
      message: `a forecast needs the last ${String(needed)}${needed > facts.window ? ` (window ${String(facts.window)} + ${String(needed - facts.window)} for the differences)` : ""} rows, but ${String(given)} ${given === 1 ? "was" : "were"} given.`,
      help: "bring more rows.",
      file: raw.file,
    });
  }
  raw.columns.forEach((column, channel) => {
    const first = given - needed;
    if (missingIn(column, 0, first + 1) <= first) return;
    throw new Problem({
      code: "gap-at-border",
      message: `column "${channelsOf(facts)[channel] ?? ""}" has no value in row ${String(first + 1)} or before, and the forecast is made from the last ${countOf(needed, "row")}: there is nothing to fill from.`,
      help: "bring more rows before it.",
      file: raw.file,
      ...locate(first, channel),
    });
  });
  return new EncodedSeries(facts, raw.columns, locate, missing);
}
