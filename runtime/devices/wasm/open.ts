/** Brings a module's WebAssembly to life: the best variant that the engine takes, its memory, and its threads. */
import type { WasmTarget } from "../../contract.ts";
import type { SimdVariant } from "../../contract-live.ts";
import { memberOf } from "../../shared/member-of.ts";
import { Problem } from "../../problem.ts";
import { loadedPart, messageOf } from "../failure.ts";
import { forbiddenByPolicy } from "../policy.ts";
import { misfit } from "../residents.ts";
import { memoryImport, PAGE, unpackedBinary, withoutSharing, type MemoryImport } from "./binary.ts";
import { plainByEnvironment, type WasmMachine } from "./machine.ts";
import { startWorkers, type Crew } from "./workers.ts";

export interface OpenWasm {
  readonly variant: "simd" | "relaxed-simd";
  readonly threads: number;
  /** See `BackendReport`. */
  readonly fallbackReason: string | null;
  readonly memory: WebAssembly.Memory;
  readonly exports: Readonly<Record<string, (...values: readonly number[]) => number>>;
  readonly crew: Crew | undefined;
}

/** Threads that can be used where `wanted` would pay and at most `limit` are allowed. */
export function usableThreads(wanted: number, { cores, unshared }: WasmMachine, limit: number): number {
  return unshared === null ? Math.max(1, Math.min(wanted, cores, limit)) : 1;
}

export interface OpenOptions {
  /** Most threads. */
  readonly limit: number;
  /** Undefined: relaxed SIMD where there is any. */
  readonly simd?: SimdVariant | undefined;
}

/** @throws Problem `backend-unavailable` where relaxed SIMD is asked for and is not there */
export function checkSimd({ relaxed }: WasmMachine, simd: SimdVariant | undefined): void {
  if (simd !== "relaxed" || relaxed) return;
  const forbidden = forbiddenByPolicy("wasm");
  if (forbidden !== undefined) throw forbidden;
  throw new Problem({
    code: "backend-unavailable",
    message: plainByEnvironment()
      ? "Relaxed SIMD was asked for, but SPECLOOM_WASM=simd in the environment takes it away."
      : "Relaxed SIMD was asked for, but this engine has none.",
    help: "ask for plain SIMD, or leave the option simd out to take the best there is.",
  });
}

/**
 * @throws Problem `backend-unavailable` when the engine has no SIMD or not the variant that is asked for,
 * `program-mismatch` when the binary is damaged
 */
export async function openWasm(
  wasm: WasmTarget,
  machine: WasmMachine,
  { limit, simd }: OpenOptions,
): Promise<OpenWasm> {
  if (!machine.simd) throw withoutSimd();
  checkSimd(machine, simd);
  const relaxed = machine.relaxed && simd !== "plain";
  const variant = relaxed ? "relaxed-simd" : "simd";
  const bytes = await unpackedBinary(await loadedPart(variant, relaxed ? wasm.relaxed : wasm.simd));
  const limits = memoryImport(bytes);
  const isWanted = simd !== "plain" && !plainByEnvironment();
  const lacks = machine.relaxed || !isWanted ? [] : ["this engine has no relaxed SIMD"];
  const programs = [...Object.values(wasm.programs), ...(wasm.predictOne === undefined ? [] : [wasm.predictOne])];
  const wanted = Math.max(...programs.map(({ threads }) => threads));
  const unshared = machine.unshared ?? (limits.shared ? null : "the module does not share its memory");
  const threads = usableThreads(wanted, { ...machine, unshared }, limit);
  if (threads > 1) {
    try {
      const instance = await instantiate(bytes, createMemory(wasm, limits, threads));
      const crew = await startWorkers(instance.module, instance.memory, threads);
      call(instance.exports, "enter", 0, threads);
      return { ...instance, variant, threads, fallbackReason: reasonOf(lacks), crew };
    } catch (error) {
      if (error instanceof Problem) throw error;
      lacks.push(`one thread, since workers did not start: ${messageOf(error)}`);
    }
  } else if (unshared !== null && Math.min(wanted, machine.cores, limit) > 1) {
    lacks.push(`one thread, since ${unshared}`);
  }
  // One thread has no use for sharing, and memory of its own is faster to copy.
  const instance = await instantiate(withoutSharing(bytes, limits), createMemory(wasm, limits, 1));
  call(instance.exports, "enter", 0, 1);
  return { ...instance, variant, threads: 1, fallbackReason: reasonOf(lacks), crew: undefined };
}

/** Why the backend wasm cannot run where nothing with SIMD could be compiled. */
export function withoutSimd(): Problem {
  return (
    forbiddenByPolicy("wasm") ??
    new Problem({
      code: "backend-unavailable",
      message: "The backend wasm cannot run here: this engine has no WebAssembly with SIMD.",
      help: "use a newer browser or Node, or choose another backend.",
    })
  );
}

function reasonOf(lacks: readonly string[]): string | null {
  return lacks.length === 0 ? null : lacks.join("; ");
}

function createMemory(wasm: WasmTarget, limits: MemoryImport, threads: number): WebAssembly.Memory {
  const bytes = wasm.memoryBytes + (threads - 1) * wasm.threadBytes;
  const initial = Math.max(limits.minimum, Math.ceil(bytes / PAGE));
  // It never grows, and a shared memory reserves its maximum.
  const maximum = initial;
  if (limits.maximum !== undefined && limits.maximum < initial) {
    throw misfit(`The module needs ${String(initial)} pages of memory and allows itself ${String(limits.maximum)}.`);
  }
  try {
    return new WebAssembly.Memory({ initial, maximum, shared: threads > 1 });
  } catch (error) {
    throw new Problem({
      code: "backend-unavailable",
      message: `The backend wasm cannot get ${String(initial * PAGE)} bytes of memory: ${messageOf(error)}.`,
      help: "free memory, or make the model or its batch smaller.",
    });
  }
}

type Instance = Pick<OpenWasm, "memory" | "exports"> & { readonly module: WebAssembly.Module };

async function instantiate(bytes: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory): Promise<Instance> {
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(bytes);
  } catch (error) {
    throw misfit(`The module's WebAssembly binary does not compile: ${messageOf(error)}.`);
  }
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return { module, memory, exports: exports as OpenWasm["exports"] };
}

export function call(exports: OpenWasm["exports"], name: string, ...values: readonly number[]): void {
  exported(exports, name)(...values);
}

export function exported(exports: OpenWasm["exports"], name: string): (...values: readonly number[]) => number {
  const found = memberOf(exports, name);
  if (typeof found !== "function") throw misfit(`The module's WebAssembly binary does not export ${name}.`);
  return found;
}
