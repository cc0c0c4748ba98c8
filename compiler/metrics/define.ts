/**
 * What a metric is: one record per file, one line in the table of `index.ts`. The compiler reads the same table for the schema,
 * the reference and what a metric can be asked of.
 */

/** A metric's value; null where it is not defined, with the reason. JSON has no NaN. */
export interface Score {
  readonly value: number | null;
  readonly reason?: string;
}

/** Predictions of one column beside the truth, on the scale of the file. */
export interface NumberColumn {
  readonly prediction: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  /** The column's training rows in time order, NaN where the file has no value; only series have them. */
  readonly training?: ArrayLike<number> | undefined;
}

/** Predicted classes beside the true ones, masked positions left out. */
export interface ClassPairs {
  readonly predicted: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  /** Natural logarithm of the probability that was given to each true class. */
  readonly logProbabilities: ArrayLike<number>;
}

/** Quantiles of one column beside the truth, on the scale of the file. */
export interface QuantileColumn {
  readonly levels: readonly number[];
  /** Per level. */
  readonly predictions: readonly ArrayLike<number>[];
  readonly truth: ArrayLike<number>;
}

interface MetricBase {
  /** As in the `metrics` of a spec. */
  readonly kind: string;
  /** For tables and plots. */
  readonly title: string;
  /** One sentence for the reference page and for editors. */
  readonly summary: string;
  /** x is what the model gives, y the target. */
  readonly formula: string;
  readonly unit: "data" | "percent" | "ratio";
  /** `nominal`: nearest to what the levels of the quantiles say. */
  readonly better: "lower" | "higher" | "nominal";
}

/** A worked example; the tests hold the metric against it. */
interface Example<Given> {
  readonly given: Given;
  readonly value: number;
}

/** A metric of numbers. Columns are scored together; one column alone is a list of one. */
export interface NumberMetric extends MetricBase {
  readonly of: "numbers";
  /** It compares with what went before in time, which only a series has. */
  readonly needsSeries?: true;
  readonly score: (columns: readonly NumberColumn[]) => Score;
  readonly example: Example<readonly NumberColumn[]>;
}

export interface ClassMetric extends MetricBase {
  readonly of: "classes";
  readonly score: (pairs: ClassPairs) => Score;
  readonly example: Example<ClassPairs>;
}

/** A metric of quantiles; all columns have the same levels. */
export interface QuantileMetric extends MetricBase {
  readonly of: "quantiles";
  readonly score: (columns: readonly QuantileColumn[]) => Score;
  readonly example: Example<readonly QuantileColumn[]>;
}

export type Metric = NumberMetric | ClassMetric | QuantileMetric;

/** The mean of a term over all values of all columns; not defined without values or where the mean is not finite. */
export function meanOver(columns: readonly NumberColumn[], term: (prediction: number, truth: number) => number): Score {
  let sum = 0;
  let count = 0;
  for (const { prediction, truth } of columns) {
    for (let index = 0; index < truth.length; index += 1) {
      sum += term(prediction[index] ?? Number.NaN, truth[index] ?? Number.NaN);
      count += 1;
    }
  }
  return count === 0 ? { value: null, reason: "there is nothing to score" } : finite(sum / count);
}

/** A score that JSON can hold. */
export function finite(value: number): Score {
  return Number.isFinite(value) ? { value } : { value: null, reason: "a forecast is not a finite number" };
}
