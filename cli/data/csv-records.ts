/** Records of a CSV file, cut in its bytes: cells are ranges, and nothing is copied until a cell is asked for. */
import { Problem } from "@specloom/runtime/internal/problem";
import { placeInBytes } from "./byte-place.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const TAB = 9;
export const QUOTE = 34;

/** Longest record. A longer one is no row of a table: the file lacks line ends, or a quote is not closed. */
const MOST_RECORD_BYTES = 4 << 20;

export interface CsvSource {
  readonly file: string;
  /** UTF-8 without byte order mark. */
  readonly bytes: Uint8Array;
  /** A byte; -1 where every line is one cell. */
  readonly delimiter: number;
  /** Where the blank lines begin that end the file, or its length. */
  readonly end: number;
}

/**
 * Reads one record after the other, as RFC 4180 has them: a cell that starts with a quote ends with one, and a quote in
 * it is written twice. A record ends with \n, \r\n or \r, whichever the file has there.
 */
export class CsvRecords {
  /** Of the record read last: where it starts, where its line end is, how many cells it has. */
  start = 0;
  stop = 0;
  cellCount = 0;
  readonly #source: CsvSource;
  #next: number;
  /** Two offsets per cell: its first byte, and the byte behind it. Quotes belong to the cell. */
  #cells = new Int32Array(32);

  /** @param from where a record starts */
  constructor(source: CsvSource, from = 0) {
    this.#source = source;
    this.#next = from;
  }

  /** @returns false behind the last record. @throws Problem `broken-csv`, `line-too-long` */
  read(): boolean {
    const { bytes, end, delimiter } = this.#source;
    const start = this.#next;
    if (start >= end) return false;
    this.start = start;
    this.cellCount = 0;
    const limit = Math.min(end, start + MOST_RECORD_BYTES);
    let index = start;
    for (;;) {
      const from = index;
      if (bytes[index] === QUOTE) index = this.#behindQuoted(index, limit);
      else {
        for (; index < limit; index += 1) {
          const byte = bytes[index];
          if (byte === delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN) break;
          if (byte === QUOTE) throw this.#strayQuote(index);
        }
      }
      if (index >= limit && limit < end) throw this.#tooLong();
      this.#add(from, index);
      if (index >= end || bytes[index] !== delimiter) break;
      index += 1;
    }
    this.stop = index;
    this.#next = bytes[index] === CARRIAGE_RETURN && bytes[index + 1] === LINE_FEED ? index + 2 : index + 1;
    return true;
  }

  /** Where the next record starts. */
  get next(): number {
    return this.#next;
  }

  /** First byte of a cell; `stop` for a cell that the record lacks. */
  from(cell: number): number {
    return cell < this.cellCount ? (this.#cells[2 * cell] ?? 0) : this.stop;
  }

  /** The byte behind a cell. */
  to(cell: number): number {
    return cell < this.cellCount ? (this.#cells[2 * cell + 1] ?? 0) : this.stop;
  }

  /** What a cell says, without its quotes. */
  text(cell: number): string {
    return cellText(this.#source.bytes, this.from(cell), this.to(cell));
  }

  /** A line without anything on it but spaces. */
  get isBlank(): boolean {
    return this.cellCount === 1 && isBlank(this.#source.bytes, this.start, this.stop);
  }

  /** Whether no cell holds anything. */
  get isEmpty(): boolean {
    for (let cell = 0; cell < this.cellCount; cell += 1) {
      if (!isBlank(this.#source.bytes, this.from(cell), this.to(cell))) return false;
    }
    return true;
  }

  #behindQuoted(open: number, limit: number): number {
    const { bytes, end, delimiter } = this.#source;
    let index = open + 1;
    for (; index < limit; index += 1) {
      if (bytes[index] !== QUOTE) continue;
      if (bytes[index + 1] !== QUOTE) break;
      index += 1;
    }
    if (index >= limit) throw this.#openQuote(open);
    const behind = index + 1;
    const byte = bytes[behind];
    const closes = behind >= end || byte === delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN;
    if (!closes) throw this.#strayQuote(index);
    return behind;
  }

  #add(from: number, to: number): void {
    const at = 2 * this.cellCount;
    if (at === this.#cells.length) {
      const longer = new Int32Array(2 * at);
      longer.set(this.#cells);
      this.#cells = longer;
    }
    this.#cells[at] = from;
    this.#cells[at + 1] = to;
    this.cellCount += 1;
  }

  #strayQuote(offset: number): Problem {
    return this.#broken(offset, "a quote stands in the middle of a cell of this line.");
  }

  #openQuote(offset: number): Problem {
    const far = this.#source.end - offset > MOST_RECORD_BYTES ? ", not within 4 MiB" : "";
    return this.#broken(offset, `this quote is never closed${far}.`);
  }

  #broken(offset: number, message: string): Problem {
    return new Problem({
      code: "broken-csv",
      message,
      help: 'put the whole cell in double quotes and write a quote inside it twice: "5"" pipe".',
      ...placeInBytes({ ...this.#source, offset, length: 1 }),
    });
  }

  #tooLong(): Problem {
    return new Problem({
      code: "line-too-long",
      message: "this line does not end within 4 MiB; a table has one row a line.",
      help: "end each row with a line end.",
      ...placeInBytes({ ...this.#source, offset: this.start, length: 1 }),
    });
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Shorter cells of ASCII are made letter by letter, which takes a tenth of the time. */
const LONG_CELL = 64;

function shortText(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let index = from; index < to; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte > 127) return decoder.decode(bytes.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The cell in a range of bytes: without its quotes, and without spaces around it where it has none. */
function cellText(bytes: Uint8Array, from: number, to: number): string {
  const text = to - from < LONG_CELL ? shortText(bytes, from, to) : decoder.decode(bytes.subarray(from, to));
  return (bytes[from] === QUOTE ? text.slice(1, -1).replaceAll('""', '"') : text).trim();
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  let [start, end] = [from, to];
  if (end - start >= 2 && bytes[start] === QUOTE) [start, end] = [start + 1, end - 1];
  for (let index = start; index < end; index += 1) {
    if (bytes[index] !== SPACE && bytes[index] !== TAB) return false;
  }
  return true;
}

/** Where the blank lines begin that end a file; a line of delimiters alone is not blank. */
export function endWithoutBlankLines(bytes: Uint8Array, delimiter: number): number {
  let end = bytes.length;
  for (let index = end - 1; index >= 0; index -= 1) {
    const byte = bytes[index];
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) end = index;
    else if (byte !== SPACE && (byte !== TAB || delimiter === TAB)) break;
  }
  return end;
}
