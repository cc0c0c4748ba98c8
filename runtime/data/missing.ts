/** Missing values of one column, filled as the spec says. */
import type { MissingPolicy } from "./section.ts";
import type { RowRange } from "./split.ts";

/** A gap that cannot be filled, and why. */
export interface GapProblem {
  readonly row: number;
  readonly message: string;
  readonly help: string;
}

/**
 * Fills NaN in place. Interpolation is a straight line between the neighbours; it never reaches into a later part of the
 * split, because that would carry held-out values into training.
 *
 * @param values one column in time order, NaN where missing
 * @param parts the parts of the split that hold rows, in order
 * @returns how many values were filled; gaps that could not be filled go to `report`
 */
export function fillMissing(
  values: Float64Array,
  policy: Exclude<MissingPolicy, "error">,
  parts: readonly RowRange[],
  report: (problem: GapProblem) => void,
): number {
  let filled = 0;
  for (let row = 0; row < values.length; row += 1) {
    if (!Number.isNaN(values[row])) continue;
    const start = row;
    while (row + 1 < values.length && Number.isNaN(values[row + 1])) row += 1;
    const problem =
      policy === "forward_fill" ? fillForward(values, start, row) : interpolate(values, start, row, parts);
    if (problem === undefined) filled += row - start + 1;
    else report(problem);
  }
  return filled;
}

function fillForward(values: Float64Array, start: number, end: number): GapProblem | undefined {
  if (start === 0) {
    return {
      row: 0,
      message: "the first value is missing, so there is nothing to fill forward from.",
      help: "remove the rows before the first value.",
    };
  }
  values.fill(values[start - 1] ?? 0, start, end + 1);
  return undefined;
}

function interpolate(
  values: Float64Array,
  start: number,
  end: number,
  parts: readonly RowRange[],
): GapProblem | undefined {
  if (start === 0 || end === values.length - 1) {
    const first = start === 0;
    return {
      row: start,
      message: `the ${first ? "first" : "last"} value is missing, so there is no value ${first ? "before" : "after"} it to interpolate from.`,
      help: first ? "remove the rows before the first value." : "use missing: forward_fill, or remove the rows.",
    };
  }
  if (parts.some((part) => start < part.end && end + 1 >= part.end && part.end < values.length)) {
    return {
      row: start,
      message:
        "this gap ends in a later part of the split: interpolating would carry held-out values into an earlier part.",
      help: "use missing: forward_fill, which looks back only, or move the split.",
    };
  }
  const before = values[start - 1] ?? 0;
  const after = values[end + 1] ?? 0;
  const steps = end - start + 2;
  for (let row = start; row <= end; row += 1) {
    values[row] = before + ((after - before) * (row - start + 1)) / steps;
  }
  return undefined;
}
