/** One YAML 1.2 text to located data, as strictly as a spec wants it: no tags, no merge keys, few aliases, text keys. */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import type { Alias, Document as YamlDocument, Node, Scalar, YAMLError, YAMLMap, YAMLSeq } from "yaml";
import type { Place } from "../../contracts/document.ts";
import type { DiagnosticCode, DiagnosticFacts } from "../../diagnostics/catalogue.ts";
import type { DiagnosticBag } from "../../diagnostics/diagnostic.ts";
import { describeValue, quote } from "../../support/words.ts";
import { isReservedKey } from "../../schema/names.ts";
import { findAbsurdity } from "./find-absurdity.ts";
import { expandedSize } from "./located.ts";
import type { Located, LocatedEntry } from "./located.ts";

const longestText = 1024 * 1024;
const deepestNesting = 64;
const mostAliases = 32;
const mostValues = 100_000;
/** Of float32: what is smaller loses digits, or is 0. */
const smallestNormal = 2 ** -126;

export interface SourceText {
  readonly file: string;
  readonly text: string;
  /** The spec's name, where its file is not called after it. */
  readonly name?: string;
}

export interface YamlReading {
  readonly yaml: YamlDocument;
  readonly root: Located;
}

/**
 * @param mayBeNull whether the text may say `null`, as one value of a spec may
 * @returns undefined when there is nothing to go on with; the diagnostics say why
 */
export function readYaml(source: SourceText, diagnostics: DiagnosticBag, mayBeNull = false): YamlReading | undefined {
  const before = diagnostics.count;
  const reader = new Reader(source, diagnostics);
  const yaml = reader.compose();
  if (!yaml) return undefined;
  const root = reader.convertRoot(yaml, mayBeNull);
  return diagnostics.count === before && root ? { yaml, root } : undefined;
}

class Reader {
  readonly #source: SourceText;
  readonly #diagnostics: DiagnosticBag;
  readonly #anchors = new Map<string, Located | "open">();

  constructor(source: SourceText, diagnostics: DiagnosticBag) {
    this.#source = source;
    this.#diagnostics = diagnostics;
  }

  compose(): YamlDocument | undefined {
    const { text } = this.#source;
    if (text.length > longestText) return this.#report("too-large", { limit: longestText }, 0, 0);
    const absurdity = findAbsurdity(text);
    if (absurdity?.kind === "deep") {
      return this.#report("too-deep", { limit: deepestNesting }, absurdity.offset, absurdity.offset + 1);
    }
    if (absurdity) {
      const problem = "this bracket closes nothing";
      return this.#report("yaml-syntax", { problem }, absurdity.offset, absurdity.offset + 1);
    }
    const documents = composeAll(text);
    if (documents === "too deep") return this.#report("too-deep", { limit: deepestNesting }, 0, 0);

    const [first, second] = documents;
    if (!first) return this.#report("empty-spec", undefined, 0, 0);
    if (this.#reportSyntax(first.errors)) return undefined;
    const declared = first.directives?.yaml;
    if (declared?.explicit && declared.version !== "1.2") {
      return this.#report("yaml-version", { version: declared.version }, 0, lineEnd(text, 0));
    }
    if (second) {
      const start = second.range[0];
      const marker = text.lastIndexOf("---", start);
      return this.#report("several-documents", undefined, marker === -1 ? start : marker, start);
    }
    return first;
  }

  convertRoot(yaml: YamlDocument, mayBeNull: boolean): Located | undefined {
    const contents = yaml.contents;
    if (!contents || (!mayBeNull && isScalar(contents) && contents.value === null)) {
      return this.#report("empty-spec", undefined, 0, 0);
    }
    const aliases = countAliases(contents);
    if (aliases.count > mostAliases) {
      const [start, end] = rangeOf(aliases.firstTooMany ?? contents);
      return this.#report("too-many-aliases", { count: aliases.count, limit: mostAliases }, start, end);
    }
    const root = this.#convert(contents, 0);
    if (root && expandedSize(root) > mostValues) {
      const [start, end] = rangeOf(aliases.last ?? contents);
      const code = aliases.last ? "alias-bomb" : "too-many-values";
      return this.#report(code, { limit: mostValues }, start, aliases.last ? end : start + 1);
    }
    return root;
  }

  #convert(node: Node, depth: number): Located | undefined {
    const [start, end] = rangeOf(node);
    if (depth > deepestNesting) return this.#report("too-deep", { limit: deepestNesting }, start, start + 1);
    if (isAlias(node)) return this.#resolveAlias(node);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (node.tag !== undefined) {
      return this.#report("yaml-tag", { tag: shortTag(node.tag) }, ...this.#tagRange(start));
    }
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    const located = this.#convertContent(node, this.#place(start, end), depth);
    if (anchor !== undefined && located) this.#anchors.set(anchor, located);
    return located;
  }

  #convertContent(node: Node, place: Place, depth: number): Located | undefined {
    if (isScalar(node)) return this.#convertScalar(node, place);
    if (isSeq(node)) return this.#convertList(node, place, depth);
    if (isMap(node)) return this.#convertMapping(node, place, depth);
    return undefined;
  }

  #convertScalar(node: Scalar, place: Place): Located | undefined {
    const { value } = node;
    const written = node.source ?? String(value);
    const { start, end } = place.span;
    if (typeof value === "number") {
      if (!Number.isFinite(value)) return this.#report("number-not-finite", { found: written }, start, end);
      const single = Math.abs(Math.fround(value));
      if (single === Infinity || (single < smallestNormal && value !== 0)) {
        return this.#report("number-beyond-range", { found: written }, start, end);
      }
      const whole = /^[-+]?[0-9]+$|^0[ox]/.test(written);
      if (whole && !Number.isSafeInteger(value)) {
        return this.#report("number-not-exact", { found: written }, start, end);
      }
    }
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return { kind: "scalar", place, value };
    }
    return this.#report("yaml-syntax", { problem: `this value is ${typeof value}` }, start, end);
  }

  #convertList(node: YAMLSeq, place: Place, depth: number): Located {
    const items = node.items.map((item) => this.#convert(item as Node, depth + 1));
    return { kind: "list", place, items: items.filter((item) => item !== undefined) };
  }

  #convertMapping(node: YAMLMap, place: Place, depth: number): Located {
    const entries = new Map<string, LocatedEntry>();
    for (const pair of node.items) {
      const key = this.#convertKey(pair.key as Node | null, place);
      if (!key) continue;
      const value = pair.value
        ? this.#convert(pair.value as Node, depth + 1)
        : ({ kind: "scalar", place: { ...key.place, span: endOf(key.place) }, value: null } as const);
      const first = entries.get(key.name);
      if (first) {
        const note = { message: `${quote(key.name)} is first given here.`, place: first.key };
        this.#diagnostics.report("duplicate-key", { key: key.name }, { place: key.place, notes: [note] });
      } else if (value) {
        entries.set(key.name, { key: key.place, value });
      }
    }
    return { kind: "mapping", place, entries };
  }

  #convertKey(node: Node | null, mapping: Place): { readonly name: string; readonly place: Place } | undefined {
    const range = node ? rangeOf(node) : ([mapping.span.start, mapping.span.start] as const);
    if (!isScalar(node) || typeof node.value !== "string") {
      const found = isScalar(node)
        ? describeValue(node.value)
        : isAlias(node)
          ? "an alias"
          : node
            ? "a collection"
            : "missing";
      return this.#report("key-not-text", { found }, ...range);
    }
    const name = node.value;
    if (node.tag !== undefined) {
      return this.#report("yaml-tag", { tag: shortTag(node.tag) }, ...this.#tagRange(range[0]));
    }
    if (name === "<<" && node.type === "PLAIN") return this.#report("merge-key", undefined, ...range);
    if (isReservedKey(name)) return this.#report("reserved-key", { key: name }, ...range);
    return { name, place: this.#place(...range) };
  }

  #resolveAlias(node: Alias): Located | undefined {
    const [start, end] = rangeOf(node);
    const target = this.#anchors.get(node.source);
    if (target === "open") return this.#report("recursive-alias", { name: node.source }, start, end);
    if (!target) return this.#report("unknown-alias", { name: node.source }, start, end);
    return { ...target, place: this.#place(start, end) };
  }

  /** From the exclamation mark before a value to the end of that word. */
  #tagRange(start: number): readonly [number, number] {
    const { text } = this.#source;
    const before = /(?:[!&][^\s,[\]{}]*\s+)+$/.exec(text.slice(Math.max(0, start - 200), start));
    const begin = before ? start - before[0].length + Math.max(0, before[0].indexOf("!")) : start;
    const word = /^![^\s,[\]{}]*/.exec(text.slice(begin, begin + 200));
    return [begin, begin + Math.max(1, word?.[0].length ?? 1)];
  }

  /** Reports the first error of every line: those after it are mostly its consequences. */
  #reportSyntax(errors: readonly YAMLError[]): boolean {
    const lines = new Set<number>();
    // A tab upsets everything after it.
    const tabs = errors.filter(({ code }) => code === "TAB_AS_INDENT");
    for (const error of tabs.length > 0 ? tabs : errors) {
      const line = this.#source.text.lastIndexOf("\n", Math.max(0, error.pos[0] - 1));
      if (lines.has(line)) continue;
      lines.add(line);
      this.#reportSyntaxError(error);
      if (lines.size === 3) break;
    }
    return errors.length > 0;
  }

  #reportSyntaxError(error: YAMLError): void {
    const { text } = this.#source;
    const [start, end] = error.pos;
    if (error.code === "TAB_AS_INDENT") {
      const tab = text.slice(start).search(/\t/);
      const begin = tab === -1 ? start : start + tab;
      this.#report("tab-indentation", undefined, begin, begin + 1);
      return;
    }
    if (error.code === "BAD_ALIAS" || error.code === "TAG_RESOLVE_FAILED") {
      this.#report("yaml-tag", { tag: text.slice(start, end) }, start, end);
      return;
    }
    this.#report("yaml-syntax", { problem: syntaxProblem(error.message) }, start, end);
  }

  #place(start: number, end: number): Place {
    const { file, text } = this.#source;
    const from = Math.min(Math.max(start, 0), text.length);
    const to = Math.min(Math.max(end, from), text.length);
    const trimmed = from + text.slice(from, to).trimEnd().length;
    return { file, text, span: { start: from, end: trimmed > from ? trimmed : to } };
  }

  #report<C extends DiagnosticCode>(code: C, facts: DiagnosticFacts<C>, start: number, end: number): undefined {
    this.#diagnostics.report(code, facts, { place: this.#place(start, end) });
    return undefined;
  }
}

const syntaxWords: readonly (readonly [RegExp, string])[] = [
  [/^Nested mappings are not allowed in compact mappings/, 'a second ":" on one line; text with a colon needs quotes'],
  [/^Missing closing .quote/, "a quoted text has no closing quote"],
  [/^Flow sequence .* end with a \]/, 'a list in brackets is not closed with "]"'],
  [/^Flow map .* end with a \}/, 'a mapping in braces is not closed with "}"'],
  [/^All mapping items must start at the same column/, "the keys of one mapping must start in the same column"],
  [/^All sequence items must start at the same column/, "the items of one list must start in the same column"],
  [/^A collection cannot be both a mapping and a sequence/, "list items and keys cannot stand side by side"],
  [/^Implicit keys need to be on a single line/, "a key must stand on one line with its colon"],
  [/^Implicit map keys need to be followed by map values/, 'a key without its ":"'],
  [/^Missing , /, "a comma is missing between items"],
];

/** The parser's message, in the words of the rest where it is a frequent one. */
function syntaxProblem(message: string): string {
  const known = syntaxWords.find(([pattern]) => pattern.test(message));
  const text = known ? known[1] : message.replace(/\s+/g, " ").replace(/[.:]+\s*$/, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function composeAll(text: string): readonly YamlDocument.Parsed[] | "too deep" {
  try {
    const documents = parseAllDocuments(text, {
      version: "1.2",
      schema: "core",
      merge: false,
      strict: true,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
    });
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    if (error instanceof RangeError) return "too deep";
    throw error;
  }
}

interface AliasCount {
  readonly count: number;
  readonly firstTooMany: Alias | undefined;
  readonly last: Alias | undefined;
}

function countAliases(root: Node): AliasCount {
  const aliases: Alias[] = [];
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (isAlias(node)) aliases.push(node);
    else if (isSeq(node)) for (const item of node.items) open.push(item);
    else if (isMap(node)) for (const pair of node.items) open.push(pair.key, pair.value);
  }
  aliases.sort((left, right) => rangeOf(left)[0] - rangeOf(right)[0]);
  return { count: aliases.length, firstTooMany: aliases[mostAliases], last: aliases[aliases.length - 1] };
}

function rangeOf(node: Node): readonly [number, number] {
  return node.range ? [node.range[0], node.range[1]] : [0, 0];
}

function endOf(place: Place): { readonly start: number; readonly end: number } {
  return { start: place.span.end, end: place.span.end };
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
}

function shortTag(tag: string): string {
  return tag.replace("tag:yaml.org,2002:", "!!");
}
