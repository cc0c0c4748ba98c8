/**
 * What a training step costs, as far as facts of the module tell: enough to say whether a GPU could pay. A GPU has to be
 * asked for every kernel of a step one after the other, which for small models takes far longer than the arithmetic.
 */
import type { ModelDefinition } from "../contract.ts";

/** Rough figures of machines as they are: they need to be right within a factor of a few. */
const SECONDS_PER_LAUNCH = 8e-6;
const GPU_FLOPS = 1e12;
const WASM_FLOPS = 2.5e10;
/** What each thread after the first adds. */
const GAIN_PER_THREAD = 0.6;

export interface Estimate {
  /** What is estimated. */
  readonly work: string;
  readonly launches: number;
  readonly flops: number;
  readonly gpuSeconds: number;
  readonly wasmSeconds: number;
}

/**
 * A training step on a GPU, launches x 8 us + flops / 1e12, against one in wasm, flops / 2.5e10, which the second thread
 * makes 1.6 times as fast, the third 2.2 times, and so on.
 *
 * @param threads that the step would use in wasm
 * @returns undefined where the module was compiled for one target alone
 */
export function estimateStep({ gpu, wasm, programs }: ModelDefinition, threads: number): Estimate | undefined {
  if (gpu === undefined || wasm === undefined) return undefined;
  const { launches } = gpu;
  const { flops } = wasm;
  return {
    work: programs.includes("train_step") ? "a training step" : "a prediction",
    launches,
    flops,
    gpuSeconds: launches * SECONDS_PER_LAUNCH + flops / GPU_FLOPS,
    wasmSeconds: flops / WASM_FLOPS / (1 + GAIN_PER_THREAD * (threads - 1)),
  };
}

/** `a training step is estimated at 0.031 ms in wasm and 2.9 ms on a GPU (361 kernel launches)` */
export function estimateText({ work, gpuSeconds, wasmSeconds, launches }: Estimate): string {
  const milliseconds = (seconds: number): string => `${(seconds * 1000).toPrecision(2)} ms`;
  return (
    `${work} is estimated at ${milliseconds(wasmSeconds)} in wasm and ` +
    `${milliseconds(gpuSeconds)} on a GPU (${String(launches)} kernel launches)`
  );
}
