/** `extends: base.yaml`: the file's own keys laid over those of the file it inherits. */
import type { DiagnosticBag } from "../../diagnostics/diagnostic.ts";
import { directoryOf, isAbsolute, joinPath } from "../../support/paths.ts";
import { describeValue } from "../../support/words.ts";
import { mergeLocated, plainValue, withoutKeys } from "./located.ts";
import type { LocatedMapping } from "./located.ts";
import { readYaml } from "./read-yaml.ts";
import type { SourceText } from "./read-yaml.ts";

const longestChain = 16;

/**
 * Reads an inherited file. The path is relative to the same place as the spec's own.
 * @returns why it cannot be read, or undefined, where it cannot
 */
export type ReadBase = (path: string) => SourceText | { readonly unreadable: string } | undefined;

export interface Inheritance {
  readonly readBase: ReadBase | undefined;
  readonly diagnostics: DiagnosticBag;
}

/** @param chain the files on the way to this one, the spec first */
export function inherit(
  own: LocatedMapping,
  chain: readonly string[],
  inheritance: Inheritance,
): LocatedMapping | undefined {
  const entry = own.entries.get("extends");
  if (!entry) return own;
  const { diagnostics, readBase } = inheritance;
  const { place } = entry.value;
  const path = entry.value.kind === "scalar" ? entry.value.value : undefined;
  if (typeof path !== "string") {
    const found = describeValue(plainValue(entry.value));
    diagnostics.report("wrong-type", { what: '"extends"', expected: "the path of one file", found }, { place });
    return undefined;
  }
  if (isAbsolute(path)) {
    diagnostics.report("extends-absolute", { path }, { place });
    return undefined;
  }
  const resolved = joinPath(directoryOf(chain[chain.length - 1] ?? ""), path);
  if (chain.includes(resolved)) {
    diagnostics.report("extends-cycle", { chain: [...chain.slice(chain.indexOf(resolved)), resolved] }, { place });
    return undefined;
  }
  if (chain.length >= longestChain) {
    diagnostics.report("extends-too-long", { limit: longestChain }, { place });
    return undefined;
  }
  const source = readBase?.(resolved);
  if (source === undefined || "unreadable" in source) {
    const facts = { path: resolved, reason: source?.unreadable };
    diagnostics.report("extends-not-found", facts, { place });
    return undefined;
  }
  return joinWithBase(own, source, [...chain, resolved], inheritance);
}

function joinWithBase(
  own: LocatedMapping,
  source: SourceText,
  chain: readonly string[],
  inheritance: Inheritance,
): LocatedMapping | undefined {
  const reading = readYaml(source, inheritance.diagnostics);
  if (!reading) return undefined;
  const { root } = reading;
  if (root.kind !== "mapping") {
    const found = describeValue(plainValue(root));
    inheritance.diagnostics.report("not-a-mapping", { found }, { place: root.place });
    return undefined;
  }
  const base = inherit(root, chain, inheritance);
  if (!base) return undefined;
  // A name belongs to one file: it is that file's name.
  const merged = mergeLocated(withoutKeys(base, ["name", "extends"]), withoutKeys(own, ["extends"]));
  return merged.kind === "mapping" ? merged : undefined;
}
