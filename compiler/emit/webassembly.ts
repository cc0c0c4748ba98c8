/** The wasm target's parts of a module: where every tensor lies in memory, and the binaries, of which an engine needs one. */
import type { WasmModuleFact, WasmProgramFact } from "../code-text/wasm-module.ts";
import { dataLiteral } from "../code-text/literals.ts";
import type { Links, PartName } from "./layout.ts";
import { constant, rows, type Statement } from "./statements.ts";

export interface WebAssemblyParts {
  readonly source: WasmModuleFact;
  /** Packed as zlib does (RFC 1950), in base64. */
  readonly simd: string;
  readonly relaxed: string;
}

export const wasmName = "wasmTarget";
const binaryNames = { "wasm-simd": "simdBinary", "wasm-relaxed": "relaxedBinary" } as const;

/** Names that these parts use for themselves; kernels must not take them. */
export const webAssemblyNames: readonly string[] = [wasmName, ...Object.values(binaryNames)];

/** A WasmTarget of the runtime's contract. */
export function wasmPart({ source }: WebAssemblyParts, links: Links): readonly Statement[] {
  const { predict_one: one, ...programs } = source.programs;
  const residents = new Set(source.residents.map(({ name }) => name));
  const members = Object.entries(programs).map(
    ([name, facts]) => `    ${name}: ${programLiteral(facts, residents, "    ")},\n`,
  );
  const value = [
    "{\n",
    `  simd: ${links.lazily("wasm-simd", binaryNames["wasm-simd"])},\n`,
    `  relaxed: ${links.lazily("wasm-relaxed", binaryNames["wasm-relaxed"])},\n`,
    `  memoryBytes: ${source.memoryBytes},\n`,
    `  threadBytes: ${source.threadBytes},\n`,
    `  residents: ${rows(source.residents, "  ")},\n`,
    `  programs: {\n${members.join("")}  },\n`,
    one === undefined ? "" : `  predictOne: ${programLiteral(one, residents, "  ")},\n`,
    "}",
  ].join("");
  return [
    constant(wasmName, {
      documentation: ["Where every tensor lies in the linear memory, in bytes."],
      exported: links.exported,
      type: links.use("WasmTarget"),
      value,
    }),
  ];
}

function programLiteral(program: WasmProgramFact, residents: ReadonlySet<string>, indent: string): string {
  const feeds = program.arguments.flatMap(({ buffer: { external = "", role, shape }, offset }) =>
    residents.has(external) ? [] : [{ name: external, role, shape, offset }],
  );
  const results = program.results.filter(({ name }) => !residents.has(name));
  const updates = program.results.flatMap(({ name }) => (residents.has(name) ? [name] : []));
  return [
    "{\n",
    `${indent}  feeds: ${rows(feeds, `${indent}  `)},\n`,
    `${indent}  results: ${rows(results, `${indent}  `)},\n`,
    `${indent}  updates: ${dataLiteral(updates, `${indent}  `)},\n`,
    `${indent}  threads: ${program.threads},\n`,
    `${indent}}`,
  ].join("");
}

/** A binary as text, which every bundler takes as it is. */
export function binaryPart(
  part: Extract<PartName, keyof typeof binaryNames>,
  { simd, relaxed }: WebAssemblyParts,
  links: Links,
): readonly Statement[] {
  const value = `"${part === "wasm-simd" ? simd : relaxed}"`;
  return [constant(binaryNames[part], { type: "string", exported: links.exported, value })];
}
