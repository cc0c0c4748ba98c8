/**
 * What a generated module hands to the runtime: plain data and, per target, the kernels and step functions it wrote.
 * The compiler imports these types and nothing else of the runtime; generated modules import `specloom/runtime` only.
 */

export type DType = "float32" | "int32";

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
}

export interface OutputFact {
  readonly name: string;
  readonly shape: readonly number[];
  readonly axes: readonly string[];
}

export type Initializer =
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "normal"; readonly mean: number; readonly deviation: number }
  | { readonly kind: "constant"; readonly value: number };

export interface ParameterFact {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly frozen: boolean;
}

/** Optimizer state: one tensor of the parameter's shape per trainable parameter and slot, zero at the start. */
export interface OptimizerFact {
  readonly kind: string;
  readonly learningRate: number;
  /** Slot names in PyTorch's words: `exp_avg`, `exp_avg_sq`. */
  readonly slots: readonly string[];
  /**
   * The update's scalar coefficients, computed in float64 as PyTorch does.
   * @param step number of this update, 1 for the first
   */
  readonly scalars: (step: number, learningRate: number) => Readonly<Record<string, number>>;
}

export type ProgramName = "predict" | "evaluate" | "gradients" | "train_step";

/** One argument or result of a program: outside name and full shape, batch axis included. */
export interface TensorFact {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ArgumentFact extends TensorFact {
  readonly role: "input" | "parameter" | "state" | "scalar" | "random";
  readonly dtype: DType;
}

/** A program as the gpu target wrote it. `plan` runs once, inside gpu.js's tracing, on opaque handles. */
export interface GpuProgram {
  readonly arguments: readonly ArgumentFact[];
  readonly results: readonly TensorFact[];
  /** Kernels by name; programs of one module share a table, and each creates those its plan calls. */
  readonly kernels: Readonly<Record<string, GpuKernel>>;
  /** Calls the kernels in order; returns one handle per result. A method, so that a plan may name its own kernels. */
  plan(context: GpuPlanContext): Record<string, GpuHandle>;
}

export interface GpuKernel {
  readonly source: (...parameters: never[]) => number;
  /** What gpu.js wants: [x], [x, y] or [x, y, z], x innermost. */
  readonly output: readonly number[];
}

declare const handle: unique symbol;
/** A tensor on the device while a plan is traced: it can only be passed on. */
export interface GpuHandle {
  readonly [handle]: true;
}

/** `undefined` is a slot of a steps buffer that was never written: the executor refuses it, so plans need not check. */
export type GpuKernelCall = (...inputs: readonly (GpuHandle | number | undefined)[]) => GpuHandle;

/** What a plan works with; the type parameters are the names it may use. */
export interface GpuPlanContext<KernelName extends string = string, ArgumentName extends string = string> {
  readonly kernels: Readonly<Record<KernelName, GpuKernelCall>>;
  /** Joins the slots of a loop, each of shape `shape`, into one tensor [slots, ...shape]. */
  readonly stack: (slots: readonly GpuHandle[], shape: readonly number[]) => GpuHandle;
  /** One handle per argument, by outside name. */
  readonly tensors: Readonly<Record<ArgumentName, GpuHandle>>;
}

/** A tensor with its place in the linear memory of the wasm target, in bytes. All are float32 there, whole numbers too. */
export interface WasmTensor extends TensorFact {
  readonly offset: number;
}

export interface WasmArgument extends ArgumentFact {
  readonly offset: number;
}

/**
 * A program as the wasm target wrote it: an exported function of the same name (`predict_one` for `predictOne`),
 * `(mode: i32) => i32`. It returns 1; a `train_step` that would make a parameter or an optimizer state not finite, or one
 * of whose other results (`loss.count` aside) is not finite, returns 0 and leaves them as they were, unless `mode` has
 * bit 0 set. With bit 1 set the calling thread does all the work. It may overwrite its arguments.
 */
export interface WasmProgram {
  readonly arguments: readonly WasmArgument[];
  /** Results that share their name with a resident tensor lie in that tensor's place. */
  readonly results: readonly WasmTensor[];
  /** Threads that are worth starting for one call; 1 where waiting for each other would cost more. */
  readonly threads: number;
  /** Floating-point operations of one call; what `auto` weighs against a GPU's launches. */
  readonly flops?: number;
}

/**
 * What the wasm target carries. Both binaries have the same programs and the same memory: they import
 * `env.memory` (declared shared; the runtime clears that flag where memory cannot be shared) and export the programs,
 * `enter(index, count)`, which tells an instance which thread of how many it is, `work()`, a worker's loop, and
 * `leave()`, which ends the workers' loops.
 */
export interface WasmModule {
  /** WebAssembly binaries in base64: plain SIMD, and with relaxed SIMD's fused multiply-add. */
  readonly simd: string;
  readonly relaxed: string;
  /** Planned size of the linear memory for one thread, and what each further thread needs beside it. */
  readonly memoryBytes: number;
  readonly threadBytes: number;
  /** Parameters and optimizer state: they stay in memory from call to call. */
  readonly residents: readonly WasmTensor[];
  readonly programs: Readonly<Record<ProgramName, WasmProgram>>;
  /** Prediction for one example at a time; absent where `batchSize` is 1 anyway. */
  readonly predictOne?: WasmProgram;
}

/** Everything static about a generated model. Programs are compiled for `batchSize`; fewer examples are padded and masked. */
export interface ModelDefinition {
  readonly name: string;
  readonly specHash: string;
  readonly compilerVersion: string;
  /** The resolved spec as plain JSON: the data section tells the data loaders what to read. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly batchSize: number;
  readonly inputs: readonly InputFact[];
  readonly outputs: readonly OutputFact[];
  readonly parameters: readonly ParameterFact[];
  readonly optimizer: OptimizerFact;
  readonly gpu: Readonly<Record<ProgramName, GpuProgram>>;
  /** Absent where the module was compiled for the gpu target alone. */
  readonly wasm?: WasmModule;
}

/** What ran, as far as the device can tell. */
export interface BackendReport {
  /** What was asked for: `auto`, `webgpu`, `cpu` ... */
  readonly requested: string;
  /** What runs: `webgpu`, `webgl2`, `headlessgl`, `wasm`, `webasm`, `cpu`. */
  readonly backend: string;
  /**
   * gpu.js's executor: `fused-encoder`, `fused-sync`, `fused-threaded`, `generic`; null before the first call. Of `wasm`
   * the variant and, from two on, the threads: `simd`, `relaxed-simd`, `relaxed-simd, 2 threads`.
   */
  readonly executorKind: string | null;
  /** Of `wasm`: why it has no relaxed SIMD, or fewer threads than the model could use and the machine has cores; else null. */
  readonly fallbackReason: string | null;
  /** Name of the adapter or renderer, where there is one. */
  readonly adapter: string | null;
  /** True for SwiftShader, llvmpipe and other adapters that compute on the CPU. */
  readonly software: boolean;
  /** Why this backend was chosen, for `auto`. */
  readonly reason: string;
}

/**
 * Runs the programs of one model, and keeps its parameters and optimizer state where they run.
 * Arguments and results are flat, row-major, of exactly the facts' sizes.
 */
export interface Executor {
  readonly report: () => BackendReport;
  /** Gives resident tensors (`<parameter>`, `<parameter>#<slot>`) other values; they are copied. */
  readonly write: (tensors: Readonly<Record<string, Float32Array>>) => void;
  /** A copy of a resident tensor. */
  readonly read: (name: string) => Float32Array;
  /**
   * @param argumentsByName inputs, scalars and random numbers; resident tensors are there already
   * @param batch examples per call: `batchSize`, or 1 where `batches` says that the program has such a form
   */
  readonly run: (
    program: ProgramName,
    argumentsByName: Readonly<Record<string, Float32Array>>,
    batch: number,
  ) => Promise<ProgramRun>;
  /** The batch sizes that a program can run with, largest first; the last resort is `batchSize`. */
  readonly batches: (program: ProgramName) => readonly [number, ...number[]];
  readonly dispose: () => Promise<void>;
}

export interface ProgramRun {
  /** The results that are not resident. */
  readonly results: Record<string, Float32Array>;
  /**
   * Set when a `train_step` made a resident tensor or a result (`loss.count` aside) not finite: what the resident tensors
   * would have become, by name. They are then as they were. Otherwise they have been updated.
   */
  readonly refused?: Record<string, Float32Array>;
}

/** Row-major numbers: flat, or nested by shape. Lengths are checked against the model. */
export type TensorInput = Float32Array | Int32Array | NestedNumbers;
export type NestedNumbers = readonly (number | NestedNumbers)[];
export type TensorInputs = Readonly<Record<string, TensorInput>>;
export type TensorOutputs = Record<string, Float32Array>;

/** The inputs that `predict` needs, and those that training needs, as types of a definition written `as const`. */
export type PredictInputs<D extends ModelDefinition> = {
  readonly [F in D["inputs"][number] as F["role"] extends "input" ? F["name"] : never]: TensorInput;
} & LengthInputs<D, "input">;
export type TrainInputs<D extends ModelDefinition> = {
  readonly [F in D["inputs"][number] as F["name"]]: TensorInput;
} & LengthInputs<D>;
export type LengthInputs<D extends ModelDefinition, Role extends InputFact["role"] = InputFact["role"]> = {
  readonly [
    F in D["inputs"][number] as F["role"] extends Role
      ? F["lengths"] extends true
        ? `${F["name"]}.lengths`
        : never
      : never
  ]: TensorInput;
};
export type Outputs<D extends ModelDefinition> = { [F in D["outputs"][number] as F["name"]]: Float32Array };

export interface CreateOptions {
  readonly backend?: string;
  /** Bytes of a safetensors file in PyTorch's names and layouts. */
  readonly weights?: Uint8Array;
  /** Seed of the initial weights and of dropout; default 0. */
  readonly seed?: number;
  /** Most threads that the backend `wasm` may use; 1: no workers. Default: as many as pay, up to the number of cores. */
  readonly threads?: number;
  /**
   * Which variant of the backend `wasm`: `plain` SIMD, whose results are the same on every machine, or `relaxed` SIMD, whose
   * multiply-add rounds once where the processor can. Default: relaxed where the engine offers it. `SPECLOOM_WASM=simd` in
   * Node's environment takes relaxed SIMD away.
   */
  readonly simd?: SimdVariant;
}

export type SimdVariant = "plain" | "relaxed";

/** A loss and what it counts: the elements its mean was taken over where the programs tell them, else the examples. */
export interface LossValue {
  readonly loss: number;
  readonly count: number;
  /** Where several losses are summed, each by itself: they may count different elements. */
  readonly parts?: readonly LossPartValue[];
}

export interface LossPartValue {
  readonly loss: number;
  readonly count: number;
  readonly reduction: "mean" | "sum";
}

/** A live model. `D` keeps names of inputs and outputs in the types. */
export interface LiveModel<D extends ModelDefinition = ModelDefinition> {
  readonly definition: D;
  /** Any number of examples; they are run in batches of `batchSize`. */
  predict(inputs: PredictInputs<D>): Promise<Outputs<D>>;
  /**
   * One update with 1 to `batchSize` examples. `loss` is that before the update; `count` as in `evaluate`.
   *
   * @throws Problem `loss-not-finite` naming the tensors that are not finite; the model is then as it was.
   */
  trainStep(inputs: TrainInputs<D>, options?: { readonly learningRate?: number }): Promise<LossValue>;
  /** Loss in evaluation mode of any number of examples, as if they were one batch, and the model's outputs. */
  evaluate(inputs: TrainInputs<D>): Promise<LossValue & { readonly outputs: Outputs<D> }>;
  /** Gradients of the training-mode loss by parameter name, PyTorch's layout. */
  gradients(inputs: TrainInputs<D>): Promise<Record<string, Float32Array>>;
  /** Copies, by name, PyTorch's layout. */
  parameters(): Record<string, Float32Array>;
  /** Safetensors bytes of the parameters. */
  save(): Promise<Uint8Array>;
  load(weights: Uint8Array): Promise<void>;
  /** Optimizer state (`<parameter>#<slot>`) and the counters a resumed run needs. */
  trainingState(): { readonly step: number; readonly seed: number; readonly slots: Record<string, Float32Array> };
  restoreTrainingState(state: {
    readonly step: number;
    readonly seed: number;
    readonly slots: Readonly<Record<string, Float32Array>>;
  }): void;
  report(): BackendReport;
  dispose(): Promise<void>;
}

/** The exported `model` of a generated module. */
export interface ModelHandle<D extends ModelDefinition = ModelDefinition> {
  readonly definition: D;
  readonly spec: D["spec"];
  readonly parameters: D["parameters"];
  readonly inputs: D["inputs"];
  readonly outputs: D["outputs"];
  create(options?: CreateOptions): Promise<LiveModel<D>>;
}
