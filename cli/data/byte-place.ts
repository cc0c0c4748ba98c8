/** Places in the bytes of a text file. Only what a frame shows is made into strings: files and lines may be large. */
import type { ProblemPlace } from "@specloom/runtime/internal/problem";
import { framed, WIDEST } from "./place.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

export interface BytePlace {
  readonly file: string;
  /** UTF-8. */
  readonly bytes: Uint8Array;
  /** Of the first byte of the place. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** The place with its line and the neighbours of that line. Ends of lines: \n, \r\n or \r. */
export function placeInBytes({ file, bytes, offset, length }: BytePlace): ProblemPlace {
  const start = startOfLine(bytes, offset);
  const line = linesBefore(bytes, start) + 1;
  const ranges: [number, number][] = [[start, endOfLine(bytes, offset)]];
  if (start > 0) {
    const before = behindLineEnd(bytes, start);
    ranges.unshift([startOfLine(bytes, before), before]);
  }
  const next = nextLine(bytes, ranges.at(-1)?.[1] ?? 0);
  if (next < bytes.length) ranges.push([next, endOfLine(bytes, next)]);
  const column = unitsIn(bytes, start, offset) + 1;
  return {
    file,
    line,
    column,
    length: Math.max(1, unitsIn(bytes, offset, Math.min(offset + length, endOfLine(bytes, offset)))),
    frame: framed(
      ranges.map(([from, to]) => ({
        length: unitsIn(bytes, from, to),
        slice: (first) => textOf(bytes, from, to, first),
      })),
      Math.max(1, line - 1),
      column,
    ),
  };
}

/** The line of an offset alone, without its end. */
export function lineAt(bytes: Uint8Array, offset: number): { readonly start: number; readonly end: number } {
  return { start: startOfLine(bytes, offset), end: endOfLine(bytes, offset) };
}

/** Where the line behind the one that ends at `end` starts. */
export function nextLine(bytes: Uint8Array, end: number): number {
  if (end >= bytes.length) return end;
  return bytes[end] === CARRIAGE_RETURN && bytes[end + 1] === LINE_FEED ? end + 2 : end + 1;
}

function startOfLine(bytes: Uint8Array, offset: number): number {
  let index = offset;
  while (index > 0 && bytes[index - 1] !== LINE_FEED && bytes[index - 1] !== CARRIAGE_RETURN) index -= 1;
  return index;
}

function endOfLine(bytes: Uint8Array, offset: number): number {
  let index = offset;
  while (index < bytes.length && bytes[index] !== LINE_FEED && bytes[index] !== CARRIAGE_RETURN) index += 1;
  return index;
}

/** The end of the line before the one that starts here. */
function behindLineEnd(bytes: Uint8Array, start: number): number {
  const pair = bytes[start - 1] === LINE_FEED && bytes[start - 2] === CARRIAGE_RETURN;
  return start - (pair ? 2 : 1);
}

function linesBefore(bytes: Uint8Array, start: number): number {
  let lines = 0;
  for (let index = 0; index < start; index += 1) {
    const byte = bytes[index];
    if (byte === LINE_FEED || (byte === CARRIAGE_RETURN && bytes[index + 1] !== LINE_FEED)) lines += 1;
  }
  return lines;
}

/** UTF-16 code units of a range of UTF-8: what columns count. */
function unitsIn(bytes: Uint8Array, start: number, end: number): number {
  let units = 0;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

/** What a frame shows of a line, from a code unit on. */
function textOf(bytes: Uint8Array, start: number, end: number, first: number): string {
  let from = start;
  let units = 0;
  while (from < end && units < first) {
    units += (bytes[from] ?? 0) >= 0xf0 ? 2 : 1;
    do from += 1;
    while (from < end && ((bytes[from] ?? 0) & 0xc0) === 0x80);
  }
  // Four bytes are the most that a code point takes.
  const to = Math.min(end, from + 4 * WIDEST);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(from, to));
  // Half of a letter beyond the basic plane is cut off: the rest stays where it was.
  return `${units > first ? " " : ""}${text}`.slice(0, WIDEST);
}
