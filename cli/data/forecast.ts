/** What the windows of a part forecast, on the file's scale: model, truth and the naive baseline side by side. */
import { Problem } from "@specloom/runtime/internal/problem";
import type { EncodedSeries } from "./encoded-series.ts";
import type { PartName } from "@specloom/runtime/internal/contract-data";
import type { RowNames } from "./source-table.ts";
import { horizonLength } from "./series-facts.ts";
import { lengthOf, PART_LABELS, type Parts } from "./split.ts";
import { countOf } from "./wording.ts";

/** The first row of each of a part's windows, in order. */
export interface WindowStarts extends Iterable<number> {
  readonly length: number;
  at(index: number): number | undefined;
}

/** Starts at one distance from each other; a list of them would cost more than the table. */
class EvenStarts implements WindowStarts {
  readonly length: number;
  readonly #first: number;
  readonly #stride: number;

  constructor(first: number, stride: number, count: number) {
    this.#first = first;
    this.#stride = stride;
    this.length = count;
  }

  at(index: number): number | undefined {
    return index >= 0 && index < this.length ? this.#first + index * this.#stride : undefined;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let index = 0; index < this.length; index += 1) yield this.#first + index * this.#stride;
  }
}

export interface ForecastData {
  readonly series: EncodedSeries;
  /** Rows of the file per part. */
  readonly parts: Parts;
  readonly windows: Readonly<Record<PartName, WindowStarts>>;
  /** What the rows are called in the file (dates), for the axis of a plot. */
  readonly labels: RowNames | undefined;
}

/** Whether numbers are those of the file, or what transforms and scaling made of them: what the model sees. */
export type Scale = "file" | "model";

/**
 * Forecasts of one part. All numbers are on one scale, [count, horizon, targets] row-major; with `horizon: next` a window's
 * forecast is its last step alone (horizon 1), so that each held-out row is forecast exactly once.
 */
export interface PartForecast {
  readonly part: PartName;
  readonly targets: readonly string[];
  readonly horizon: number;
  readonly count: number;
  /** Row of the file (from 0) of each window's first forecast. */
  readonly rows: readonly number[];
  readonly prediction: Float64Array;
  /** NaN where the file has no value. */
  readonly truth: Float64Array;
  /** Repeats the last value that the file has before the forecast; on the model's scale, what it was transformed into. */
  readonly naive: Float64Array;
}

/**
 * The windows of every part, whether or not the file has a value for what they forecast. Input rows may reach back into
 * earlier parts; a training window's targets lie in the training part. Held-out windows move by one row, so that the first
 * step (of `horizon: next`: the only scored step) visits every row of the part.
 *
 * @param lag rows that the differences look back
 * @param leading rows before every column has had a value
 * @throws Problem `too-few-rows`
 */
export function planWindows(
  section: { readonly window: number; readonly horizon: "next" | number; readonly stride: number },
  { lag, leading = 0 }: { readonly lag: number; readonly leading?: number },
  parts: Parts,
  file: string,
): Record<PartName, WindowStarts> {
  const { window } = section;
  const ahead = horizonLength(section.horizon);
  const firstRow = leading + lag;
  const needs = (what: string): string => {
    const empty = leading > 0 ? `${String(leading)} before the first value + ` : "";
    const back = lag > 0 ? `${String(lag)} for the differences + ` : "";
    return `${what} (${empty}${back}window ${String(window)} + horizon ${String(ahead)})`;
  };
  const rows = `rows: training ${String(lengthOf(parts.train))}, validation ${String(lengthOf(parts.validation))}, test ${String(lengthOf(parts.test))}`;
  const tooFew = (part: PartName, message: string): Problem =>
    new Problem({
      code: "too-few-rows",
      message: `the ${PART_LABELS[part]} part has ${countOf(lengthOf(parts[part]), "row")}, but ${message}; ${rows}.`,
      help: "shorten the window or the horizon, change the split, or bring more rows.",
      file,
      pointer: "/data/window",
    });

  const trainable = lengthOf(parts.train) - firstRow - window - ahead + 1;
  if (trainable < 1) throw tooFew("train", `one window needs ${needs(String(firstRow + window + ahead))}`);
  const heldOut = (part: "validation" | "test"): WindowStarts => {
    const range = parts[part];
    if (lengthOf(range) === 0) return new Uint32Array();
    if (lengthOf(range) < ahead) throw tooFew(part, `one forecast needs ${String(ahead)}`);
    return new EvenStarts(range.start - window, 1, lengthOf(range) - ahead + 1);
  };
  return {
    train: new EvenStarts(firstRow, section.stride, Math.floor((trainable - 1) / section.stride) + 1),
    validation: heldOut("validation"),
    test: heldOut("test"),
  };
}

/**
 * @param output of the layer that is compared with the target, scaled, for all windows of the part in order: per window
 *   [window, targets] or [targets] with `horizon: next`, [horizon, targets] else; the last rows count
 */
export function forecastPart(
  data: ForecastData,
  part: PartName,
  output: Float32Array,
  scale: Scale = "file",
): PartForecast {
  const { series } = data;
  const values = scale === "file" ? fileValues(series) : modelValues(series);
  const { facts } = series;
  const starts = data.windows[part];
  const count = starts.length;
  const horizon = horizonLength(facts.horizon);
  const width = facts.targets.length;
  const size = horizon * width;
  const perWindow = count === 0 ? size : output.length / count;
  if (!Number.isInteger(perWindow) || perWindow % width !== 0 || perWindow < size) {
    throw new RangeError(`${String(output.length)} numbers are no forecasts of ${String(count)} windows.`);
  }
  const rows: number[] = [];
  const prediction = new Float64Array(count * size);
  const truth = new Float64Array(count * size);
  const naive = new Float64Array(count * size);
  for (let index = 0; index < count; index += 1) {
    const row = (starts.at(index) ?? 0) + facts.window;
    rows.push(row);
    const end = (index + 1) * perWindow;
    prediction.set(values.predicted(row, output.subarray(end - size, end)), index * size);
    for (let cell = 0; cell < size; cell += 1) {
      const target = cell % width;
      truth[index * size + cell] = values.truth(row + Math.floor(cell / width), target);
      naive[index * size + cell] = values.last(row, target);
    }
  }
  return { part, targets: facts.targets, horizon, count, rows, prediction, truth, naive };
}

/** The numbers of a series on one scale; NaN where the file has no value. */
interface ScaledValues {
  readonly predicted: (row: number, output: Float32Array) => ArrayLike<number>;
  readonly truth: (row: number, target: number) => number;
  /** The last value before a row. */
  readonly last: (row: number, target: number) => number;
}

function fileValues(series: EncodedSeries): ScaledValues {
  return {
    predicted: (row, output) => series.undo(row, output),
    truth: (row, target) => series.truth(row, target),
    last: (row, target) => series.lastTruth(row, target),
  };
}

function modelValues(series: EncodedSeries): ScaledValues {
  const truth = (row: number, target: number): number => series.encodedTruth(row, target);
  const last = (row: number, target: number): number => {
    for (let before = row - 1; before >= 0; before -= 1) {
      const value = truth(before, target);
      if (!Number.isNaN(value)) return value;
    }
    return Number.NaN;
  };
  return { predicted: (_row, output) => output, truth, last };
}

/** The training rows of each target column, NaN where the file has no value: what MASE is scaled by. */
export function trainingColumns(data: ForecastData, scale: Scale = "file"): Float64Array[] {
  const { start, end } = data.parts.train;
  const { truth } = scale === "file" ? fileValues(data.series) : modelValues(data.series);
  return data.series.facts.targets.map((_, target) =>
    Float64Array.from({ length: end - start }, (__, row) => truth(start + row, target)),
  );
}
