/**
 * The wasm target of a compilation. Apart from the eight stages, because it is the one step that takes seconds and waits:
 * AssemblyScript is assembled, twice. What was assembled before is reused: equal source gives equal binaries.
 */
import { createHash } from "node:crypto";
import type { Compilation } from "./contracts/programs.ts";
import { compilerVersion } from "./emit/version.ts";
import { build } from "./stages/4-build.ts";
import { differentiate } from "./stages/5-differentiate.ts";
import { optimise } from "./stages/6-optimise.ts";
import { lowerGraph } from "./stages/7-lower.ts";
import { emit } from "./stages/8-emit.ts";
import { gpuLimits } from "./targets/gpu/limits.ts";
import { assemble, assemblerVersion, librarySource, type Binaries } from "./targets/wasm/assemble.ts";
import { printWasmModule, type WasmSource } from "./targets/wasm/target.ts";

/** Keeps binaries by the content they were made from. */
export interface BinaryStore {
  readonly read: (key: string) => Promise<Binaries | undefined>;
  readonly write: (key: string, binaries: Binaries) => Promise<void>;
}

export interface AssembledCompilation extends Compilation {
  readonly wasm: WasmSource;
  /** The binaries were there already. */
  readonly reused: boolean;
}

/** The AssemblyScript of a compilation and the memory it plans. */
export function wasmSource({ model, programs }: Compilation): WasmSource {
  if (model.batchSize === 1) return printWasmModule(programs);
  const one = { ...model, batchSize: 1 };
  const { predict } = optimise(differentiate(one, build(one)));
  return printWasmModule({ ...programs, predict_one: lowerGraph({ ...predict, name: "predict_one" }, gpuLimits) });
}

/** The compilation with the wasm target in its module. */
export async function withWebAssembly(compilation: Compilation, store?: BinaryStore): Promise<AssembledCompilation> {
  const wasm = wasmSource(compilation);
  const key = createHash("sha256")
    .update([compilerVersion, assemblerVersion(), librarySource(), wasm.text].join("\0"))
    .digest("hex");
  const known = await store?.read(key);
  const binaries = known ?? (await assemble(wasm.text));
  if (known === undefined) await store?.write(key, binaries);
  const { model, programs, stream, sequences } = compilation;
  const parts = {
    source: wasm,
    simd: Buffer.from(binaries.simd).toString("base64"),
    relaxed: Buffer.from(binaries.relaxed).toString("base64"),
  };
  const moduleText = emit({ model, programs, stream, sequences, wasm: parts });
  return { ...compilation, moduleText, wasm, reused: known !== undefined };
}
