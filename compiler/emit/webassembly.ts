/** The wasm target's parts of a module: where every tensor lies in memory, and the binaries, of which an engine needs one. */
import type { AnyProgramName, WasmFeed, WasmResidents } from "@specloom/runtime/internal/contract";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { parameterOfGradient, slotParts } from "@specloom/runtime/internal/shared/names";
import type { WasmModuleFact, WasmProgramFact } from "../code-text/wasm-module.ts";
import { dataLiteral } from "../code-text/literals.ts";
import { programOrder } from "../code-text/program-order.ts";
import { invariant } from "../support/internal-error.ts";
import { feedTables } from "./feeds.ts";
import { planName } from "./gpu.ts";
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
export const webAssemblyNames: readonly string[] = [
  wasmName,
  ...Object.values(binaryNames),
  ...programOrder.map(placesName),
];

function placesName(program: AnyProgramName): string {
  return `${planName(program)}Places`;
}

/** A WasmTarget of the runtime's contract. */
export function wasmPart({ source }: WebAssemblyParts, links: Links): readonly Statement[] {
  const { predict_one: one, ...programs } = source.programs;
  const residents = new Map(source.residents.map(({ name, offset }) => [name, offset]));
  const present = programOrder.flatMap((name) => {
    const facts = memberOf(programs, name);
    return facts === undefined ? [] : [[name, facts] as const];
  });
  const feeds = feedTables(new Map(present.map(([name, facts]) => [name, feedsOf(facts, residents)])), placesName);
  const members = present.map(
    ([name, facts]) => `    ${name}: ${programLiteral(facts, feeds.literal(name, "      "), residents, "    ")},\n`,
  );
  const value = [
    "{\n",
    `  simd: ${links.lazily("wasm-simd", binaryNames["wasm-simd"])},\n`,
    `  relaxed: ${links.lazily("wasm-relaxed", binaryNames["wasm-relaxed"])},\n`,
    `  memoryBytes: ${source.memoryBytes},\n`,
    `  threadBytes: ${source.threadBytes},\n`,
    `  residents: ${dataLiteral(byOwner(residents), "  ")},\n`,
    `  programs: {\n${members.join("")}  },\n`,
    one === undefined
      ? ""
      : `  predictOne: ${programLiteral(one, rows(feedsOf(one, residents), "    "), residents, "  ")},\n`,
    "}",
  ].join("");
  return [
    ...feeds.declarations,
    constant(wasmName, {
      documentation: ["Where every tensor lies in the linear memory, in bytes."],
      exported: links.exported,
      type: links.use("WasmTarget"),
      value,
    }),
  ];
}

/** Parameters with the tensors that belong to them: one table for all that have the same. */
function byOwner(residents: ReadonlyMap<string, number>): readonly WasmResidents[] {
  const owned = new Map<string, (readonly [suffix: string, offset: number])[]>();
  for (const [name, offset] of residents) {
    const owner = slotParts(name)?.owner ?? name;
    owned.set(owner, [...(owned.get(owner) ?? []), [name.slice(owner.length), offset]]);
  }
  const tables = new Map<string, { suffixes: readonly string[]; offsets: Map<string, readonly number[]> }>();
  for (const [owner, places] of owned) {
    const suffixes = places.map(([suffix]) => suffix);
    const key = suffixes.join("\n");
    const table = tables.get(key) ?? { suffixes, offsets: new Map() };
    table.offsets.set(
      owner,
      places.map(([, offset]) => offset),
    );
    tables.set(key, table);
  }
  return [...tables.values()].map(({ suffixes, offsets }) => ({ suffixes, offsets: Object.fromEntries(offsets) }));
}

/** The shorter of two lists: what is changed, or all that is not. */
function updatesLiteral(updates: readonly string[], residents: ReadonlyMap<string, number>, indent: string): string {
  const kept = [...residents.keys()].filter((name) => !updates.includes(name));
  return updates.length === 0 || updates.length < kept.length
    ? dataLiteral(updates, indent)
    : dataLiteral({ allBut: kept }, indent);
}

function feedsOf(program: WasmProgramFact, residents: ReadonlyMap<string, number>): readonly WasmFeed[] {
  return program.arguments.flatMap(({ buffer: { external = "", role, shape }, offset }) => {
    if (residents.has(external)) return [];
    invariant(
      role !== "parameter" && role !== "state" && role !== "intermediate",
      `${external} has no place of its own`,
    );
    return [{ name: external, role, shape, offset }];
  });
}

function programLiteral(
  program: WasmProgramFact,
  feeds: string,
  residents: ReadonlyMap<string, number>,
  indent: string,
): string {
  const given = program.results.filter(({ name }) => !residents.has(name));
  const gradients = given.flatMap(({ name, offset }) => {
    const parameter = parameterOfGradient(name);
    return parameter !== undefined && residents.has(parameter) ? [[parameter, offset] as const] : [];
  });
  const results = given.filter(({ name }) => !residents.has(parameterOfGradient(name) ?? ""));
  const updates = program.results.flatMap(({ name }) => (residents.has(name) ? [name] : []));
  return [
    "{\n",
    `${indent}  feeds: ${feeds},\n`,
    `${indent}  results: ${rows(results, `${indent}  `)},\n`,
    gradients.length === 0
      ? ""
      : `${indent}  gradients: ${dataLiteral(Object.fromEntries(gradients), `${indent}  `)},\n`,
    `${indent}  updates: ${updatesLiteral(updates, residents, `${indent}  `)},\n`,
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
