/** Stage 1: text to a document in which every value knows its place, with `extends` and `--set` merged in. */
import type { Document } from "../contracts/document.ts";
import type { DiagnosticBag } from "../diagnostics/diagnostic.ts";
import { normalizePath, stemOf } from "../support/paths.ts";
import { describeValue } from "../support/words.ts";
import { withGroupsWrittenOut } from "./1-parse/groups.ts";
import { inherit } from "./1-parse/inherit.ts";
import type { ReadBase } from "./1-parse/inherit.ts";
import { locate, plainValue } from "./1-parse/located.ts";
import { applyOverride } from "./1-parse/overrides.ts";
import { readYaml } from "./1-parse/read-yaml.ts";
import type { SourceText } from "./1-parse/read-yaml.ts";

export interface ParseOptions {
  /** `path=value`, as after `--set`; later ones win. */
  readonly overrides?: readonly string[];
  /** How an inherited file is read. Without it, `extends` cannot be followed. */
  readonly readBase?: ReadBase;
}

/**
 * @param source the spec's path as the user wrote it, and its text
 * @returns undefined when the text is no YAML mapping, or when a part of it is missing
 */
export function parse(source: SourceText, options: ParseOptions, diagnostics: DiagnosticBag): Document | undefined {
  const reading = readYaml(source, diagnostics);
  if (!reading) return undefined;
  if (reading.root.kind !== "mapping") {
    const found = describeValue(plainValue(reading.root));
    diagnostics.report("not-a-mapping", { found }, { place: reading.root.place });
    return undefined;
  }
  const inherited = inherit(reading.root, [normalizePath(source.file)], { readBase: options.readBase, diagnostics });
  if (!inherited) return undefined;

  const before = diagnostics.count;
  const root = (options.overrides ?? []).reduce(
    (mapping, argument) => applyOverride(mapping, argument, diagnostics),
    inherited,
  );
  if (diagnostics.count > before) return undefined;
  const document: Document = {
    file: source.file,
    stem: source.name ?? stemOf(source.file),
    text: source.text,
    yaml: reading.yaml,
    value: plainValue(root),
    locate: (pointer, part) => locate(root, pointer, part),
  };
  return withGroupsWrittenOut(document, diagnostics);
}
