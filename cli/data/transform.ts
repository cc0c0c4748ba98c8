/** Transforms of one column, applied in order and undone in reverse. */
import { missingIn, type NumberColumn } from "./number-column.ts";
import type { Transform } from "@specloom/runtime/internal/contract-data";

/** How many rows at the start have no value after all transforms: the sum of the difference lags. */
export function lagOf(transforms: readonly Transform[]): number {
  return transforms.reduce((lag, transform) => lag + (transform === "log" ? 0 : transform.difference), 0);
}

/**
 * The value of a row after the first `stages` transforms, computed from the column as it is: no transformed one is kept.
 * @returns NaN for rows that a difference leaves without a value, for what is computed from a NaN, and for logs that are not
 *   defined
 */
export function transformedValue(
  column: ArrayLike<number>,
  transforms: readonly Transform[],
  row: number,
  stages = transforms.length,
): number {
  const transform = transforms[stages - 1];
  if (transform === undefined) return column[row] ?? Number.NaN;
  const value = transformedValue(column, transforms, row, stages - 1);
  if (transform !== "log") return value - transformedValue(column, transforms, row - transform.difference, stages - 1);
  return value > 0 ? Math.log(value) : Number.NaN;
}

/**
 * The values of consecutive rows after all transforms, without those that are NaN.
 * @param column the rows, and none before them: differences are made within
 */
export function knownValues(column: NumberColumn, transforms: readonly Transform[]): ArrayLike<number> {
  const lag = lagOf(transforms);
  if (transforms.length === 0 && missingIn(column) === 0) return column;
  const values = new Float64Array(Math.max(0, column.length - lag));
  let count = 0;
  for (let row = lag; row < column.length; row += 1) {
    const value = transformedValue(column, transforms, row);
    if (Number.isNaN(value)) continue;
    values[count] = value;
    count += 1;
  }
  return values.subarray(0, count);
}

/** Calls for each row at which a log is taken of what is zero or less; once a row, with the value there. */
export function logsNotDefined(
  column: ArrayLike<number>,
  transforms: readonly Transform[],
  report: (row: number, value: number) => void,
): void {
  let lag = 0;
  transforms.forEach((transform, stage) => {
    if (transform !== "log") {
      lag += transform.difference;
      return;
    }
    for (let row = lag; row < column.length; row += 1) {
      const value = transformedValue(column, transforms, row, stage);
      if (value <= 0) report(row, value);
    }
  });
}

/**
 * Takes predictions for consecutive rows back through all transforms. A difference needs the value `k` rows earlier:
 * the true one where it lies before `row`, else the prediction for it.
 *
 * @param past the column after the first `stage` transforms at a row before `row`, as it is seen from there
 * @param row of the first prediction; may lie just behind the end of the column
 * @param predicted values after all transforms (unscaled), one per row
 */
export function undoTransforms(
  past: (stage: number, row: number) => number,
  transforms: readonly Transform[],
  row: number,
  predicted: Float64Array,
): Float64Array {
  let values = predicted.slice();
  for (let index = transforms.length - 1; index >= 0; index -= 1) {
    const transform = transforms[index];
    if (transform === undefined) continue;
    if (transform === "log") {
      values = values.map((value) => Math.exp(value));
      continue;
    }
    const lag = transform.difference;
    const undone = new Float64Array(values.length);
    values.forEach((value, step) => {
      const before = step < lag ? past(index, row + step - lag) : undone[step - lag];
      undone[step] = value + (before ?? Number.NaN);
    });
    values = undone;
  }
  return values;
}
