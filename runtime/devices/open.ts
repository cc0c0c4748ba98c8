/** Opens one backend: an instance of gpu.js whose canary has sung, and the adapter behind it. */
import { Problem } from "../problem.ts";
import { glAdapter, isNode, unavailable, webGpuAdapter, type Adapter } from "./adapter.ts";
import { runCanary } from "./canary.ts";
import { messageOf } from "./failure.ts";
import type { GpuBackend, GpuInstance, GpuLibrary, Pipeline } from "./library.ts";
import { forbiddenByPolicy } from "./policy.ts";

export interface OpenBackend {
  readonly library: GpuLibrary;
  readonly gpu: GpuInstance;
  readonly backend: GpuBackend;
  readonly adapter: Adapter;
}

/**
 * @throws Problem `backend-unavailable`, `backend-wrong-answer` or `backend-degraded`; nothing is left open then
 */
export async function openBackend(library: GpuLibrary, backend: GpuBackend): Promise<OpenBackend> {
  // Before gpu.js meets it, which writes to the console and goes on.
  const forbidden = forbiddenByPolicy(backend);
  if (forbidden !== undefined) throw forbidden;
  const webGpu = backend === "webgpu" ? await webGpuAdapter() : undefined;
  const gpu = createInstance(library, backend);
  try {
    assertBackend(await runCanary(library, gpu, backend), backend);
    const isGl = backend === "webgl2" || backend === "headlessgl";
    const adapter = webGpu ?? (isGl ? glAdapter(gpu.context) : { name: null, software: false });
    return { library, gpu, backend, adapter };
  } catch (error) {
    await gpu.destroy();
    throw error;
  }
}

function createInstance(library: GpuLibrary, backend: GpuBackend): GpuInstance {
  try {
    return new library.GPU({ mode: backend });
  } catch (error) {
    throw unavailable(backend, lacking(backend) ?? messageOf(error), remedies[backend]);
  }
}

function lacking(backend: GpuBackend): string | undefined {
  if (backend === "webgl2")
    return isNode() ? "WebGL 2 exists in browsers only" : "this browser offers no WebGL 2 context";
  if (backend === "headlessgl") return isNode() ? "the native package gl is not built" : "it exists in Node only";
  if (backend === "webasm") return "there is no WebAssembly";
  return undefined;
}

const remedies: Readonly<Record<GpuBackend, string>> = {
  webgpu: "choose the backend wasm.",
  webgl2: "open the page in a browser with WebGL 2, or choose the backend wasm.",
  headlessgl: "npm install gl compiles it (needs X11 and OpenGL headers), or choose the backend wasm.",
  webasm: "choose the backend cpu.",
  cpu: "run `specloom doctor`.",
};

/** What gpu.js calls the backend that ran, and which executors count as the real thing. */
const signs: Readonly<Record<GpuBackend, { readonly backend: string; readonly executors: RegExp }>> = {
  webgpu: { backend: "webgpu", executors: /^fused-encoder$/ },
  webgl2: { backend: "gpu", executors: /^generic$/ },
  headlessgl: { backend: "gpu", executors: /^generic$/ },
  webasm: { backend: "webasm", executors: /^fused-/ },
  cpu: { backend: "cpu", executors: /^generic$/ },
};

/**
 * @throws Problem `backend-degraded` when something else ran than what was asked for
 */
export function assertBackend(
  ran: Pick<Pipeline, "backend" | "executorKind" | "fallbackReason">,
  backend: GpuBackend,
): void {
  const expected = signs[backend];
  if (ran.backend === expected.backend && expected.executors.test(ran.executorKind)) return;
  const reason = ran.fallbackReason === null ? "" : `: ${ran.fallbackReason}`;
  throw new Problem({
    code: "backend-degraded",
    message: `The backend ${backend} was asked for, but ${ran.backend ?? "nothing"} ran (${ran.executorKind})${reason}.`,
    help: "choose another backend, or run `specloom doctor` to see which ones work.",
  });
}
