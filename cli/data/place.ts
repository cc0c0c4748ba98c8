/** Places in text files: the lines around them, cut to what a terminal can show. */
import type { ProblemFrame, ProblemPlace } from "@specloom/runtime/internal/problem";

/** Widest part of a line that a frame shows, in UTF-16 code units. */
export const WIDEST = 100;

export interface TextPlace {
  readonly file: string;
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** The place with its line and the neighbours of that line. */
export function placeInText({ file, text, line, column, length }: TextPlace): ProblemPlace {
  const lines = linesAround(text, line);
  const shown = lines.shown.map((content) => ({
    length: content.length,
    slice: (from: number) => content.slice(from, from + WIDEST),
  }));
  return { file, line, column, length, frame: framed(shown, lines.first, column) };
}

/** A line of which a frame shows `WIDEST` code units at most. */
interface FramedLine {
  readonly length: number;
  /** @returns `WIDEST` code units from the given one on, or what there is */
  slice(from: number): string;
}

/** The lines cut around a column, with "…" where something is left out. */
export function framed(lines: readonly FramedLine[], firstLine: number, column: number): ProblemFrame {
  const longest = Math.max(...lines.map((line) => line.length), 0);
  const from = Math.max(0, Math.min(column - 1 - 40, longest - WIDEST));
  return {
    firstLine,
    lines: lines.map((line) => {
      const cutBefore = from > 0 && line.length > 0 ? "…" : "";
      return `${cutBefore}${line.slice(from)}${line.length > from + WIDEST ? "…" : ""}`;
    }),
    column: column - from + (from > 0 ? 1 : 0),
  };
}

/** 1-based line and column of an offset in UTF-16 code units. Ends of lines: \n, \r\n or \r. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = splitLines(text.slice(0, offset));
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** Lines without their ends; a text that ends in a line end has an empty last line. */
function splitLines(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

function linesAround(text: string, line: number): { readonly first: number; readonly shown: readonly string[] } {
  const first = Math.max(1, line - 1);
  const shown = splitLines(text).slice(first - 1, line + 1);
  // The emptiness behind the last line end is no line.
  if (shown.at(-1) === "" && shown.length > line - first + 1) shown.pop();
  return { first, shown };
}
