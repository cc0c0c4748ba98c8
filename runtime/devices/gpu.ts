/** The one place that loads gpu.js; the backends it offers, and an executor on the one that is asked for. */
import type { Executor, ModelDefinition } from "../contract.ts";
import { Problem } from "../problem.ts";
import { isNode, lacksGpuDevice } from "./adapter.ts";
import { messageOf } from "./canary.ts";
import { GpuExecutor } from "./executor.ts";
import { gpuBackends, type GpuBackend, type GpuLibrary } from "./library.ts";
import { openBackend, type OpenBackend } from "./open.ts";

/** Loads gpu.js: a CommonJS module in Node, a class with the rest attached to it in a browser's bundle. */
async function loadLibrary(): Promise<GpuLibrary> {
  const loaded: unknown = await import("gpu.js");
  const inner = (loaded as { readonly default?: unknown }).default ?? loaded;
  const library = inner as Partial<GpuLibrary>;
  if (typeof library.GPU !== "function" || typeof library.input !== "function") {
    throw new Problem({
      code: "backend-unavailable",
      message: "The package gpu.js that was loaded is not the one this program was made for.",
      help: "npm install gpu.js@2.24",
    });
  }
  return { GPU: library.GPU, input: library.input };
}

/**
 * An executor for the model's programs.
 *
 * @param options.backend `auto`, `webgpu`, `webgl2`, `headlessgl`, `webasm` or `cpu`
 * @throws Problem when the backend is unknown, cannot run here, computes wrong numbers or runs as something else
 */
export async function createGpuExecutor(
  definition: ModelDefinition,
  options: { readonly backend: string },
): Promise<Executor> {
  const { backend } = options;
  const library = await loadLibrary();
  if (backend === "auto") {
    const { open, reason } = await chooseBackend(library);
    return new GpuExecutor(definition, open, { requested: backend, reason });
  }
  const known = gpuBackends.find((name) => name === backend);
  if (known === undefined) {
    throw new Problem({
      code: "unknown-backend",
      message: `"${backend}" is not a backend.`,
      help: `known backends: auto, ${gpuBackends.join(", ")}.`,
    });
  }
  const open = await openBackend(library, known);
  return new GpuExecutor(definition, open, { requested: backend, reason: "asked for" });
}

/** A real GPU if there is one, never a software renderer; else WebAssembly, which is faster than those. */
async function chooseBackend(library: GpuLibrary): Promise<{ readonly open: OpenBackend; readonly reason: string }> {
  const refused: string[] = [];
  // Asking a driver that has no device is slow and makes native libraries write to standard error.
  if (isNode() && lacksGpuDevice()) return withoutGpu(library, "this machine has no GPU device");
  const candidates: readonly GpuBackend[] = isNode() ? ["webgpu", "headlessgl"] : ["webgpu", "webgl2"];
  for (const backend of candidates) {
    try {
      const open = await openBackend(library, backend);
      if (!open.adapter.software) return { open, reason: `a GPU was found: ${open.adapter.name ?? backend}` };
      refused.push(`${backend} is a software renderer (${open.adapter.name ?? "unnamed"})`);
      await open.gpu.destroy();
    } catch (error) {
      refused.push(messageOf(error));
    }
  }
  return withoutGpu(library, `no GPU (${refused.join("; ")})`);
}

async function withoutGpu(
  library: GpuLibrary,
  why: string,
): Promise<{ readonly open: OpenBackend; readonly reason: string }> {
  try {
    return { open: await openBackend(library, "webasm"), reason: why };
  } catch (error) {
    return { open: await openBackend(library, "cpu"), reason: `${why}; ${messageOf(error)}` };
  }
}

/** What `specloom doctor` shows of one backend. */
export interface BackendFinding {
  readonly backend: GpuBackend;
  readonly available: boolean;
  /** True for renderers that compute on the CPU; null where no adapter is involved or none was found. */
  readonly software: boolean | null;
  readonly adapter: string | null;
  /** Whether the test at the start gave the right numbers; null where it could not run. */
  readonly canary: boolean | null;
  /** Why it is not available; null where it is. */
  readonly reason: string | null;
  readonly help: string | null;
}

/** Opens every backend in turn, tests it, and closes it again. */
export async function listBackends(): Promise<readonly BackendFinding[]> {
  const library = await loadLibrary();
  const findings: BackendFinding[] = [];
  for (const backend of gpuBackends) findings.push(await examine(library, backend));
  return findings;
}

async function examine(library: GpuLibrary, backend: GpuBackend): Promise<BackendFinding> {
  try {
    const { gpu, adapter } = await openBackend(library, backend);
    await gpu.destroy();
    const isDevice = backend !== "webasm" && backend !== "cpu";
    const software = isDevice ? adapter.software : null;
    return { backend, available: true, software, adapter: adapter.name, canary: true, reason: null, help: null };
  } catch (error) {
    const isProblem = error instanceof Problem;
    const canary = isProblem && error.code === "backend-wrong-answer" ? false : null;
    const help = isProblem ? (error.help ?? null) : null;
    return { backend, available: false, software: null, adapter: null, canary, reason: messageOf(error), help };
  }
}
