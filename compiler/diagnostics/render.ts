/** Diagnostics as text for people and as JSON for tools, with the same content. */
import type { Place } from "../contracts/document.ts";
import { linesAround, positionAt } from "../support/text-position.ts";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";
import type { Diagnostic } from "./diagnostic.ts";

const gutterWidth = 5;
const longestLine = 110;

export interface JsonPlace {
  readonly file: string | null;
  /** 1-based; null when the diagnostic is about the whole file. */
  readonly line: number | null;
  readonly column: number | null;
  readonly endLine: number | null;
  readonly endColumn: number | null;
}

export interface JsonDiagnostic extends JsonPlace {
  readonly severity: "error";
  readonly code: string;
  readonly message: string;
  readonly help: string | null;
  readonly notes: readonly (JsonPlace & { readonly message: string })[];
}

/** One block per diagnostic, an empty line between them. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(renderDiagnostic).join("\n");
}

/** `file:line:column: error[code]: message`, the lines around it, notes and help. Ends with a line end. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const rows = [`${heading(diagnostic)}error[${diagnostic.code}]: ${diagnostic.message}`];
  if (diagnostic.place) rows.push(...frame(diagnostic.place, "with neighbours"));
  for (const note of diagnostic.notes ?? []) {
    rows.push(`  note: ${location(note.place)}: ${note.message}`, ...frame(note.place, "alone"));
  }
  if (diagnostic.help !== undefined) rows.push(`  help: ${diagnostic.help}`);
  return `${rows.map(printable).join("\n")}\n`;
}

export function diagnosticToJson(diagnostic: Diagnostic): JsonDiagnostic {
  return {
    ...jsonPlace(diagnostic.place, diagnostic.file),
    severity: "error",
    code: diagnostic.code,
    message: diagnostic.message,
    help: diagnostic.help ?? null,
    notes: (diagnostic.notes ?? []).map((note) => ({ ...jsonPlace(note.place), message: note.message })),
  };
}

function heading(diagnostic: Diagnostic): string {
  if (diagnostic.place) return `${location(diagnostic.place)}: `;
  return diagnostic.file === undefined ? "" : `${diagnostic.file}: `;
}

function location(place: Place): string {
  const { line, column } = positionAt(place.text, place.span.start);
  return `${place.file}:${line}:${column}`;
}

function jsonPlace(place: Place | undefined, file?: string): JsonPlace {
  if (!place) return { file: file ?? null, line: null, column: null, endLine: null, endColumn: null };
  const start = positionAt(place.text, place.span.start);
  const end = positionAt(place.text, Math.max(place.span.start, place.span.end));
  return { file: place.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}

/** The line of a place with carets below its span (as far as it lies on that line), and the lines before and after. */
function frame(place: Place, extent: "with neighbours" | "alone"): readonly string[] {
  if (place.text.trim() === "") return [];
  const { line, column } = positionAt(place.text, place.span.start);
  const { before, current, after } = linesAround(place.text, place.span.start);
  const from = Math.min(column - 1, current.length);
  const to = Math.min(from + Math.max(place.span.end - place.span.start, 0), current.length);
  const view = windowOf(current, from, to);

  const rows = [numbered(line, view.text), numbered(undefined, underline(view))];
  if (extent === "alone") return rows;
  return [
    ...(before === undefined ? [] : [numbered(line - 1, windowOf(before, 0, 0).text)]),
    ...rows,
    ...(after === undefined ? [] : [numbered(line + 1, windowOf(after, 0, 0).text)]),
  ];
}

function numbered(line: number | undefined, text: string): string {
  return `${(line === undefined ? "" : String(line)).padStart(gutterWidth)} | ${text}`.trimEnd();
}

interface LineView {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** The part of a line that is shown: all of it, or about a screen's width around the span with `...` where it is cut. */
function windowOf(line: string, from: number, to: number): LineView {
  if (line.length <= longestLine) return { text: line, from, to };
  const start = Math.max(0, Math.min(from - 30, line.length - longestLine));
  const end = Math.min(line.length, start + longestLine);
  const lead = start > 0 ? "... " : "";
  const tail = end < line.length ? " ..." : "";
  const shift = lead.length - start;
  return { text: lead + line.slice(start, end) + tail, from: from + shift, to: Math.min(to, end) + shift };
}

/** At least one caret; a character outside the basic plane is one column wide, a tab as wide as it is printed. */
function underline({ text, from, to }: LineView): string {
  const width = (part: string): number => Array.from(printable(part)).length;
  return " ".repeat(width(text.slice(0, from))) + "^".repeat(Math.max(1, width(text.slice(from, to))));
}

/** On one line, tabs as two spaces. */
function printable(text: string): string {
  return visibleText(text.replaceAll("\t", "  ")).replaceAll("\n", "\ufffd");
}
