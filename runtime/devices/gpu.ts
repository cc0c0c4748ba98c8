/** The one place that loads gpu.js; the backends it offers, and an executor on the one that is asked for. */
import type { ModelDefinition } from "../contract.ts";
import type { Backend, Executor } from "../contract-backend.ts";
import { Problem } from "../problem.ts";
import { isNode, lacksGpuDevice } from "./adapter.ts";
import { GpuExecutor } from "./executor.ts";
import { messageOf } from "./failure.ts";
import type { BackendFinding } from "./finding.ts";
import { gpuBackends, type GpuBackend, type GpuLibrary } from "./library.ts";
import { openBackend, type OpenBackend } from "./open.ts";

/** Loads gpu.js: a CommonJS module in Node, a class with the rest attached to it in a browser's bundle. */
async function loadLibrary(): Promise<GpuLibrary> {
  const loaded: unknown = await import("gpu.js").catch((error: unknown) => {
    throw new Problem({
      code: "backend-unavailable",
      message: `The package gpu.js could not be loaded: ${messageOf(error)}.`,
      help: isNode() ? "npm install gpu.js@2.24" : "serve all files of the bundle beside the page, of one build.",
    });
  });
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
 * An executor on the backend of that name.
 *
 * @throws Problem when the backend is unknown, cannot run here, computes wrong numbers or runs as something else
 */
export async function createGpuExecutor(definition: ModelDefinition, backend: Backend): Promise<Executor> {
  const known = gpuBackends.find((name) => name === backend);
  if (known === undefined) {
    throw new Problem({
      code: "unknown-backend",
      message: `"${backend}" is not a backend of gpu.js.`,
      help: `known backends: ${gpuBackends.join(", ")}.`,
    });
  }
  const open = await openBackend(await loadLibrary(), known);
  return new GpuExecutor(definition, open, { requested: backend, reason: "asked for" });
}

/**
 * An executor on a real GPU, never on a software renderer; or why there is none.
 *
 * @param notes what else speaks for a GPU, for the report
 */
export async function createRealGpuExecutor(
  definition: ModelDefinition,
  requested: Backend,
  notes: readonly string[],
): Promise<Executor | string> {
  const found = await findGpu(await loadLibrary());
  if (typeof found === "string") return found;
  return new GpuExecutor(definition, found.open, { requested, reason: [found.reason, ...notes].join("; ") });
}

/**
 * An executor on a real GPU; else in gpu.js's WebAssembly, which is faster than software renderers; else in JavaScript.
 *
 * @param refused what did not run before, for the report
 */
export async function createAnyExecutor(
  definition: ModelDefinition,
  requested: Backend,
  refused: readonly string[],
): Promise<Executor> {
  const library = await loadLibrary();
  const found = await findGpu(library);
  const { open, reason } = typeof found === "string" ? await withoutGpu(library, [...refused, found]) : found;
  return new GpuExecutor(definition, open, {
    requested,
    reason: typeof found === "string" ? reason : [...refused, reason].join("; "),
  });
}

interface Choice {
  readonly open: OpenBackend;
  readonly reason: string;
}

async function findGpu(library: GpuLibrary): Promise<Choice | string> {
  const refused: string[] = [];
  // Asking a driver that has no device is slow and makes native libraries write to standard error.
  if (isNode() && lacksGpuDevice()) return "this machine has no GPU device";
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
  return `no GPU (${refused.join("; ")})`;
}

/** @param refused what cannot run here, with the reason */
async function withoutGpu(library: GpuLibrary, refused: readonly string[]): Promise<Choice> {
  const reasons = [...refused];
  let help: string | undefined;
  for (const backend of ["webasm", "cpu"] as const) {
    try {
      return { open: await openBackend(library, backend), reason: reasons.join("; ") };
    } catch (error) {
      reasons.push(messageOf(error));
      if (error instanceof Problem) help ??= error.help;
    }
  }
  throw new Problem({
    code: "backend-unavailable",
    message: `No backend can run here: ${reasons.join("; ")}.`,
    help,
  });
}

/** Opens every backend of gpu.js in turn, tests it, and closes it again. */
export async function listGpuBackends(): Promise<readonly BackendFinding[]> {
  const library = await loadLibrary();
  const findings: BackendFinding[] = [];
  for (const backend of gpuBackends) findings.push(await examine(library, backend));
  return findings;
}

async function examine(library: GpuLibrary, backend: GpuBackend): Promise<BackendFinding> {
  const details = null;
  try {
    const { gpu, adapter } = await openBackend(library, backend);
    await gpu.destroy();
    const isDevice = backend !== "webasm" && backend !== "cpu";
    const software = isDevice ? adapter.software : null;
    return {
      backend,
      available: true,
      software,
      adapter: adapter.name,
      canary: true,
      details,
      reason: null,
      help: null,
    };
  } catch (error) {
    const isProblem = error instanceof Problem;
    const canary = isProblem && error.code === "backend-wrong-answer" ? false : null;
    const help = isProblem ? (error.help ?? null) : null;
    return {
      backend,
      available: false,
      software: null,
      adapter: null,
      canary,
      details,
      reason: messageOf(error),
      help,
    };
  }
}
