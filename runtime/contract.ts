/**
 * What a generated module hands to the runtime: plain data and, per target, the kernels and step functions it wrote.
 * The compiler imports these types and nothing else of the runtime; generated modules import `@specloom/runtime` only.
 */

import type { DataSection } from "./contract-data.ts";
import type { DecodeFact, LossFact, TrainingFact } from "./contract-task.ts";
import type { AnyProgramName, DType, GpuPart, TensorFact, WasmPart } from "./contract-programs.ts";

export type {
  AnyProgramName,
  DType,
  FeedFact,
  FurtherProgramName,
  GpuHandle,
  GpuKernelCall,
  GpuPart,
  GpuPlanContext,
  GpuProgram,
  GpuTarget,
  ProgramName,
  Programs,
  SomePrograms,
  StreamProgramName,
  TensorFact,
  WasmFeed,
  WasmPart,
  WasmProgram,
  WasmTarget,
  WasmResidents,
  WasmTensor,
  WrittenKernel,
} from "./contract-programs.ts";
export type { DataSection, SeriesSection, TensorsSection } from "./contract-data.ts";
export type {
  AlignmentDecodeFact,
  DecodeFact,
  EarlyStoppingFact,
  LinkFact,
  LossFact,
  LossReading,
  QuantilesFact,
  TokenDecodeFact,
  TrainingFact,
} from "./contract-task.ts";

/** A tensor that enters with each call: `shape` without the batch axis. */
export interface InputFact {
  readonly name: string;
  readonly role: "input" | "target";
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly dtype: DType;
  readonly vocabulary?: number;
  /** True: `<name>.lengths` [B] (int32, 1 .. shape[0]) comes with it. */
  readonly lengths: boolean;
  /** Least and largest number that a data file may hold for a float32 target, where its loss (`bce`) means no others. */
  readonly range?: readonly [least: number, largest: number];
  /** NaN in a target is a value that is not known, and counts for nothing in losses; the programs read `<name>.mask`. */
  readonly mayBeMissing?: boolean;
  /** Read in training alone: no output depends on it, so that `predict` does not take it. */
  readonly trainingOnly?: true;
  /** Lengths start at 0: the target of a loss that aligns it with its input. */
  readonly mayBeEmpty?: boolean;
}

/**
 * A loss (`ctc`) that reads its target `[B, L]` into an input of at least as many steps, plus one between equal neighbours:
 * what the border of the model checks of every example.
 */
export interface AlignmentFact {
  /** The layer that the loss reads, for messages. */
  readonly input: string;
  readonly target: string;
  /** Labels are 0 .. classes - 1, without `blank`. */
  readonly classes: number;
  readonly blank: number;
  /** Whether a target that cannot fit is refused; false with `zero_infinity`. */
  readonly mustFit: boolean;
  /** Steps of the loss's input at most. */
  readonly steps: number;
  /** The lengths that shorten it: as many steps as the least of these leaves. */
  readonly lengths: readonly LengthTable[];
}

/** How many steps the lengths of one input leave of a sequence that was made of it. */
export interface LengthTable {
  /** The input. */
  readonly of: string;
  /** `steps[n]` are those of an example of length n, where strides or windows make them other than n. */
  readonly steps?: readonly number[];
}

/** How the model is run one step of time at a time, for one example. */
export interface StreamFact {
  /** Inputs that come step by step; a step has `[1, 1, ...]` of each. */
  readonly stepped: readonly string[];
  /** Inputs that come whole, before the first step. */
  readonly whole: readonly string[];
  /** What a step leaves for the next. */
  readonly states: readonly TensorFact[];
  /** What `stream_start` gives and every step reads. */
  readonly context: readonly TensorFact[];
  /** Most steps, where a cache has room for so many. */
  readonly steps?: number;
  /** Outputs of a step. */
  readonly outputs: readonly string[];
}

/** Why a model cannot be run one step at a time. */
export interface StreamObstacle {
  readonly reason: string;
}

export interface OutputFact {
  readonly name: string;
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  /** The inputs that it depends on, where these are not all that `predict` takes. */
  readonly needs?: readonly string[];
  /** Of a sequence [T, ...]: an example has as many rows as the least of these leaves; what lies behind means nothing. */
  readonly lengths?: readonly LengthTable[];
  /** Of weights of attention: what a step looks at, where a key says so; without it all steps. */
  readonly scope?: AttentionScope;
}

/** The whole sequence, the steps up to its own, or its own alone. */
export type AttentionScope = "sequence" | "prefix" | "step";

export type Initializer = (
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "normal"; readonly mean: number; readonly deviation: number }
  | { readonly kind: "constant"; readonly value: number }
) & {
  /** A position along axis 0 where everything is zero. */
  readonly zeroRow?: number;
};

/** What PyTorch keeps a buffer in: `num_batches_tracked` is int64. Here it is float32 everywhere but in files. */
export type StatisticDType = "float32" | "int64";

export interface ParameterFact {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Not changed by the optimizer: it has no gradient and no optimizer state. */
  readonly frozen: boolean;
  /**
   * Set on statistics such as `running_mean`, with their dtype in files: a `train_step` renews them from what it sees, without a
   * gradient. They are parameters in all else (resident, saved, loaded), as PyTorch's buffers are in its `state_dict`.
   */
  readonly statistic?: StatisticDType;
}

/**
 * Optimizer state: one tensor of the parameter's shape per trainable parameter and slot, zero at the start. With a moving
 * average of the parameters (`AverageFact`) there is one slot more, `average`.
 */
export interface OptimizerFact {
  readonly kind: string;
  readonly learningRate: number;
  /** Slot names in PyTorch's words: `exp_avg`, `exp_avg_sq`. */
  readonly slots: readonly string[];
  /** Slots that start with another number than 0, and that number. */
  readonly initial?: Readonly<Record<string, number>>;
  /**
   * The update's scalar coefficients, computed in float64 as PyTorch does.
   * @param step number of this update, 1 for the first
   */
  readonly scalars: (step: number, learningRate: number) => Readonly<Record<string, number>>;
}

export type SchedulePer = "step" | "epoch";

/** How the learning rate goes from update to update. */
export interface ScheduleFact {
  readonly kind: string;
  /** What `position` counts. */
  readonly per: SchedulePer;
  /** Updates in which the rate rises linearly up to that of the schedule's start; a schedule per step begins after them. */
  readonly warmupSteps: number;
  /**
   * The rate in float64.
   * @param position updates (after the warm-up) or epochs that are behind, 0 for the first
   * @param learningRate that of the optimizer, or what a plateau has made of it
   */
  readonly rate: (position: number, learningRate: number) => number;
  readonly plateau?: PlateauFact;
  /** What of it follows from how long the training is, by key of the spec: `{ t_max: 100 }`. */
  readonly planned?: Readonly<Record<string, number>>;
}

/** A schedule that reduces the rate when the validation loss stops getting better: PyTorch's ReduceLROnPlateau. */
export interface PlateauFact {
  readonly mode: "min" | "max";
  readonly factor: number;
  /** Epochs without a better loss that are let pass. */
  readonly patience: number;
  readonly threshold: number;
  readonly thresholdMode: "rel" | "abs";
  /** Epochs after a reduction that count for nothing. */
  readonly cooldown: number;
  /** The smallest rate. */
  readonly minimum: number;
  /** A change of the rate of at most this is not made. */
  readonly least: number;
}

/** Where several batches make an update: what is kept of their gradients in between. */
export interface AccumulationFact {
  /** Batches of an update; there may be fewer. */
  readonly batches: number;
  /** The sums of gradients and of what the losses count; resident. The scalar `accumulation.kept` of 0 forgets them. */
  readonly tensors: readonly TensorFact[];
}

/** Everything static about a generated model. Programs are compiled for `batchSize`; fewer examples are padded and masked. */
export interface ModelDefinition {
  readonly name: string;
  readonly description?: string;
  readonly specHash: string;
  readonly compilerVersion: string;
  /** The resolved spec as plain JSON: for people, and to compile it again. What programs need to know stands beside it. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly batchSize: number;
  readonly inputs: readonly InputFact[];
  readonly outputs: readonly OutputFact[];
  readonly parameters: readonly ParameterFact[];
  /** What training makes small: the sum of these. */
  readonly losses: readonly LossFact[];
  /** Scores that are told of the parts of the data. */
  readonly metrics: readonly string[];
  readonly training: TrainingFact;
  readonly data: DataSection;
  readonly optimizer: OptimizerFact;
  /** Absent where every batch makes an update; then there is the program `accumulate` too. */
  readonly accumulation?: AccumulationFact;
  /** Absent where the learning rate stays what it is. */
  readonly schedule?: ScheduleFact;
  /** Absent where no loss aligns its target. */
  readonly alignments?: readonly AlignmentFact[];
  /** How the model is run step by step, or why it cannot be. */
  readonly stream: StreamFact | StreamObstacle;
  /** Absent where nothing is decoded. */
  readonly decode?: DecodeFact;
  /** Those that the module was compiled with. */
  readonly programs: readonly AnyProgramName[];
  /** Absent where the module was compiled for the wasm target alone; one of the two is there. */
  readonly gpu?: GpuPart;
  /** Absent where the module was compiled for the gpu target alone. */
  readonly wasm?: WasmPart;
}

/** What is known of a model before anything of it is compiled: its border and its spec. */
export type ModelFacts = Pick<
  ModelDefinition,
  | "name"
  | "batchSize"
  | "inputs"
  | "outputs"
  | "parameters"
  | "losses"
  | "metrics"
  | "training"
  | "data"
  | "alignments"
  | "spec"
>;
