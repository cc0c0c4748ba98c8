/** Between stages 2 and 3: the spec as keys and values of the right shape, before anything is filled in. */
import type { DType } from "@specloom/runtime/internal/contract";

/** A spec that satisfies the JSON schema: shapes of keys are right, meaning is not checked yet. Defaults are not filled. */
export interface Spec {
  readonly specloom: 1;
  readonly name: string;
  readonly description?: string;
  readonly data: DataSpec;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  /** Layer kinds of the spec's own, by name; stage 3 reads their equations. */
  readonly cells?: Readonly<Record<string, unknown>>;
  readonly layers: readonly LayerSpec[];
  readonly loss: KindSpec | readonly KindSpec[];
  readonly optimizer: KindSpec;
  readonly schedule?: KindSpec;
  readonly train?: TrainSpec;
  readonly decode?: Readonly<Record<string, unknown>>;
  readonly metrics?: readonly string[];
  readonly outputs?: readonly string[];
  /** Pointers of parts whose errors are reported already; what needs them stays silent, and no model comes out. */
  readonly broken?: ReadonlySet<string>;
}

export interface KindSpec {
  readonly kind: string;
  readonly [key: string]: unknown;
}

export interface LayerSpec extends KindSpec {
  readonly name?: string;
  readonly from?: string | readonly string[];
  readonly freeze?: boolean;
  readonly init?: unknown;
}

export interface DataSpec extends KindSpec {
  readonly file?: string;
}

export interface InputSpec {
  readonly shape: readonly (number | string)[];
  readonly dtype?: "float32" | "int32";
  readonly vocabulary?: number;
  readonly lengths?: boolean;
}

export interface TrainSpec {
  readonly epochs?: number;
  readonly steps?: number;
  readonly batch_size?: number;
  readonly seed?: number;
  readonly shuffle?: boolean;
  readonly clip_grad_norm?: number;
  readonly clip_grad_value?: number;
  readonly accumulate?: number;
  readonly average?: { readonly kind: "ema"; readonly decay?: number; readonly start_step?: number };
  readonly teacher_forcing?: Partial<TeacherForcing> & Pick<TeacherForcing, "kind">;
  readonly early_stopping?: { readonly patience: number; readonly metric?: string; readonly restore_best?: boolean };
}

/** What resolve must know of the data that only the data can tell. Read by whoever calls the compiler, never by it. */
export interface DataFacts {
  /** For `tensors`: shape (first axis: examples) and dtype of every tensor in the file. */
  readonly tensors?: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: DType }>>;
}

/** `train.teacher_forcing` with its defaults: how often a decoder reads the true token in training. */
export interface TeacherForcing {
  readonly kind: "constant" | "linear" | "exponential" | "inverse_sigmoid";
  /** Probability in the first update, and the least later on. */
  readonly start: number;
  readonly end: number;
  /** Of linear: updates until `end` is reached. */
  readonly steps?: number;
  /** Of exponential: the factor of an update, below 1. Of inverse_sigmoid: how slow it falls, from 1. */
  readonly k?: number;
}
