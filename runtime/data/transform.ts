/** Transforms of one column, applied in order and undone in reverse. */
import type { Transform } from "./section.ts";

/** How many rows at the start have no value after all transforms: the sum of the difference lags. */
export function lagOf(transforms: readonly Transform[]): number {
  return transforms.reduce((lag, transform) => lag + (transform === "log" ? 0 : transform.difference), 0);
}

/**
 * The column after each transform: element 0 is the column itself, the last one is what the scaler sees. Rows that a
 * difference leaves without a value, and what is computed from a NaN, are NaN.
 *
 * @param notPositive called for each row whose log is not defined
 */
export function transformColumn(
  column: Float64Array,
  transforms: readonly Transform[],
  notPositive: (row: number, value: number) => void,
): Float64Array[] {
  const stages = [column];
  let lag = 0;
  for (const transform of transforms) {
    const before = stages.at(-1) ?? column;
    const after = new Float64Array(column.length).fill(Number.NaN);
    if (transform !== "log") lag += transform.difference;
    for (let row = lag; row < column.length; row += 1) {
      const value = before[row] ?? Number.NaN;
      if (transform !== "log") {
        after[row] = value - (before[row - transform.difference] ?? Number.NaN);
      } else if (value > 0) {
        after[row] = Math.log(value);
      } else {
        notPositive(row, value);
      }
    }
    stages.push(after);
  }
  return stages;
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
