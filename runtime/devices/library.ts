/** The part of gpu.js that is used, in types of our own: its declarations are loose, and only `load-library.ts` imports it. */
import type { GpuHandle } from "../contract.ts";
import { Problem } from "../problem.ts";

/** The modes of gpu.js that exist here, best first. */
export const gpuBackends = ["webgpu", "webgl2", "headlessgl", "webasm", "cpu"] as const;
export type GpuBackend = (typeof gpuBackends)[number];

/** A flat array with its size, innermost axis first. */
export interface SizedInput {
  readonly value: Float32Array;
}

/** What a pipeline returns for one result: flat for one axis, nested rows for more. */
export type PipelineResult = Float32Array | readonly PipelineResult[];

export interface Pipeline {
  (...values: readonly SizedInput[]): Promise<Readonly<Record<string, PipelineResult>>>;
  /** `webgpu`, `gpu` (every WebGL), `webasm` or `cpu`. */
  readonly backend: string | null;
  readonly executorKind: string;
  readonly fallbackReason: string | null;
  destroy(): Promise<void>;
}

/** A kernel as gpu.js takes it. */
export interface KernelText {
  readonly source: string;
  /** [x], [x, y] or [x, y, z], x innermost. */
  readonly output: readonly number[];
}

export type KernelCall = (...inputs: readonly (GpuHandle | number)[]) => GpuHandle;

export interface KernelSettings {
  readonly output: readonly number[];
  readonly precision: "single";
  readonly tactic: "precision";
}

export interface GpuInstance {
  /** Undefined before the first kernel, and where there is no WebGL context. */
  readonly context?: unknown;
  createKernel(source: string, settings: KernelSettings): KernelCall;
  createPipeline(
    plan: (...handles: GpuHandle[]) => Record<string, GpuHandle>,
    settings?: { readonly threads: boolean },
  ): Pipeline;
  destroy(): Promise<void>;
}

export interface GpuLibrary {
  readonly GPU: new (settings: { readonly mode: GpuBackend }) => GpuInstance;
  readonly input: (value: Float32Array, size: readonly number[]) => SizedInput;
}

/**
 * The one way of a kernel to gpu.js: the model's, those that join steps, and the canary's.
 *
 * @throws Problem `program-mismatch` for a function: a minifier may have made of it what gpu.js cannot read
 */
export function createKernel(gpu: Pick<GpuInstance, "createKernel">, { source, output }: KernelText): KernelCall {
  if (typeof source !== "string") {
    throw new Problem({
      code: "program-mismatch",
      message: "A kernel of this module is a function, where this runtime expects its text.",
      help: "the module was written by an older compiler; compile the spec again.",
    });
  }
  // Full precision on every device; the defaults leave both to the device.
  return gpu.createKernel(source, { output: [...output], precision: "single", tactic: "precision" });
}

/** A plan with a fixed number of arguments: gpu.js asks the function's `length`, which rest parameters do not have. */
export function planWith(
  count: number,
  plan: (handles: readonly GpuHandle[]) => Record<string, GpuHandle>,
): (...handles: GpuHandle[]) => Record<string, GpuHandle> {
  const traced = (...handles: GpuHandle[]): Record<string, GpuHandle> => plan(handles);
  return Object.defineProperty(traced, "length", { value: count });
}

/** At most three axes, innermost first: leading axes merge, a scalar is one cell. As the compiler's gpu target has it. */
export function gpuSize(shape: readonly number[]): readonly number[] {
  if (shape.length === 0) return [1];
  const lead = shape.slice(0, Math.max(0, shape.length - 2));
  const merged = lead.length === 0 ? [] : [lead.reduce((product, length) => product * length, 1)];
  return [...merged, ...shape.slice(-2)].reverse();
}
