/** What the wasm target writes and a module shows: a source to assemble, and where every tensor lies in its memory. */
import type { Buffer } from "../ir/program.ts";

export interface WasmTensorFact {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

export interface WasmProgramFact {
  readonly arguments: readonly { readonly buffer: Buffer; readonly offset: number }[];
  readonly results: readonly WasmTensorFact[];
  readonly threads: number;
  /** Of matrix products, 2 per multiplication. */
  readonly flops: number;
}

export interface WasmModuleFact<ProgramFact extends WasmProgramFact = WasmProgramFact> {
  /** The AssemblyScript module. */
  readonly text: string;
  /** Bytes of the linear memory for one thread, and what each further thread needs. */
  readonly memoryBytes: number;
  readonly threadBytes: number;
  readonly residents: readonly WasmTensorFact[];
  readonly programs: Readonly<Record<string, ProgramFact>>;
}
