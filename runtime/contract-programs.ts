/** The programs of a generated module as each target wrote them: a part of the contract. */
import type { Index } from "./kernel-types.ts";

export type DType = "float32" | "int32";

export type ProgramName = "predict" | "evaluate" | "gradients" | "train_step";

/** Programs that only some models have: whose updates are made of several batches, and that can be run step by step. */
export type FurtherProgramName = "accumulate" | StreamProgramName;

/** Of one example: what is computed before the first step of a stream, and one step. */
export type StreamProgramName = "stream_start" | "stream_step";

export type AnyProgramName = ProgramName | FurtherProgramName;

/** One thing per program of a model. */
export type Programs<Thing> = Readonly<Record<ProgramName, Thing>> &
  Readonly<Partial<Record<FurtherProgramName, Thing>>>;

/** Programs of which a module may have some: it can be compiled for prediction alone. */
export type SomePrograms<Thing> = Readonly<Partial<Record<AnyProgramName, Thing>>>;

/** An outside name and the full shape, batch axis included. */
export interface TensorFact {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What a program takes with each call, beside the tensors that stay where it runs. */
export interface FeedFact extends TensorFact {
  readonly role: "input" | "scalar" | "random";
}

/** A part of a module that is loaded when it is needed: the gpu target's by the backends of gpu.js alone. */
export interface GpuPart {
  /** Kernels that a training step calls, or a prediction where the module has no training: what `auto` weighs. */
  readonly launches: number;
  readonly load: () => Promise<GpuTarget>;
}

/** What the gpu target wrote. */
export interface GpuTarget {
  /** The kernels as JavaScript text, by name. Never functions: what a minifier makes of one gpu.js cannot always read. */
  readonly kernels: Readonly<Record<string, string>>;
  readonly programs: SomePrograms<GpuProgram>;
}

/** A program as the gpu target wrote it. `plan` runs once, inside gpu.js's tracing, on opaque handles. */
export interface GpuProgram {
  /** What comes with each call. Parameters and optimizer state that it reads are those that the plan asks for. */
  readonly feeds: readonly FeedFact[];
  /** Calls the kernels in order; returns one handle per result. A method, so that a plan may name its own kernels. */
  plan(context: GpuPlanContext): Record<string, GpuHandle>;
}

/** A kernel as the module shows it, for the type checker and for readers. */
export type WrittenKernel = (...parameters: never[]) => number;

declare const handle: unique symbol;
/** A tensor on the device while a plan is traced: it can only be passed on. */
export interface GpuHandle {
  readonly [handle]: true;
}

/**
 * The call of a kernel: the shape of its output, then its inputs. `undefined` is a slot of a loop that was never written: the
 * executor refuses it, so plans need not check.
 */
export type GpuKernelCall = (
  shape: readonly number[],
  ...inputs: readonly (GpuHandle | number | undefined)[]
) => GpuHandle;

/** The call of a known kernel: a handle for each tensor, a number for each index. */
export type CallOf<Written> = Written extends WrittenKernel
  ? (shape: readonly number[], ...inputs: InputsOf<Parameters<Written>>) => GpuHandle
  : never;

type InputsOf<Given extends readonly unknown[]> = {
  [Position in keyof Given]: [Given[Position]] extends [never]
    ? never
    : Given[Position] extends Index
      ? number
      : GpuHandle | undefined;
};

/** What a plan works with; the type parameter is the kernels that it may call. */
export interface GpuPlanContext<Kernels = Readonly<Record<string, WrittenKernel>>> {
  readonly kernels: { readonly [Name in keyof Kernels]: CallOf<Kernels[Name]> };
  /** Joins the slots of a loop, each of shape `shape`, into one tensor [slots, ...shape]. */
  readonly stack: (slots: readonly GpuHandle[], shape: readonly number[]) => GpuHandle;
  /** One handle per argument, by outside name. */
  readonly tensors: Readonly<Record<string, GpuHandle>>;
}

/** A tensor with its place in the linear memory of the wasm target, in bytes. All are float32 there, whole numbers too. */
export interface WasmTensor extends TensorFact {
  readonly offset: number;
}

export interface WasmFeed extends FeedFact {
  readonly offset: number;
}

/**
 * A program as the wasm target wrote it: an exported function of the same name (`predict_one` for `predictOne`),
 * `(mode: i32) => i32`. It returns 1; a `train_step` that would make a parameter or an optimizer state not finite, or one
 * of whose other results (`loss.count` aside) is not finite, returns 0 and leaves them as they were, unless `mode` has
 * bit 0 set. With bit 1 set the calling thread does all the work. It may overwrite its feeds.
 */
export interface WasmProgram {
  readonly feeds: readonly WasmFeed[];
  /** Results that are not resident, gradients of parameters aside. */
  readonly results: readonly WasmTensor[];
  /** Where gradients lie that are results, by parameter. */
  readonly gradients?: Readonly<Record<string, number>>;
  /** Resident tensors that it gives other values, in their places. */
  readonly updates: readonly string[] | { readonly allBut: readonly string[] };
  /** Threads that are worth starting for one call; 1 where waiting for each other would cost more. */
  readonly threads: number;
}

/**
 * Where resident tensors lie, in bytes: a parameter and what belongs to it, whose names are the parameter's with a suffix. Their
 * shapes are in the definition.
 */
export interface WasmResidents {
  /** `""` is the parameter itself, `#exp_avg` a slot of the optimizer. */
  readonly suffixes: readonly string[];
  /** By parameter, one place for each suffix. */
  readonly offsets: Readonly<Record<string, readonly number[]>>;
}

/** The wasm target's part of a module. */
export interface WasmPart {
  /** Floating-point operations of a training step, or of a prediction where the module has no training; `auto` weighs them. */
  readonly flops: number;
  /** Threads that are worth starting for it. */
  readonly threads: number;
  readonly load: () => Promise<WasmTarget>;
}

/**
 * What the wasm target carries. Both binaries have the same programs and the same memory: they import
 * `env.memory` (declared shared; the runtime clears that flag where memory cannot be shared) and export the programs,
 * `enter(index, count)`, which tells an instance which thread of how many it is, `work()`, a worker's loop, and
 * `leave()`, which ends the workers' loops.
 */
export interface WasmTarget {
  /** WebAssembly binaries, packed as zlib does and in base64: plain SIMD, and with relaxed SIMD's fused multiply-add. An engine needs one of them. */
  readonly simd: () => Promise<string>;
  readonly relaxed: () => Promise<string>;
  /** Planned size of the linear memory for one thread, and what each further thread needs beside it. */
  readonly memoryBytes: number;
  readonly threadBytes: number;
  /** Parameters and optimizer state: they stay in memory from call to call. */
  readonly residents: readonly WasmResidents[];
  readonly programs: SomePrograms<WasmProgram>;
  /** Prediction for one example at a time; absent where `batchSize` is 1 anyway. */
  readonly predictOne?: WasmProgram;
}
