/** Everything a report shows, as plain data: nothing here reads files or runs a model. */
import type { BackendReport } from "../contract.ts";
import type { EpochRecord } from "../training/state.ts";

export interface ReportFacts {
  readonly name: string;
  readonly description: string | undefined;
  /** Short facts below the title, label and text. */
  readonly summary: readonly (readonly [label: string, text: string])[];
  readonly log: readonly EpochRecord[];
  /** 1 for the first; null when none was trained. */
  readonly bestEpoch: number | null;
  readonly scores: readonly ScoreFacts[];
  /** Sentences about what could not be shown. */
  readonly notes: readonly string[];
  readonly forecast: ForecastFacts | undefined;
  readonly attention: readonly AttentionFacts[];
  readonly confusion: ConfusionFacts | undefined;
  readonly backend: BackendReport;
  /** The resolved spec as YAML. */
  readonly spec: string;
}

export interface ScoreFacts {
  readonly part: string;
  readonly target: string;
  readonly count: number;
  /** Values that were forecast and that the file lacks. */
  readonly missing?: number | undefined;
  readonly baseline: string;
  readonly rows: readonly {
    readonly title: string;
    readonly formula: string;
    readonly unit: string;
    readonly better: "lower" | "higher";
    readonly model: number | null;
    readonly naive: number | null;
    readonly note: string | undefined;
  }[];
}

/** Rows of a table: dates where the file has them, else numbers that count from 1. */
export interface RowAxis {
  readonly title: string;
  readonly label: (row: number) => string;
  /** Milliseconds since 1970 UTC; undefined where rows are no dates. */
  readonly time: ((row: number) => number) | undefined;
}

/** One line per column: truth, the model's forecasts and the naive ones, on the scale of the file. */
export interface ForecastFacts {
  readonly axis: RowAxis;
  readonly baseline: string;
  readonly horizon: number;
  readonly columns: readonly {
    readonly name: string;
    /** True values, some rows before the test part included. */
    readonly truth: readonly { readonly row: number; readonly value: number }[];
    /** Windows that do not overlap, each `horizon` rows. */
    readonly windows: readonly {
      readonly row: number;
      readonly model: ArrayLike<number>;
      readonly naive: ArrayLike<number>;
    }[];
  }[];
  /** Columns and windows that are not drawn. */
  readonly left: readonly string[];
}

/** Attention weights of the test part, [count, queries, steps] or [count, steps] row-major. */
export interface AttentionFacts {
  /** `context.weights`. */
  readonly name: string;
  readonly scope: string | undefined;
  readonly count: number;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** Row of a step of a window; undefined where examples are no windows of a series. */
  readonly row: ((window: number, step: number) => number) | undefined;
  readonly axis: RowAxis;
}

/** How often each true class (row) was predicted as each class (column). */
export interface ConfusionFacts {
  readonly target: string;
  readonly classes: number;
  readonly counts: readonly (readonly number[])[];
}
