/** Numbers of a column, in the few bytes that hold them exactly: a table of small whole numbers is not eight times its size. */

/** NaN where a value is missing. */
export interface NumberColumn extends ArrayLike<number>, Iterable<number> {
  subarray(start: number, end?: number): NumberColumn;
}

type Store = Int8Array | Int16Array | Float32Array | Float64Array;

/** From the narrowest to the one that holds every number. Whole numbers that fit into one fit into all behind it. */
const STORES = [Int8Array, Int16Array, Float32Array, Float64Array] as const;

/** Written row by row; it widens at the first number that does not fit. */
export class NumberStore {
  #values: Store;
  #width = 0;

  constructor(rows: number) {
    this.#values = new Int8Array(rows);
  }

  get values(): NumberColumn {
    return this.#values;
  }

  set(row: number, value: number): void {
    const values = this.#values;
    values[row] = value;
    if (Object.is(values[row], value)) return;
    this.#widenFor(value);
    this.#values[row] = value;
  }

  #widenFor(value: number): void {
    const isHeld = (Kind: (typeof STORES)[number]): boolean => Object.is(Kind.of(value)[0], value);
    do this.#width += 1;
    while (this.#width < STORES.length - 1 && !isHeld(STORES[this.#width] ?? Float64Array));
    // Typed arrays are copied value by value, without a list of them between.
    const wider = new (STORES[this.#width] ?? Float64Array)(this.#values.length);
    wider.set(this.#values);
    this.#values = wider;
  }
}

/** Empty cells in the rows from `start` to `end - 1`. */
export function missingIn(column: NumberColumn, start = 0, end = column.length): number {
  let missing = 0;
  for (let row = start; row < end; row += 1) if (Number.isNaN(column[row])) missing += 1;
  return missing;
}

/** The first row with a value; -1 where there is none. */
export function firstKnownRow(column: NumberColumn): number {
  for (let row = 0; row < column.length; row += 1) if (!Number.isNaN(column[row])) return row;
  return -1;
}
