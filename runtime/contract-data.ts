/** The data that a model learns from, every default written out and checked by the compiler: a part of the contract. */

/** Fractions of the rows (all of them: 1) or row counts, in the file's order. */
export interface Split {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export type PartName = keyof Split;

/** What of a file's examples goes into which part; consecutive unless it says otherwise. */
export interface SplitOrder {
  readonly order?: "consecutive" | "scattered";
  /** Of scattered examples; 0 unless given. */
  readonly seed?: number;
  /** A tensor of the file with a whole number per example; examples with one number stay in one part. */
  readonly group?: string;
}

export type TensorSplit = Split & SplitOrder;

export type Transform = "log" | { readonly difference: number };

export type Normalization = "none" | "standard" | "minmax";

export type MissingPolicy = "error" | "interpolate" | "forward_fill";

/** How far apart the rows of a series lie in time. */
export type Frequency =
  FrequencyUnit | "business_day" | "irregular" | { readonly every: number; readonly unit: FrequencyUnit };

export type FrequencyUnit = "second" | "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";

/** Windows of a table whose rows are in time order. */
export interface SeriesSection {
  readonly kind: "series";
  readonly file: string;
  readonly columns: readonly string[];
  readonly targets: readonly string[];
  readonly window: number;
  readonly horizon: "next" | number;
  readonly stride: number;
  readonly transform: readonly Transform[];
  readonly normalize: Normalization;
  readonly split: Split;
  readonly missing: MissingPolicy;
  /** The column that says when rows were; without it the first column of dates that is no data is looked at. */
  readonly time?: string;
  /** How far apart rows lie; without it the rows tell. */
  readonly frequency?: Frequency;
}

/** Named arrays of a file, whose first axis counts the examples. */
export interface TensorsSection {
  readonly kind: "tensors";
  readonly file: string;
  readonly validation_file?: string;
  readonly test_file?: string;
  /** Of `file`; absent beside further files, and then all of `file` is for training. */
  readonly split?: TensorSplit;
}

export type DataSection = SeriesSection | TensorsSection;
