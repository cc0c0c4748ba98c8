/** The column of a table that says when its rows were: found, read, and looked through for trouble. */
import type { Frequency } from "@specloom/runtime/internal/contract-data";
import { timeFormats, type TimeFormat } from "./dates.ts";
import { isClockChange, monthOf, Opening, stepOf, stepText, usualStep, type Step } from "./frequency.ts";

/** Cells that tell how times are written. */
const SAMPLE_ROWS = 40;

interface Table {
  readonly rowCount: number;
  readonly text: (row: number) => string;
}

/** Milliseconds since 1970, NaN where a cell holds no time. */
export type TimeColumn =
  | { readonly kind: "times"; readonly times: Float64Array }
  /** Day and month cannot be told apart. */
  | { readonly kind: "ambiguous" };

/** @returns undefined where the column does not hold times */
export function readTimes(name: string, table: Table): TimeColumn | undefined {
  const formats = timeFormats(name, sampleOf(table));
  const [first, second] = formats;
  if (first === undefined) return undefined;
  const isDate = (format: TimeFormat | undefined): boolean =>
    format?.name === "day first" || format?.name === "month first";
  if (!isDate(first) || !isDate(second) || second === undefined) return { kind: "times", times: timesOf(first, table) };
  const readings = [timesOf(first, table), timesOf(second, table)] as const;
  const [dayFirst, monthFirst] = readings.map((times) => times.filter((time) => Number.isNaN(time)).length);
  const [rising] = readings.filter(isAscending);
  if (dayFirst !== monthFirst) {
    return { kind: "times", times: readings[(dayFirst ?? 0) < (monthFirst ?? 0) ? 0 : 1] };
  }
  return rising === undefined || readings.every(isAscending) ? { kind: "ambiguous" } : { kind: "times", times: rising };
}

function sampleOf({ rowCount, text }: Table): string[] {
  const every = Math.max(1, Math.floor(rowCount / SAMPLE_ROWS));
  const cells = Array.from({ length: Math.min(rowCount, SAMPLE_ROWS) }, (_, index) => text(index * every));
  return cells.filter((cell) => cell !== "");
}

function timesOf(format: TimeFormat, { rowCount, text }: Table): Float64Array {
  const times = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row += 1) times[row] = format.read(text(row)) ?? Number.NaN;
  return times;
}

function isAscending(times: Float64Array): boolean {
  return times.every((time, row) => row === 0 || !(time < (times[row - 1] ?? 0)));
}

/** Rows, from 0, at which the times are not what a series needs. */
export interface TimeTrouble {
  /** Cells without a time. */
  readonly unreadable: readonly number[];
  /** Whether every row is earlier than the one above, or as late. */
  readonly isBackward: boolean;
  /** Rows earlier than the one above; none where `isBackward`. */
  readonly disorder: readonly number[];
  /** Rows whose time another one has. */
  readonly duplicates: readonly number[];
  /** Rows that follow the one above later than they should, and how many rows lack before them. */
  readonly gaps: readonly { readonly row: number; readonly missing: number }[];
  /** Rows that follow the one above sooner than `frequency` says. */
  readonly close: readonly number[];
  /** `1 day`; undefined where the rows are irregular, or said to be. */
  readonly step: string | undefined;
}

/** @param frequency of the spec; without one it is found from the times */
export function timeTrouble(times: Float64Array, frequency: Frequency | undefined): TimeTrouble {
  const unreadable = rowsWhere(times, (time) => Number.isNaN(time));
  const isBackward = goesBackward(times);
  const ordered = isBackward ? times.toReversed() : times;
  const step = frequency === undefined ? usualStep(sortedTimes(ordered)) : stepOf(frequency);
  const length = step?.kind === "time" ? step.length : 0;
  const follows = (time: number, before: number): boolean => isClockChange(time, time - before, length);
  const disorder = isBackward ? [] : rowsWhere(times, (time, before) => time < before && !follows(time, before));
  const duplicates =
    disorder.length > 0
      ? repeated(times)
      : rowsWhere(times, (time, before) => time === before && !follows(time, before));
  // Gaps between rows in no order are none.
  const distances =
    disorder.length > 0 || step === undefined ? [] : distancesOf(ordered, step, frequency !== undefined);
  const last = times.length - 1;
  return {
    unreadable,
    isBackward,
    disorder,
    duplicates,
    gaps: distances.flatMap(({ row, missing }) =>
      missing > 0 ? [{ row: isBackward ? last - row + 1 : row, missing }] : [],
    ),
    close: distances.flatMap(({ row, missing }) => (missing < 0 ? [isBackward ? last - row + 1 : row] : [])),
    step: step === undefined ? undefined : stepText(step),
  };
}

function rowsWhere(times: Float64Array, test: (time: number, before: number) => boolean): number[] {
  const rows: number[] = [];
  times.forEach((time, row) => {
    if (test(time, times[row - 1] ?? Number.NaN)) rows.push(row);
  });
  return rows;
}

function goesBackward(times: Float64Array): boolean {
  const rises = rowsWhere(times, (time, before) => time > before).length;
  return rises === 0 && rowsWhere(times, (time, before) => time < before).length > 0;
}

function sortedTimes(times: Float64Array): Float64Array {
  if (isAscending(times) && !times.some(Number.isNaN)) return times;
  return times.filter((time) => !Number.isNaN(time)).sort();
}

function repeated(times: Float64Array): number[] {
  const sorted = sortedTimes(times);
  const twice = new Set(sorted.filter((time, index) => time === sorted[index - 1]));
  const seen = new Set<number>();
  return rowsWhere(times, (time) => {
    if (!twice.has(time)) return false;
    const again = seen.has(time);
    seen.add(time);
    return again;
  });
}

/** Rows that do not follow the one above in one step; `missing` is negative where they follow too soon. */
function distancesOf(
  times: Float64Array,
  step: Step,
  isSaid: boolean,
): { readonly row: number; readonly missing: number }[] {
  const missingBetween = step.kind === "months" ? monthsMissing(step.count) : timesMissing(times, step);
  const found: { readonly row: number; readonly missing: number }[] = [];
  for (let row = 1; row < times.length; row += 1) {
    const [before = Number.NaN, time = Number.NaN] = [times[row - 1], times[row]];
    // Equal times, and cells without one, are told on their own.
    if (!(time > before)) continue;
    const missing = missingBetween(before, time);
    if (missing > 0 || (isSaid && missing < 0)) found.push({ row, missing: Math.ceil(missing) || -1 });
  }
  return found;
}

type Missing = (before: number, time: number) => number;

function monthsMissing(count: number): Missing {
  return (before, time) => (monthOf(time) - monthOf(before)) / count - 1;
}

function timesMissing(times: Float64Array, { length, business }: Extract<Step, { readonly kind: "time" }>): Missing {
  const opening = new Opening(times, length, business);
  return (before, time) => {
    const distance = time - before;
    if (isClockChange(time, distance, length)) return 0;
    // A day with a clock put forward has 23 hours.
    return distance < 0.9 * length ? -1 : opening.missing(before, time);
  };
}
