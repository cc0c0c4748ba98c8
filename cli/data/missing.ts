/** Missing values of one column: where they are, and what stands in for them in a window, computed from no row behind it. */
import { firstKnownRow, missingIn, type NumberColumn } from "./number-column.ts";
import type { MissingPolicy } from "@specloom/runtime/internal/contract-data";

export type FillPolicy = Exclude<MissingPolicy, "error">;

/**
 * A column with its gaps filled. What may be seen of it ends at a row: between known rows the policy decides, behind the last
 * known row that is seen its value is carried on, as there is no later neighbour.
 */
export class FilledColumn {
  /** As the file has it, NaN where missing. */
  readonly known: NumberColumn;
  /** Filled as it is seen from behind the last row; NaN before the first known row. */
  readonly values: NumberColumn;
  /** The first row with a value; the number of rows where there is none. */
  readonly firstKnown: number;
  /** Values that were filled in. */
  readonly filledCount: number;
  /** Per row the last known row up to it, -1 before the first; undefined where nothing is missing. */
  readonly #lastKnown: Int32Array | undefined;
  readonly #policy: FillPolicy;

  /** @param known in time order, NaN where missing; it is not changed */
  constructor(known: NumberColumn, policy: FillPolicy) {
    this.known = known;
    this.#policy = policy;
    const first = firstKnownRow(known);
    this.firstKnown = first < 0 ? known.length : first;
    const missing = missingIn(known);
    this.filledCount = missing - this.firstKnown;
    this.#lastKnown = missing === 0 ? undefined : lastKnownRows(known);
    this.values = this.#lastKnown === undefined ? known : fill(known, this.#lastKnown, policy);
  }

  get hasGaps(): boolean {
    return this.#lastKnown !== undefined;
  }

  /**
   * The last row whose filled value may be used as it is by who sees the rows before `end`; in the rows from there to `end` its
   * value is carried on.
   */
  lastSettled(end: number): number {
    // What is carried forward looks at no later row.
    if (this.#lastKnown === undefined || this.#policy === "forward_fill") return end - 1;
    return this.#lastKnown[end - 1] ?? -1;
  }

  /** Whether the value at a row was computed from a later one, for who sees the rows before `end`. */
  isFromLater(row: number, end: number): boolean {
    return this.#policy === "interpolate" && Number.isNaN(this.known[row]) && row < this.lastSettled(end);
  }

  /** The last known value before a row; NaN where there is none. */
  lastBefore(row: number): number {
    const last = this.#lastKnown === undefined ? row - 1 : (this.#lastKnown[row - 1] ?? -1);
    return this.known[last] ?? Number.NaN;
  }
}

function lastKnownRows(known: NumberColumn): Int32Array {
  const rows = new Int32Array(known.length);
  let last = -1;
  for (let row = 0; row < known.length; row += 1) {
    if (!Number.isNaN(known[row])) last = row;
    rows[row] = last;
  }
  return rows;
}

/** Carried forward, or on a straight line between the neighbours where there are two. */
function fill(known: NumberColumn, lastKnown: Int32Array, policy: FillPolicy): Float64Array {
  const values = new Float64Array(known.length);
  values.set(known);
  let next = -1;
  for (let row = known.length - 1; row >= 0; row -= 1) {
    if (!Number.isNaN(known[row])) {
      next = row;
      continue;
    }
    const last = lastKnown[row] ?? -1;
    if (last < 0) break;
    const before = known[last] ?? Number.NaN;
    values[row] = before;
    if (policy === "forward_fill" || next < 0) continue;
    values[row] = before + (((known[next] ?? Number.NaN) - before) * (row - last)) / (next - last);
  }
  return values;
}
