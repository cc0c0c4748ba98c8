/**
 * What the wasm target wrote, as WebAssembly. The one step of a compilation that takes seconds and waits: AssemblyScript is
 * assembled, twice. What was assembled before is reused: equal source gives equal binaries.
 */
import { createHash } from "node:crypto";
import { zlibSync } from "fflate";
import type { WasmModuleFact } from "../../code-text/wasm-module.ts";
import type { WebAssemblyParts } from "../../emit/webassembly.ts";
import { compilerVersion } from "../../emit/version.ts";
import { assemble, assemblerVersion, librarySource, type Binaries } from "../../targets/wasm/assemble.ts";

/** Keeps binaries by the content they were made from. */
export interface BinaryStore {
  readonly read: (key: string) => Promise<Binaries | undefined>;
  readonly write: (key: string, binaries: Binaries) => Promise<void>;
}

export interface Assembled extends WebAssemblyParts {
  /** The binaries were there already. */
  readonly reused: boolean;
}

export async function assembleWasm(source: WasmModuleFact, store?: BinaryStore): Promise<Assembled> {
  const key = createHash("sha256")
    .update([compilerVersion, assemblerVersion(), librarySource(), source.text].join("\0"))
    .digest("hex");
  const known = await store?.read(key);
  const binaries = known ?? (await assemble(source.text));
  if (known === undefined) await store?.write(key, binaries);
  return {
    source,
    simd: packed(binaries.simd),
    relaxed: packed(binaries.relaxed),
    reused: known !== undefined,
  };
}

/** A fifth of the size, and then as text. Not by Node's zlib, whose versions pack differently: equal specs give equal modules. */
function packed(binary: Uint8Array): string {
  return Buffer.from(zlibSync(binary, { level: 9 })).toString("base64");
}
