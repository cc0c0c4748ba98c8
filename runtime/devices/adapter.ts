/** What hardware stands behind a backend: real, or a software renderer that computes on the CPU. */
import { Problem } from "../problem.ts";
import { messageOf } from "./failure.ts";
import type { GpuBackend } from "./library.ts";

export interface Adapter {
  /** As the driver calls itself; null where it does not say. */
  readonly name: string | null;
  readonly software: boolean;
}

/** SwiftShader (Chrome), llvmpipe and lavapipe (Mesa), softpipe, WARP (Windows). */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software|\bwarp\b|subzero/i;

export function isSoftware(name: string): boolean {
  return softwareNames.test(name);
}

/** The parts of WebGPU's adapter that are read. */
interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}
interface WebGpuAdapter {
  readonly info?: AdapterInfo;
  readonly isFallbackAdapter?: boolean;
}
interface WebGpu {
  requestAdapter(): Promise<WebGpuAdapter | null>;
}
interface NodeWebGpu {
  readonly create: (flags: readonly string[]) => WebGpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

interface Surroundings {
  navigator?: { gpu?: WebGpu };
  readonly process?: {
    readonly versions?: { readonly node?: string };
    readonly platform?: string;
    /** Node 20.16 and newer; a way to a builtin that bundlers for browsers do not follow. */
    readonly getBuiltinModule?: (name: "node:fs") => { readonly existsSync: (path: string) => boolean };
  };
}

function surroundings(): Surroundings {
  return globalThis as unknown as Surroundings;
}

export function isNode(): boolean {
  return surroundings().process?.versions?.node !== undefined;
}

/** True on Linux where no driver has made a device: neither a render node, nor NVIDIA's, nor WSL's. */
export function lacksGpuDevice(): boolean {
  const { process } = surroundings();
  const files = process?.getBuiltinModule?.("node:fs");
  if (process?.platform !== "linux" || files === undefined) return false;
  return !["/dev/dri", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"].some((path) => files.existsSync(path));
}

/**
 * The WebGPU adapter that gpu.js will get. In Node this first makes the optional package `webgpu` the `navigator.gpu`;
 * it stays there, because Dawn must not be collected while a device lives.
 *
 * @throws Problem `backend-unavailable` saying what is missing
 */
export async function webGpuAdapter(): Promise<Adapter> {
  const api = surroundings().navigator?.gpu ?? (isNode() ? await installNodeWebGpu() : undefined);
  if (api === undefined) {
    throw unavailable(
      "webgpu",
      "this browser has no WebGPU",
      "use a browser with WebGPU, or the backend wasm or webgl2.",
    );
  }
  const adapter = await api.requestAdapter();
  if (adapter === null) {
    const help = isNode()
      ? "install a Vulkan, Metal or Direct3D 12 driver for the GPU, or choose the backend wasm."
      : "turn on hardware acceleration in the browser, or choose the backend wasm or webgl2.";
    throw unavailable("webgpu", "WebGPU is there but offers no adapter", help);
  }
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info ?? {};
  const name = [vendor, architecture, device, description]
    .filter((part) => part !== undefined && part !== "")
    .join(" ");
  const software = isSoftware(name) || isFallbackAdapter === true || adapter.isFallbackAdapter === true;
  return { name: name === "" ? null : name, software };
}

async function installNodeWebGpu(): Promise<WebGpu> {
  // Not a literal: a bundler for browsers must not try to follow it.
  const optionalPackage = ["web", "gpu"].join("");
  let loaded: NodeWebGpu;
  try {
    loaded = (await import(/* @vite-ignore */ optionalPackage)) as NodeWebGpu;
  } catch (error) {
    throw unavailable("webgpu", `the package webgpu does not load (${messageOf(error)})`, "npm install webgpu@^0.6.2");
  }
  const api = loaded.create([]);
  Object.assign(globalThis, loaded.globals);
  const { navigator } = surroundings();
  if (navigator === undefined)
    Object.defineProperty(globalThis, "navigator", { value: { gpu: api }, configurable: true });
  else Object.defineProperty(navigator, "gpu", { value: api, configurable: true });
  return api;
}

/** The parts of a WebGL context that are read. */
interface GlContext {
  getExtension(name: string): unknown;
  getParameter(name: number): unknown;
}

const rendererParameter = 0x1f01;
const unmaskedRendererParameter = 0x9246;

/** What a WebGL context says of its renderer. */
export function glAdapter(context: unknown): Adapter {
  if (!isGlContext(context)) return { name: null, software: false };
  const isUnmasked = context.getExtension("WEBGL_debug_renderer_info") !== null;
  const name = context.getParameter(isUnmasked ? unmaskedRendererParameter : rendererParameter);
  return typeof name === "string" ? { name, software: isSoftware(name) } : { name: null, software: false };
}

function isGlContext(context: unknown): context is GlContext {
  return typeof context === "object" && context !== null && "getParameter" in context && "getExtension" in context;
}

export function unavailable(backend: GpuBackend, why: string, help: string): Problem {
  return new Problem({ code: "backend-unavailable", message: `The backend ${backend} cannot run here: ${why}.`, help });
}
