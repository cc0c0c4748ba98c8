/** Diagnostics as text for people and as JSON for tools, with the same content. */
import type { Place } from "../contracts/document.ts";
import { linesAround, positionAt } from "../support/text-position.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { frameRows, messageText, type FramedLine } from "./frame.ts";

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
export function renderDiagnostic({ code, message, place, file, notes = [], help }: Diagnostic): string {
  return messageText({
    place: onOneLine(place ? location(place) : (file ?? "")),
    code,
    message: onOneLine(message),
    rows: [
      ...(place ? frame(place, "with neighbours") : []),
      ...notes.flatMap((note) => [
        `  note: ${location(note.place)}: ${onOneLine(note.message)}`,
        ...frame(note.place, "alone"),
      ]),
    ],
    help: help === undefined ? undefined : onOneLine(help),
  });
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
  const row: FramedLine = { number: line, text: current, mark: { from, to } };
  if (extent === "alone") return frameRows([row]);
  return frameRows([
    ...(before === undefined ? [] : [{ number: line - 1, text: before }]),
    row,
    ...(after === undefined ? [] : [{ number: line + 1, text: after }]),
  ]);
}

/** What is quoted of a spec may have line ends. */
function onOneLine(text: string): string {
  return text.replaceAll("\n", "\ufffd");
}
