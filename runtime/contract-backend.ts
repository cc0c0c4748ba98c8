/** What runs the programs of a model, and what it says of itself: a part of the contract. */
import type { AnyProgramName, FeedFact, TensorFact } from "./contract-programs.ts";

/** What can be asked for; `auto` is the default. */
export type Backend = "auto" | RunningBackend;
/** What can run. */
export type RunningBackend = "webgpu" | "webgl2" | "headlessgl" | "wasm" | "webasm" | "cpu";

/** What ran, as far as the device can tell. */
export interface BackendReport {
  /** What was asked for: `auto`, `webgpu`, `cpu` ... */
  readonly requested: Backend;
  /** What runs: `webgpu`, `webgl2`, `headlessgl`, `wasm`, `webasm`, `cpu`. */
  readonly backend: RunningBackend;
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
  /**
   * What was made of the weights that the model has: numbers of another type that were converted, a prefix of all names that
   * was left out. Absent for weights as this project saves them.
   */
  readonly notices?: readonly string[];
}

/**
 * Runs the programs of one model, and keeps its parameters and optimizer state where they run.
 * Arguments and results are flat, row-major, of exactly the facts' sizes.
 */
export interface Executor {
  /** Undefined of a program that the module does not have. */
  readonly facts: (program: AnyProgramName) => ProgramFacts | undefined;
  readonly report: () => BackendReport;
  /** Gives resident tensors (`<parameter>`, `<parameter>#<slot>`) other values; they are copied. */
  readonly write: (tensors: Readonly<Record<string, Float32Array>>) => void;
  /** A copy of a resident tensor. */
  readonly read: (name: string) => Float32Array;
  /**
   * @param argumentsByName inputs, scalars and random numbers; resident tensors are there already
   * @param batch examples per call: `batchSize`, or 1 where `batches` says that the program has such a form
   * @param taken called where the program changed resident tensors, in the very moment: what is read before has nothing of the
   *   change, what is read after has all of it
   */
  readonly run: (
    program: AnyProgramName,
    argumentsByName: Readonly<Record<string, Float32Array>>,
    batch: number,
    taken?: (program: AnyProgramName) => void,
  ) => Promise<ProgramRun>;
  /** The batch sizes that a program can run with, largest first; the last resort is `batchSize`. */
  readonly batches: (program: AnyProgramName) => readonly [number, ...number[]];
  readonly dispose: () => Promise<void>;
}

/** The border of a program, of its usual batch size. */
export interface ProgramFacts {
  readonly feeds: readonly FeedFact[];
  /** Results that are not resident. */
  readonly results: readonly TensorFact[];
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
