/** The backends that gpu.js offers, and an executor on the one that is asked for. */
import type { GpuTarget, ModelDefinition } from "../contract.ts";
import type { Backend, Executor } from "../contract-backend.ts";
import { Problem } from "../problem.ts";
import { isNode, lacksGpuDevice, unavailable } from "./adapter.ts";
import { GpuExecutor } from "./executor.ts";
import { loadedPart, messageOf } from "./failure.ts";
import type { BackendFinding } from "./finding.ts";
import { gpuBackends, type GpuBackend, type GpuLibrary } from "./library.ts";
import { loadLibrary } from "./load-library.ts";
import { openBackend, type OpenBackend } from "./open.ts";

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
  const target = await targetOf(definition);
  const library = await loadLibrary();
  if ("lacking" in library) throw unavailable(known, library.lacking, library.help);
  const open = await openBackend(library, known);
  return new GpuExecutor(definition, target, open, { requested: backend, reason: "asked for" });
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
  const found = await findGpu();
  if (typeof found === "string") return found;
  return new GpuExecutor(definition, await targetOf(definition), found.open, {
    requested,
    reason: [found.reason, ...notes].join("; "),
  });
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
  const found = await findGpu();
  const { open, reason } = typeof found === "string" ? await withoutGpu([...refused, found]) : found;
  return new GpuExecutor(definition, await targetOf(definition), open, {
    requested,
    reason: typeof found === "string" ? reason : [...refused, reason].join("; "),
  });
}

/** @throws Problem where the module was compiled without the gpu target, or its part of the module cannot be loaded */
async function targetOf({ gpu, name }: ModelDefinition): Promise<GpuTarget> {
  if (gpu === undefined) {
    throw new Problem({
      code: "backend-unavailable",
      message: `The backends of gpu.js cannot run "${name}": the module was compiled for the wasm target alone.`,
      help: "compile the spec again for the gpu target too, or choose the backend wasm.",
    });
  }
  return loadedPart("gpu", gpu.load);
}

interface Choice {
  readonly open: OpenBackend;
  readonly reason: string;
}

async function findGpu(): Promise<Choice | string> {
  // Asking a driver that has no device is slow and makes native libraries write to standard error.
  if (isNode() && lacksGpuDevice()) return "this machine has no GPU device";
  const library = await loadLibrary();
  if ("lacking" in library) return library.lacking;
  const refused: string[] = [];
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
async function withoutGpu(refused: readonly string[]): Promise<Choice> {
  const library = await loadLibrary();
  if ("lacking" in library) throw noBackend([...new Set([...refused, library.lacking])], library.help);
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
  throw noBackend(reasons, help);
}

function noBackend(reasons: readonly string[], help: string | undefined): Problem {
  return new Problem({
    code: "backend-unavailable",
    message: `No backend can run here: ${reasons.join("; ")}.`,
    help,
  });
}

/** Opens every backend of gpu.js in turn, tests it, and closes it again. */
export async function listGpuBackends(): Promise<readonly BackendFinding[]> {
  const library = await loadLibrary();
  const findings: BackendFinding[] = [];
  for (const backend of gpuBackends) {
    findings.push(
      "lacking" in library
        ? unusable(backend, unavailable(backend, library.lacking, library.help))
        : await examine(library, backend),
    );
  }
  return findings;
}

async function examine(library: GpuLibrary, backend: GpuBackend): Promise<BackendFinding> {
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
      details: null,
      reason: null,
      help: null,
    };
  } catch (error) {
    return unusable(backend, error);
  }
}

function unusable(backend: GpuBackend, error: unknown): BackendFinding {
  const isProblem = error instanceof Problem;
  return {
    backend,
    available: false,
    software: null,
    adapter: null,
    canary: isProblem && error.code === "backend-wrong-answer" ? false : null,
    details: null,
    reason: messageOf(error),
    help: isProblem ? (error.help ?? null) : null,
  };
}
