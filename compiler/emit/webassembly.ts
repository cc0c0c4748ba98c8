/** The wasm target's part of a generated module: where every tensor lies in memory, and the binaries at the very end. */
import type { WasmModuleFact, WasmProgramFact } from "../code-text/wasm-module.ts";
import { dataLiteral } from "../code-text/literals.ts";

export interface WebAssemblyParts {
  readonly source: WasmModuleFact;
  /** Base64. */
  readonly simd: string;
  readonly relaxed: string;
}

/** Names a module uses for this part. */
export const webAssemblyNames: readonly string[] = ["webAssembly", "simdBinary", "relaxedSimdBinary"];

/** The `wasm` member of a model definition as text, a WasmModule of the runtime's contract. */
export function webAssemblyLiteral({ source }: WebAssemblyParts): string {
  const { predict_one: one, ...programs } = source.programs;
  const members = Object.entries(programs).map(([name, facts]) => `    ${name}: ${programLiteral(facts, "    ")},\n`);
  return [
    "{\n",
    "  simd: simdBinary(),\n",
    "  relaxed: relaxedSimdBinary(),\n",
    `  memoryBytes: ${source.memoryBytes},\n`,
    `  threadBytes: ${source.threadBytes},\n`,
    `  residents: ${rows(source.residents, "  ")},\n`,
    `  programs: {\n${members.join("")}  },\n`,
    one === undefined ? "" : `  predictOne: ${programLiteral(one, "  ")},\n`,
    "}",
  ].join("");
}

function programLiteral({ arguments: given, results, threads, flops }: WasmProgramFact, indent: string): string {
  const facts = given.map(({ buffer: { external, role, shape, dtype }, offset }) => ({
    name: external,
    role,
    shape,
    dtype,
    offset,
  }));
  return [
    "{\n",
    `${indent}  arguments: ${rows(facts, `${indent}  `)},\n`,
    `${indent}  results: ${rows(results, `${indent}  `)},\n`,
    `${indent}  threads: ${threads},\n`,
    `${indent}  flops: ${flops},\n`,
    `${indent}}`,
  ].join("");
}

function rows(items: readonly object[], indent: string): string {
  if (items.length === 0) return "[]";
  const lines = items.map((item) => `${indent}  ${dataLiteral(item, "", Number.POSITIVE_INFINITY)},\n`);
  return `[\n${lines.join("")}${indent}]`;
}

/** Functions, so that the binaries can stand at the end of the file, where nobody needs to scroll past them. */
export function binaryFunctions({ simd, relaxed }: WebAssemblyParts): string {
  return [
    `function simdBinary(): string {\n  return "${simd}";\n}`,
    `function relaxedSimdBinary(): string {\n  return "${relaxed}";\n}`,
  ].join("\n\n");
}
