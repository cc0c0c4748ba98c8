/** A small pipeline with a known answer, run before a backend is trusted: devices can give zeros without an error. */
import type { GpuHandle } from "../contract.ts";
import { Problem } from "../problem.ts";
import { messageOf } from "./failure.ts";
import {
  createKernel,
  planWith,
  type GpuBackend,
  type GpuInstance,
  type GpuLibrary,
  type KernelText,
} from "./library.ts";

/** Longer than the 1000 iterations at which gpu.js cuts loops that it cannot prove. */
const terms = 1500;
const given = Float32Array.from([0.25, -0.5, 1, 2, -3, 0.125, 40, -80]);
const width = given.length;
const tolerance = 1e-4;

/** Written as the compiler writes the kernels of a model: what breaks theirs breaks these. */
const sum: KernelText = {
  source: `function canarySum(values, offset) { const x = this.thread.x; let sum = 0; for (let k = 0; k < ${terms}; k++) { sum += values[x] * 0.001 + offset * 0.0001; } return sum; }`,
  output: [width],
};
const squash: KernelText = {
  source:
    "function canarySquash(sums) { const x = this.thread.x; return Math.tanh(Math.max(-10, Math.min(10, sums[x]))) + x; }",
  output: [width],
};

export function expectedCanary(): readonly number[] {
  return Array.from(given, (value, x) => Math.tanh(terms * (value * 0.001 + 2 * 0.0001)) + x);
}

/** What a run tells about the backend beyond its answer. */
export interface CanaryRun {
  readonly backend: string | null;
  readonly executorKind: string;
  readonly fallbackReason: string | null;
}

/**
 * @throws Problem `backend-wrong-answer` naming the backend when the numbers are wrong, `backend-unavailable` when it fails
 */
export async function runCanary(library: GpuLibrary, gpu: GpuInstance, backend: GpuBackend): Promise<CanaryRun> {
  try {
    const [first, second] = [createKernel(gpu, sum), createKernel(gpu, squash)];
    const plan = (handles: readonly GpuHandle[]): Record<string, GpuHandle> => ({
      answer: second(first(...handles.slice(0, 1), 2)),
    });
    const pipeline = gpu.createPipeline(planWith(1, plan));
    const { answer } = await pipeline(library.input(given, [width]));
    const { backend: ran, executorKind, fallbackReason } = pipeline;
    await pipeline.destroy();
    const found = answer instanceof Float32Array ? Array.from(answer) : [];
    if (!isExpected(found)) throw wrongAnswer(backend, found);
    return { backend: ran, executorKind, fallbackReason };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem({
      code: "backend-unavailable",
      message: `The backend ${backend} failed in its test at the start: ${messageOf(error)}.`,
      help: "choose another backend, or run `specloom doctor` to see which ones work.",
    });
  }
}

export function isExpected(found: readonly number[]): boolean {
  const expected = expectedCanary();
  return (
    found.length === expected.length && found.every((value, x) => Math.abs(value - (expected[x] ?? NaN)) <= tolerance)
  );
}

function wrongAnswer(backend: GpuBackend, found: readonly number[]): Problem {
  const shown = (values: readonly number[]): string => values.map((value) => value.toFixed(4)).join(", ");
  return new Problem({
    code: "backend-wrong-answer",
    message: `The backend ${backend} computes wrong numbers: expected ${shown(expectedCanary())}, found ${shown(found)}.`,
    help: "the driver is at fault; choose another backend.",
  });
}
