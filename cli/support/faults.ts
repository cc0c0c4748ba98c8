/** Whatever stopped a command, as text for people, as objects for tools, and as an exit code. */
import type { Document } from "../../compiler/contracts/document.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { frameRows, messageText, type FramedLine } from "../../compiler/diagnostics/frame.ts";
import { diagnosticToJson, renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { JsonDiagnostic, JsonPlace } from "../../compiler/diagnostics/render.ts";
import { linesOf, positionAt } from "../../compiler/support/text-position.ts";
import type { Problem } from "@specloom/runtime/internal/problem";
import { problemsOf } from "@specloom/runtime/internal/problem";
import { Mistake } from "./mistake.ts";
import { groupedText } from "./table.ts";

export const EXIT = { ok: 0, mistake: 1, usage: 2, ourBug: 70, interrupted: 130 } as const;

/** A spec that does not compile. */
export class WrongSpec extends Error {
  override readonly name = "WrongSpec";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ message }) => message).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** A problem of the data or the run of a spec that is at hand, so that a message can show the place in it. */
export class SpecProblem extends Error {
  override readonly name = "SpecProblem";
  readonly document: Document;

  constructor(cause: unknown, document: Document) {
    super("", { cause });
    this.document = document;
  }
}

/** A problem with the spec at hand that it is about, where there is one; anything else as it is. */
export function aboutSpec(error: unknown, document: Document | undefined): unknown {
  return document === undefined || problemsOf(error) === undefined ? error : new SpecProblem(error, document);
}

export interface Fault {
  readonly exitCode: number;
  readonly text: string;
  readonly objects: readonly unknown[];
}

export function faultOf(error: unknown, env: Readonly<Record<string, string | undefined>>): Fault {
  if (error instanceof WrongSpec) {
    return {
      exitCode: EXIT.mistake,
      text: renderDiagnostics(error.diagnostics),
      objects: error.diagnostics.map(diagnosticToJson),
    };
  }
  if (error instanceof Mistake) return userFault([error], 0, undefined);
  const document = error instanceof SpecProblem ? error.document : undefined;
  const cause = error instanceof SpecProblem ? error.cause : error;
  const found = problemsOf(cause);
  if (found !== undefined) return userFault(found.problems, found.omitted, document);
  return ourFault(cause, env);
}

/** A `Mistake` or a `Problem`. */
type Described = Pick<Problem, "code" | "message" | "help" | "file"> & Partial<Problem>;

function userFault(given: readonly (Mistake | Problem)[], omitted: number, document: Document | undefined): Fault {
  const faults = given as readonly Described[];
  const rest = omitted > 0 ? `\n${String(omitted)} more of the kind are not shown.\n` : "";
  return {
    exitCode: EXIT.mistake,
    text: faults.map((fault) => renderFault(fault, document)).join("\n") + rest,
    objects: [...faults.map((fault) => faultToJson(fault, document)), ...(omitted > 0 ? [{ omitted }] : [])],
  };
}

function ourFault(error: unknown, env: Readonly<Record<string, string | undefined>>): Fault {
  const said = error instanceof Error ? error.message : String(error);
  const message = (said.split("\n")[0] ?? "").trim() || "an error without a message";
  const stack = env["SPECLOOM_DEBUG"] === "1" && error instanceof Error ? `${error.stack ?? ""}\n` : "";
  return {
    exitCode: EXIT.ourBug,
    text:
      `error[internal]: ${message}\n` +
      "  help: this is a mistake in specloom, not in your files. Please report it with the spec; " +
      "SPECLOOM_DEBUG=1 shows where it happened.\n" +
      stack,
    objects: [{ ...noPlace(undefined), severity: "error", code: "internal", message, help: null, notes: [] }],
  };
}

function renderFault(fault: Described, document: Document | undefined): string {
  const asked = placeInSpec(fault, document);
  // What is wrong with the spec alone has its place there and no other.
  const { file, line, column } = fault.file === undefined && asked !== undefined ? asked : fault;
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const rows = [...frameOf(fault)];
  if (asked !== undefined) {
    const said = `  note: ${asked.file}:${String(asked.line)}:${String(asked.column)}: the spec says so here.`;
    if (fault.file !== undefined) rows.push(said);
    rows.push(...frameInSpec(asked, fault.file === undefined));
  }
  const { code, message, help, more = 0 } = fault;
  if (more > 0) rows.push(`  note: ${groupedText(more)} more of this kind ${more === 1 ? "is" : "are"} not shown.`);
  return messageText({ place, code, message, rows, help });
}

/** Lines of a data file, cut already. */
function frameOf({ frame, line, length }: Described): readonly string[] {
  if (frame === undefined) return [];
  const from = frame.column - 1;
  return frameRows(
    frame.lines.map((text, index): FramedLine => {
      const number = frame.firstLine + index;
      return number === line
        ? { number, text, mark: { from, to: Math.min(from + (length ?? 1), text.length) } }
        : { number, text };
    }),
  );
}

function faultToJson(fault: Described, document: Document | undefined): JsonDiagnostic & { readonly more?: number } {
  const asked = placeInSpec(fault, document);
  const { line = null, column = null, more = 0 } = fault;
  if (fault.file === undefined && asked !== undefined) {
    const { code, message, help = null } = fault;
    const count = more === 0 ? {} : { more };
    return { ...jsonPlace(asked), severity: "error", code, message, help, notes: [], ...count };
  }
  return {
    file: fault.file ?? null,
    line,
    column,
    endLine: line,
    endColumn: column === null ? null : column + (fault.length ?? 1),
    severity: "error",
    code: fault.code,
    message: fault.message,
    help: fault.help ?? null,
    notes: asked === undefined ? [] : [{ ...jsonPlace(asked), message: "the spec says so here." }],
    ...(more === 0 ? {} : { more }),
  };
}

interface SpecPlace {
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

function placeInSpec({ pointer }: Described, document: Document | undefined): SpecPlace | undefined {
  if (pointer === undefined || document === undefined) return undefined;
  const { file, text, span } = document.locate(pointer);
  const end = positionAt(text, span.end);
  return { file, text, ...positionAt(text, span.start), endLine: end.line, endColumn: end.column };
}

/** The line of a place in a spec, with its value underlined where the place is the message's own. */
function frameInSpec({ text, line, column, endLine, endColumn }: SpecPlace, isMarked: boolean): readonly string[] {
  const shown = linesOf(text)[line - 1] ?? "";
  const end = endLine === line ? endColumn - 1 : shown.length;
  return frameRows([{ number: line, text: shown, ...(isMarked ? { mark: { from: column - 1, to: end } } : {}) }]);
}

function jsonPlace({ file, line, column, endLine, endColumn }: SpecPlace): JsonPlace {
  return { file, line, column, endLine, endColumn };
}

function noPlace(file: string | undefined): JsonPlace {
  return { file: file ?? null, line: null, column: null, endLine: null, endColumn: null };
}
