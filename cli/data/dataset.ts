/** What training and scoring read: three parts of examples, and how forecasts return to the units of the file. */
import type { ForecastData } from "./forecast.ts";
import type { SeriesFacts } from "./series-facts.ts";

/** Examples of one part, by tensor name. Tensors are row-major float32, int32 tokens as whole floats. */
export interface Examples {
  readonly count: number;
  /** All examples, each tensor [count, ...shape]. For a series the windows are copied out on each read of this. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
  /**
   * The named examples, in that order, each tensor [indices.length, ...shape].
   * @throws RangeError for an index outside 0 .. count - 1
   */
  select(indices: ArrayLike<number>): Record<string, Float32Array>;
}

export interface Dataset {
  readonly train: Examples;
  readonly validation: Examples;
  readonly test: Examples;
  /** Plain JSON about the series (window, transforms, scaler), to store with the weights; undefined for tensors. */
  readonly scaler: SeriesFacts | undefined;
  /** The series on its own scale and what each held-out window forecasts; undefined for tensors. */
  readonly forecast: ForecastData | undefined;
  /** Sentences a user should see: filled gaps, constant columns, rows left over. */
  readonly notes: readonly string[];
}

/** Throws for an index no example has, so that a wrong index never reads a neighbour's numbers. */
export function checkIndex(index: number, count: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`example ${String(index)} does not exist; there are ${String(count)}.`);
  }
}
