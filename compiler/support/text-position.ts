/** Offsets of a text as lines and columns, both 1-based; columns count UTF-16 code units, as editors do. */

export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** @param offset limited to the text, so that the end of the file is a position too */
export function positionAt(text: string, offset: number): TextPosition {
  const limit = Math.min(Math.max(offset, 0), text.length);
  let line = 1;
  let lineStart = 0;
  for (let next = text.indexOf("\n"); next !== -1 && next < limit; next = text.indexOf("\n", next + 1)) {
    line += 1;
    lineStart = next + 1;
  }
  return { line, column: limit - lineStart + 1 };
}

/** A line and its neighbours, without their line ends (`\n` or `\r\n`). */
export interface LineContext {
  readonly before: string | undefined;
  readonly current: string;
  /** Undefined after the last line; the nothing behind a final line end is no line. */
  readonly after: string | undefined;
}

/** The lines around an offset, found without cutting up the rest of the text. */
export function linesAround(text: string, offset: number): LineContext {
  const limit = Math.min(Math.max(offset, 0), text.length);
  const start = limit === 0 ? 0 : text.lastIndexOf("\n", limit - 1) + 1;
  const end = lineEnd(text, start);
  const hasAfter = end < text.length - 1;
  return {
    before: start === 0 ? undefined : lineFrom(text, start < 2 ? 0 : text.lastIndexOf("\n", start - 2) + 1),
    current: lineFrom(text, start),
    after: hasAfter ? lineFrom(text, end + 1) : undefined,
  };
}

function lineFrom(text: string, start: number): string {
  const line = text.slice(start, lineEnd(text, start));
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
}

/** The lines without their line ends (`\n` or `\r\n`). */
export function linesOf(text: string): readonly string[] {
  return text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}
