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

/** A kernel as the module shows it, for the type checker and for readers. */
export type WrittenKernel = (...parameters: never[]) => number;

declare const written: unique symbol;
export interface GpuKernel<Written extends WrittenKernel = WrittenKernel> {
  /** The function `Written` as JavaScript text. Never a function: what a minifier makes of one gpu.js cannot always read. */
  readonly source: string;
  /** What gpu.js wants: [x], [x, y] or [x, y, z], x innermost. */
  readonly output: readonly number[];
  /** A type alone. */
  readonly [written]?: Written;
}

declare const handle: unique symbol;
/** A tensor on the device while a plan is traced: it can only be passed on. */
export interface GpuHandle {
  readonly [handle]: true;
}

/** `undefined` is a slot of a steps buffer that was never written: the executor refuses it, so plans need not check. */
export type GpuKernelCall = (...inputs: readonly (GpuHandle | number | undefined)[]) => GpuHandle;

/** The call of a known kernel: a handle for each tensor, a number for each index. */
export type CallOf<Kernel extends GpuKernel> =
  Kernel extends GpuKernel<infer Written> ? (...inputs: InputsOf<Parameters<Written>>) => GpuHandle : never;

type InputsOf<Given extends readonly unknown[]> = {
  [Position in keyof Given]: [Given[Position]] extends [never]
    ? never
    : Given[Position] extends Index
      ? number
      : GpuHandle | undefined;
};

/** What a plan works with; the type parameters are the kernels and arguments it may use. */
export interface GpuPlanContext<
  Kernels extends Readonly<Record<string, GpuKernel>> = Readonly<Record<string, GpuKernel>>,
  ArgumentName extends string = string,
> {
  readonly kernels: { readonly [Name in keyof Kernels]: CallOf<Kernels[Name]> };
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
  readonly programs: Programs<WasmProgram>;
  /** Prediction for one example at a time; absent where `batchSize` is 1 anyway. */
  readonly predictOne?: WasmProgram;
}
