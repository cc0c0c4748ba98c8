/** The form of whatever a user is told: a heading with its code, frames of the places it is about, notes and help. */
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";

const gutterWidth = 5;
const longestLine = 110;

/** A line of a text. */
export interface FramedLine {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
  /** What of it is wrong: UTF-16 code units from 0, the last one left out; at least one caret stands below. */
  readonly mark?: { readonly from: number; readonly to: number };
}

/** Lines with their numbers, a row of carets below what is marked; long ones are cut, around the mark where there is one. */
export function frameRows(lines: readonly FramedLine[]): readonly string[] {
  return lines.flatMap(({ number, text, mark }) => {
    const view = windowOf(text, mark?.from ?? 0, mark?.to ?? 0);
    const row = numbered(String(number), view.text);
    return mark === undefined ? [row] : [row, numbered("", underline(view))];
  });
}

export interface Message {
  /** `file:line:column` or less; empty where it is about no file. */
  readonly place: string;
  readonly code: string;
  readonly message: string;
  /** Frames and notes. */
  readonly rows: readonly string[];
  readonly help?: string | undefined;
}

/** Ends with a line end. */
export function messageText({ place, code, message, rows, help }: Message): string {
  const heading = `${place === "" ? "" : `${place}: `}error[${code}]: ${message}`;
  const all = [heading, ...rows, ...(help === undefined ? [] : [`  help: ${help}`])];
  return `${all.map(printable).join("\n")}\n`;
}

function numbered(number: string, text: string): string {
  return `${number.padStart(gutterWidth)} | ${text}`.trimEnd();
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

/** Tabs as two spaces. */
function printable(text: string): string {
  return visibleText(text.replaceAll("\t", "  "));
}
