/** Everything a report shows, as plain data: nothing here reads files or runs a model. */
import type { BackendReport } from "@specloom/runtime/internal/contract-backend";
import type { EpochRecord } from "@specloom/runtime/internal/training/state";

export interface ReportFacts {
  readonly name: string;
  readonly description: string | undefined;
  /** Short facts below the title, label and text. */
  readonly summary: readonly (readonly [label: string, text: string])[];
  readonly log: readonly EpochRecord[];
  /** 1 for the first; null when none was trained. */
  readonly bestEpoch: number | null;
  /** Which weights were kept and scored, as a clause. */
  readonly kept?: string | undefined;
  readonly scores: readonly ScoreFacts[];
  /** Sentences about what could not be shown. */
  readonly notes: readonly string[];
  readonly forecast: ForecastFacts | undefined;
  readonly numbers: readonly NumbersFacts[];
  readonly samples: SamplesFacts | undefined;
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
    readonly better: "lower" | "higher" | "nominal";
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
  /** The lowest and the highest level of quantiles, between which a band is drawn. */
  readonly levels?: { readonly from: number; readonly to: number };
  readonly columns: readonly {
    readonly name: string;
    /** True values, some rows before the test part included. */
    readonly truth: readonly { readonly row: number; readonly value: number }[];
    /** Windows that do not overlap, each `horizon` rows. */
    readonly windows: readonly {
      readonly row: number;
      /** NaN where no level of quantiles is the median. */
      readonly model: ArrayLike<number>;
      readonly naive: ArrayLike<number>;
      readonly band?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> };
    }[];
    /** Over all windows of the part, also those that are not drawn. */
    readonly errors: StepErrors;
  }[];
  /** Columns and windows that are not drawn. */
  readonly left: readonly string[];
}

/** Mean absolute error at each step of the horizon; NaN where nothing counts. */
export interface StepErrors {
  readonly model: ArrayLike<number>;
  readonly naive: ArrayLike<number>;
}

/** A target of numbers that is no series: examples of the test part, as the model sees them. */
export interface NumbersFacts {
  readonly target: string;
  /** What the last axis holds side by side; 1 where there is none. */
  readonly channels: number;
  /** Steps of an example; 1 where it has no axis of steps. */
  readonly steps: number;
  /** [steps, channels] each, row-major; of a shorter example the steps that are data. */
  readonly examples: readonly {
    readonly label: string;
    readonly truth: ArrayLike<number>;
    readonly model: ArrayLike<number>;
  }[];
  /** Per step, over all examples and channels; undefined of one step. */
  readonly errors: StepErrors | undefined;
  readonly baseline: string;
  readonly left: readonly string[];
}

/** Attention weights of the test part: [count, steps], [count, queries, keys] or [count, heads, queries, keys], row-major. */
export interface AttentionFacts {
  /** `context.weights`. */
  readonly name: string;
  readonly scope: string | undefined;
  readonly count: number;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** How many queries and keys of an example are data, and no padding. */
  readonly extent: (example: number) => { readonly queries: number; readonly keys: number };
  /** Row of a step of a window; undefined where examples are no windows of a series. */
  readonly row: ((window: number, step: number) => number) | undefined;
  readonly axis: RowAxis;
}

/** What a model that writes wrote for some examples of the test part, beside what was to be written. */
export interface SamplesFacts {
  /** `beam search, beam_size 4` */
  readonly search: string;
  readonly rows: readonly {
    readonly example: number;
    /** Undefined where the model reads no tokens, but frames, or nothing. */
    readonly source: readonly number[] | undefined;
    readonly truth: readonly number[];
    readonly written: readonly number[];
    readonly score: number;
    /** Whether it ended by itself. */
    readonly complete: boolean;
  }[];
}

/** How often each true class (row) was predicted as each class (column). */
export interface ConfusionFacts {
  readonly target: string;
  readonly classes: number;
  readonly counts: readonly (readonly number[])[];
}
