/** From the name of a backend to an executor; and which one `auto` takes. gpu.js is loaded only where it is needed. */
import type { ModelDefinition } from "../contract.ts";
import type { SimdVariant } from "../contract-live.ts";
import type { Backend, Executor } from "../contract-backend.ts";
import { Problem } from "../problem.ts";
import { estimateStep, estimateText } from "./estimate.ts";
import { failureOf, messageOf } from "./failure.ts";
import type { BackendFinding } from "./finding.ts";
import { createWasmExecutor } from "./wasm.ts";
import { wasmMachine } from "./wasm/machine.ts";
import { checkSimd, usableThreads, withoutSimd } from "./wasm/open.ts";

export interface ExecutorOptions {
  readonly backend: Backend;
  /** Most threads of the backend wasm; undefined: as many as pay. */
  readonly threads?: number | undefined;
  /** Variant of the backend wasm; undefined: the best there is. */
  readonly simd?: SimdVariant | undefined;
}

/**
 * An executor for the model's programs.
 *
 * @throws Problem when the backend cannot run here, computes wrong numbers or runs as something else
 */
export async function createExecutor(definition: ModelDefinition, options: ExecutorOptions): Promise<Executor> {
  try {
    return await executorOn(definition, options);
  } catch (error) {
    throw failureOf(error, options.backend, "its start");
  }
}

async function executorOn(definition: ModelDefinition, options: ExecutorOptions): Promise<Executor> {
  const { backend, ...variant } = options;
  if (backend === "auto") return chooseExecutor(definition, variant);
  if (backend === "wasm")
    return createWasmExecutor(definition, { requested: backend, reason: "asked for", ...variant });
  for (const [name, value] of Object.entries(variant)) {
    if (value === undefined) continue;
    throw new Problem({
      code: "invalid-option",
      message: `${name} is an option of the backend wasm, but ${backend} was asked for.`,
    });
  }
  const { createGpuExecutor } = await import("./gpu.ts");
  return createGpuExecutor(definition, backend);
}

/**
 * wasm, where the module has it and a step is estimated to be no slower there: a GPU is not even looked for. Else a real
 * GPU, never a software adapter. Without one wasm, and for modules without it gpu.js's own WebAssembly or JavaScript.
 */
async function chooseExecutor(
  definition: ModelDefinition,
  variant: Omit<ExecutorOptions, "backend">,
): Promise<Executor> {
  const requested = "auto" as const;
  const { gpu, wasm } = definition;
  if (gpu === undefined) {
    return createWasmExecutor(definition, { requested, reason: "the module has no other target", ...variant });
  }
  const refused: string[] = [];
  if (wasm !== undefined) {
    const machine = await wasmMachine();
    // What was asked for by name is not passed over.
    checkSimd(machine, variant.simd);
    const forStep = usableThreads(wasm.threads, machine, variant.threads ?? Infinity);
    const estimate = estimateStep(definition, forStep);
    const runsInWasm = async (reason: string): Promise<Executor | undefined> => {
      try {
        return await createWasmExecutor(definition, { requested, reason, ...variant }, machine);
      } catch (error) {
        refused.push(messageOf(error));
        return undefined;
      }
    };
    if (estimate !== undefined && estimate.wasmSeconds <= estimate.gpuSeconds) {
      const executor = await runsInWasm(estimateText(estimate));
      if (executor !== undefined) return executor;
    } else {
      const { createRealGpuExecutor } = await import("./gpu.ts");
      const found = await createRealGpuExecutor(
        definition,
        requested,
        estimate === undefined ? [] : [estimateText(estimate)],
      );
      if (typeof found !== "string") return found;
      const executor = await runsInWasm(found);
      if (executor !== undefined) return executor;
    }
  }
  const { createAnyExecutor } = await import("./gpu.ts");
  return createAnyExecutor(definition, requested, refused);
}

/** Opens every backend in turn, tests it, and closes it again. */
export async function listBackends(): Promise<readonly BackendFinding[]> {
  const { listGpuBackends } = await import("./gpu.ts");
  const findings = [...(await listGpuBackends())];
  const place = findings.findIndex(({ backend }) => backend === "webasm");
  findings.splice(place, 0, await examineWasm());
  return findings;
}

async function examineWasm(): Promise<BackendFinding> {
  const { simd, relaxed, cores, unshared } = await wasmMachine();
  const lacking = simd ? undefined : withoutSimd();
  const details = [
    `SIMD: ${simd ? "yes" : "no"}`,
    `relaxed SIMD: ${relaxed ? "yes" : "no"}`,
    `threads: ${unshared === null ? `yes, up to ${String(cores)}` : `no, ${unshared}`}`,
  ].join("; ");
  return {
    backend: "wasm",
    available: simd,
    software: null,
    adapter: null,
    canary: simd ? true : null,
    details,
    reason: lacking === undefined ? null : messageOf(lacking),
    help: lacking?.help ?? null,
  };
}
