/** What the engine and the machine offer the wasm target. */
import { isNode } from "../adapter.ts";
import { nodeModule } from "../node.ts";

export interface WasmMachine {
  readonly simd: boolean;
  readonly relaxed: boolean;
  /** Threads that can run at the same time. */
  readonly cores: number;
  /** Why threads cannot share memory; null where they can. */
  readonly unshared: string | null;
}

/** Asks the engine, with tiny binaries whose answers are known. In Node 20 this turns relaxed SIMD on. */
export async function wasmMachine(): Promise<WasmMachine> {
  const simd = computes(simdCanary, 9);
  return { simd, relaxed: simd && (await hasRelaxed()), cores: await countCores(), unshared: whyUnshared() };
}

/** `SPECLOOM_WASM=simd` in Node's environment keeps to plain SIMD, whose results are the same on every machine. */
export function plainByEnvironment(): boolean {
  return isNode() && process.env["SPECLOOM_WASM"] === "simd";
}

async function hasRelaxed(): Promise<boolean> {
  if (plainByEnvironment()) return false;
  // Node 20 has relaxed SIMD behind this flag; later versions have it, and would complain about the flag.
  if (isNode() && !WebAssembly.validate(relaxedCanary)) {
    const { setFlagsFromString } = await nodeModule("v8");
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  }
  return computes(relaxedCanary, 12);
}

/**
 * Whether relaxed SIMD rounds once where it multiplies and adds on this processor: its results are then those of other
 * processors that do. False where there is none.
 */
export function roundsOnce(): boolean {
  // x * x + x: the last bit of the exact square is lost where the square is rounded before the addition.
  return computes(relaxedCanary, 2 ** -12 + 2 ** -24, -(1 + 2 ** -12));
}

async function countCores(): Promise<number> {
  if (isNode()) return (await nodeModule("os")).availableParallelism();
  // The types promise what privacy settings of browsers may withhold.
  const { hardwareConcurrency } = navigator as { readonly hardwareConcurrency?: number };
  return hardwareConcurrency ?? 1;
}

function whyUnshared(): string | null {
  if (typeof SharedArrayBuffer === "undefined") {
    return isNode() ? "there is no SharedArrayBuffer" : "the page is not cross-origin isolated";
  }
  return isNode() || typeof Worker !== "undefined" ? null : "there are no workers";
}

function computes(binary: Uint8Array<ArrayBuffer>, expected: number, argument = 3): boolean {
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(binary)) return false;
  let exports: WebAssembly.Exports;
  try {
    // Less than 4 KiB, so that browsers compile it at once.
    ({ exports } = new WebAssembly.Instance(new WebAssembly.Module(binary)));
  } catch {
    // A policy forbids it: whoever is asked for the backend says so.
    return false;
  }
  const { canary } = exports;
  return typeof canary === "function" && (canary as (x: number) => number)(argument) === expected;
}

const splat = [0x20, 0, 0xfd, 0x13];
const lane = [0xfd, 0x1f, 3];

/** Lane 3 of x * x: `f32x4.mul`. */
const simdCanary = canaryBinary([...splat, ...splat, 0xfd, 0xe6, 1, ...lane]);
/** Lane 3 of x * x + x: `f32x4.relaxed_madd`. */
const relaxedCanary = canaryBinary([...splat, ...splat, ...splat, 0xfd, 0x85, 2, ...lane]);

/** A module with one function `canary(x: f32): f32`. */
function canaryBinary(instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: readonly number[]): readonly number[] => [id, content.length, ...content];
  const name = Array.from("canary", (character) => character.charCodeAt(0));
  const body = [0, ...instructions, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7d, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, name.length, ...name, 0, 0]),
    ...section(10, [1, body.length, ...body]),
  ]);
}
