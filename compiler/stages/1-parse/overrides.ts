/** `--set train.epochs=5`: one value of the spec replaced from the command line. */
import { quote } from "../../support/words.ts";
import type { Place } from "../../contracts/document.ts";
import type { DiagnosticBag } from "../../diagnostics/diagnostic.ts";
import { isReservedKey } from "../../schema/names.ts";
import { mergeLocated } from "./located.ts";
import type { Located, LocatedMapping } from "./located.ts";
import { readYaml } from "./read-yaml.ts";

/** What diagnostics show as the file of a value from the command line. */
const overrideFile = "--set";

interface Segment {
  readonly name: string;
  readonly place: Place;
}

/** The spec with one argument applied; unchanged (and reported) when it cannot be. */
export function applyOverride(root: LocatedMapping, argument: string, diagnostics: DiagnosticBag): LocatedMapping {
  const equals = argument.indexOf("=");
  const whole: Place = { file: overrideFile, text: argument, span: { start: 0, end: argument.length } };
  const segments = splitPath(argument.slice(0, Math.max(equals, 0)), argument);
  const written = argument.slice(equals + 1);
  if (equals < 1 || written.trim() === "" || segments.some((segment) => segment.name === "")) {
    diagnostics.report("set-syntax", { argument }, { place: whole });
    return root;
  }
  const reserved = segments.find((segment) => isReservedKey(segment.name));
  if (reserved) {
    diagnostics.report("reserved-key", { key: reserved.name }, { place: reserved.place });
    return root;
  }
  const value = readOverrideValue(argument, equals + 1, diagnostics);
  const changed = value && replaceAt(root, segments, value, diagnostics);
  return changed?.kind === "mapping" ? changed : root;
}

/** The path is blanked out rather than cut off, so that places in the value are places in the argument. */
function readOverrideValue(argument: string, start: number, diagnostics: DiagnosticBag): Located | undefined {
  const reading = readYaml({ file: overrideFile, text: " ".repeat(start) + argument.slice(start) }, diagnostics, true);
  return reading && withText(reading.root, argument);
}

function withText(located: Located, text: string): Located {
  const place = { ...located.place, text };
  switch (located.kind) {
    case "scalar":
      return { ...located, place };
    case "list":
      return { ...located, place, items: located.items.map((item) => withText(item, text)) };
    case "mapping": {
      const entries = Array.from(
        located.entries,
        ([key, entry]) => [key, { key: { ...entry.key, text }, value: withText(entry.value, text) }] as const,
      );
      return { ...located, place, entries: new Map(entries) };
    }
  }
}

function splitPath(path: string, argument: string): readonly Segment[] {
  let start = 0;
  return path.split(".").map((name) => {
    const place: Place = { file: overrideFile, text: argument, span: { start, end: start + name.length } };
    start += name.length + 1;
    return { name, place };
  });
}

function replaceAt(
  located: Located | undefined,
  segments: readonly Segment[],
  value: Located,
  diagnostics: DiagnosticBag,
): Located | undefined {
  const [segment, ...rest] = segments;
  if (!segment) return located && value.kind === "mapping" ? mergeLocated(located, value) : value;
  if (!located || located.kind === "mapping") {
    const entries = new Map(located?.entries);
    const changed = replaceAt(entries.get(segment.name)?.value, rest, value, diagnostics);
    if (!changed) return undefined;
    entries.set(segment.name, { key: segment.place, value: changed });
    return { kind: "mapping", place: located?.place ?? segment.place, entries };
  }
  if (located.kind === "list") {
    const index = indexOf(located.items, segment.name);
    const changed = index === undefined ? undefined : replaceAt(located.items[index], rest, value, diagnostics);
    if (index !== undefined) return changed && { ...located, items: located.items.with(index, changed) };
  }
  const problem =
    located.kind === "list"
      ? `this list has no item named or numbered ${quote(segment.name)}`
      : `what stands before ${quote(segment.name)} is a single value, without keys`;
  const path = segment.place.text.slice(0, segment.place.span.end);
  diagnostics.report("set-path", { path, problem }, { place: segment.place });
  return undefined;
}

/** By the item's `name`, else by its index. */
function indexOf(items: readonly Located[], name: string): number | undefined {
  const named = items.findIndex((item) => {
    const entry = item.kind === "mapping" ? item.entries.get("name")?.value : undefined;
    return entry?.kind === "scalar" && entry.value === name;
  });
  if (named !== -1) return named;
  return /^\d+$/.test(name) && Number(name) < items.length ? Number(name) : undefined;
}
