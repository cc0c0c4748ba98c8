/** Data of kind `series`: one table in time order, cut into windows that are copied out only when asked for. */
import type { InputFact } from "../contract.ts";
import { Problem } from "../problem.ts";
import { sizeOf } from "../tensor.ts";
import { checkIndex, type Dataset, type Examples, type FileReader } from "./dataset.ts";
import { EncodedSeries } from "./encoded-series.ts";
import { planWindows, type WindowStarts } from "./forecast.ts";
import type { PartName, SeriesSection } from "./section.ts";
import { fillGaps, readSeries, type RawSeries } from "./series-file.ts";
import {
  channelsOf,
  constantColumns,
  fitSeries,
  horizonLength,
  requiredRows,
  restoreSeriesFacts,
  type SeriesFacts,
} from "./series-facts.ts";
import { lengthOf, PART_NAMES, splitRows, type Parts } from "./split.ts";
import { countOf } from "./wording.ts";

/** Name of the target tensor: `next` [B, T, C] or `future` [B, H, C]. */
export function targetName(horizon: "next" | number): "next" | "future" {
  return horizon === "next" ? "next" : "future";
}

class SeriesExamples implements Examples {
  readonly count: number;
  readonly #series: EncodedSeries;
  readonly #starts: WindowStarts;

  constructor(series: EncodedSeries, starts: WindowStarts) {
    this.count = starts.count;
    this.#series = series;
    this.#starts = starts;
  }

  get tensors(): Record<string, Float32Array> {
    return this.select(Array.from({ length: this.count }, (_, index) => index));
  }

  select(indices: ArrayLike<number>): Record<string, Float32Array> {
    const { columns, targets, window, horizon } = this.#series.facts;
    const steps = horizon === "next" ? window : horizon;
    const inputs = new Float32Array(indices.length * window * columns.length);
    const expected = new Float32Array(indices.length * steps * targets.length);
    for (let position = 0; position < indices.length; position += 1) {
      const index = indices[position] ?? Number.NaN;
      checkIndex(index, this.count);
      const start = this.#starts.first + index * this.#starts.stride;
      this.#series.writeInputs(start, inputs, position * window * columns.length);
      const from = horizon === "next" ? start + 1 : start + window;
      this.#series.writeTargets(from, steps, expected, position * steps * targets.length);
    }
    return { series: inputs, [targetName(horizon)]: expected };
  }
}

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
  const raw = await readSeries(section.file, channelsOf(section), files);
  const parts = splitRows(raw.rowCount, section.split, "row", raw.file);
  const firstRow = requiredRows(section) - section.window;
  const windows = planWindows(section, firstRow, parts, raw.file);
  const filled = fillGaps(
    raw,
    section.missing,
    PART_NAMES.map((part) => parts[part]).filter((part) => lengthOf(part) > 0),
  );
  const facts =
    stored === undefined ? fitSeries(section, raw.columns, parts.train) : restoreSeriesFacts(stored, section);
  const series = new EncodedSeries(facts, raw.columns, raw.locate);
  const examples = (part: PartName): Examples => new SeriesExamples(series, windows[part]);
  return {
    train: examples("train"),
    validation: examples("validation"),
    test: examples("test"),
    scaler: facts,
    forecast: { series, parts, windows, labels: raw.labels },
    notes: notesOf(
      raw,
      parts,
      section.missing,
      filled,
      stored === undefined ? constantColumns(facts, raw.columns, parts.train) : [],
    ),
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

function notesOf(raw: RawSeries, parts: Parts, missing: string, filled: number, constant: readonly string[]): string[] {
  const notes: string[] = [];
  if (filled > 0) notes.push(`${countOf(filled, "missing value")} of ${raw.file} filled in by ${missing}.`);
  const unused = raw.rowCount - parts.test.end;
  if (unused > 0) notes.push(`${countOf(unused, "row")} at the end of ${raw.file} in no part of the split.`);
  for (const name of constant) notes.push(`column "${name}" does not vary in the training part; it is not scaled.`);
  return notes;
}

/** New rows for a trained model: the last window before the forecast, and the way back for its output. */
export interface PredictionWindow {
  /** [1, window, columns], scaled. */
  readonly inputs: { readonly series: Float32Array };
  readonly series: EncodedSeries;
  /** Row (from 0) that the forecast starts at: the one behind the last row given. */
  readonly row: number;
  readonly labels: readonly string[] | undefined;
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
  const raw = await readSeries(path, channelsOf(facts), files);
  fillGaps(raw, section.missing, [{ start: 0, end: raw.rowCount }]);
  const series = encodeRows(facts, raw);
  return { inputs: { series: series.lastWindow() }, series, row: series.rowCount, labels: raw.labels };
}

/**
 * Encodes raw rows, in time order.
 * @param raw one column per channel of `channelsOf(facts)`
 * @throws Problem `too-few-rows`, `log-of-non-positive`, `not-finite`
 */
export function encodeRows(
  facts: SeriesFacts,
  raw: Pick<RawSeries, "columns"> & Partial<Pick<RawSeries, "file" | "locate">>,
): EncodedSeries {
  const given = raw.columns[0]?.length ?? 0;
  const needed = requiredRows(facts);
  if (given < needed) {
    throw new Problem({
      code: "too-few-rows",
      message: `a forecast needs the last ${String(needed)}${needed > facts.window ? ` (window ${String(facts.window)} + ${String(needed - facts.window)} for the differences)` : ""} rows, but ${String(given)} ${given === 1 ? "was" : "were"} given.`,
      help: "bring more rows.",
      file: raw.file,
    });
  }
  return new EncodedSeries(facts, raw.columns, raw.locate ?? (() => ({})));
}
