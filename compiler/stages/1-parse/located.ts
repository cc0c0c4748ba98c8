/** Plain data in which every value and every key knows its place; what YAML, `extends` and `--set` are merged as. */
import type { Place } from "../../contracts/document.ts";
import { pointerSegments } from "../../support/pointer.ts";

export type Located = LocatedScalar | LocatedList | LocatedMapping;

export interface LocatedScalar {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

export interface LocatedList {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly Located[];
}

export interface LocatedMapping {
  readonly kind: "mapping";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

export interface LocatedEntry {
  readonly key: Place;
  readonly value: Located;
}

export function plainValue(located: Located): unknown {
  switch (located.kind) {
    case "scalar":
      return located.value;
    case "list":
      return located.items.map(plainValue);
    case "mapping":
      return Object.fromEntries(Array.from(located.entries, ([key, entry]) => [key, plainValue(entry.value)]));
  }
}

/**
 * `above` wins; mappings are joined key by key, everything else is replaced. Keys keep the order of `below`. A mapping of
 * another `kind` replaces too: the keys of one kind mean nothing to another.
 */
export function mergeLocated(below: Located, above: Located): Located {
  if (below.kind !== "mapping" || above.kind !== "mapping") return above;
  const [inheritedKind, kind] = [kindOf(below), kindOf(above)];
  if (inheritedKind !== undefined && kind !== undefined && inheritedKind !== kind) return above;
  const entries = new Map(below.entries);
  for (const [key, entry] of above.entries) {
    const inherited = entries.get(key);
    entries.set(key, inherited ? { key: entry.key, value: mergeLocated(inherited.value, entry.value) } : entry);
  }
  return { ...above, entries };
}

function kindOf(mapping: LocatedMapping): unknown {
  const kind = mapping.entries.get("kind")?.value;
  return kind?.kind === "scalar" ? kind.value : undefined;
}

export function withoutKeys(mapping: LocatedMapping, keys: readonly string[]): LocatedMapping {
  return { ...mapping, entries: new Map(Array.from(mapping.entries).filter(([key]) => !keys.includes(key))) };
}

/** The place of a value or of its key. What does not exist has the place of its nearest ancestor; list items have no key. */
export function locate(root: Located, pointer: string, part: "value" | "key" = "value"): Place {
  let current = root;
  let keyPlace: Place | undefined;
  for (const segment of pointerSegments(pointer)) {
    const entry = entryOf(current, segment);
    if (!entry) return current.place;
    current = entry.value;
    keyPlace = entry.key;
  }
  return part === "key" && keyPlace ? keyPlace : current.place;
}

function entryOf(located: Located, segment: string): { readonly value: Located; readonly key?: Place } | undefined {
  if (located.kind === "mapping") return located.entries.get(segment);
  const item = located.kind === "list" && /^\d+$/.test(segment) ? located.items[Number(segment)] : undefined;
  return item && { value: item };
}

/** How many values there are when every alias is written out; shared parts are measured once. */
export function expandedSize(located: Located, known: Map<Located, number> = new Map()): number {
  const measured = known.get(located);
  if (measured !== undefined) return measured;
  const children =
    located.kind === "list"
      ? located.items
      : located.kind === "mapping"
        ? Array.from(located.entries.values(), (entry) => entry.value)
        : [];
  const size = children.reduce((sum, child) => sum + expandedSize(child, known), 1);
  known.set(located, size);
  return size;
}
