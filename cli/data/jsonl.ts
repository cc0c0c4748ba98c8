/** JSONL files: one object a line, all of one kind; a key that is left out is a missing value. */
import { duplicateKey } from "@specloom/runtime/internal/duplicate-key";
import { JsonTooDeep, parseJson } from "@specloom/runtime/internal/json-text";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { Problem, type ProblemPlace } from "@specloom/runtime/internal/problem";
import { describe } from "@specloom/runtime/internal/tensor";
import { lineAt, nextLine, placeInBytes } from "./byte-place.ts";
import { saysMissing } from "./cell-fault.ts";
import { NumberStore } from "./number-column.ts";
import { FaultList, type CellFault, type OpenTable, type SourceTable } from "./source-table.ts";
import { checkedText } from "./text.ts";

type Row = Readonly<Record<string, unknown>>;

/** Longest line: an object that is larger is no row of a table. */
const MOST_LINE_BYTES = 4 << 20;
/** Every so many rows the place of one is kept; the others are found from there. */
const ROWS_PER_MARK = 256;

interface Lines {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Where every `ROWS_PER_MARK`th line starts. */
  readonly marks: readonly number[];
}

/** @throws Problem `data-file-empty`, `broken-json`, `duplicate-key`, `line-too-long` at the line */
export function openJsonLines(content: Uint8Array, file: string): OpenTable {
  const bytes = checkedText(content, file);
  const columns = new Set<string>();
  const marks: number[] = [];
  let count = 0;
  let blank: number | undefined;
  for (let start = 0; start < bytes.length;) {
    const { end } = lineAt(bytes, start);
    if (isBlank(bytes, start, end)) blank ??= start;
    else {
      // Blank lines at the end are none.
      if (blank !== undefined) throw brokenLine({ file, bytes }, blank, "this line is blank.");
      if (count % ROWS_PER_MARK === 0) marks.push(start);
      count += 1;
      for (const key of Object.keys(checkedRow({ file, bytes }, start, end))) columns.add(key);
    }
    start = nextLine(bytes, end);
  }
  const lines = { file, bytes, count, marks };
  const names = [...columns];
  return {
    file,
    columns: names,
    headerPlace: placeInBytes({ file, bytes, offset: 0, length: bytes.length }),
    headerLooksLikeData: false,
    hint: () => undefined,
    load: (chosen) => loadRows(lines, names, chosen),
  };
}

function loadRows(lines: Lines, names: readonly string[], chosen: readonly number[]): SourceTable {
  const nameOf = (column: number): string => names[column] ?? "";
  const columns = chosen.map(() => ({
    store: new NumberStore(lines.count),
    faults: new FaultList((text) => faultOf(parseJson(text))),
  }));
  for (let row = 0, start = 0; row < lines.count; row += 1) {
    const { end } = lineAt(lines.bytes, start);
    const values = parsed(lines.bytes, start, end) as Row;
    columns.forEach((column, index) => {
      const value = memberOf(values, nameOf(chosen[index] ?? 0));
      const isNumber = typeof value === "number" && Number.isFinite(value);
      column.store.set(row, isNumber ? value : Number.NaN);
      if (!isNumber && value !== undefined && value !== null) column.faults.add(row, asText(value));
    });
    start = nextLine(lines.bytes, end);
  }
  const cursor = lineCursor(lines);
  return {
    rowCount: lines.count,
    columns: columns.map(({ store, faults }) => ({ values: store.values, faults })),
    notes: [],
    place: (row, column) => valuePlace(lines, cursor(row), nameOf(column)),
    text: (row, column) => {
      const { start, end } = cursor(row);
      const value = memberOf(parsed(lines.bytes, start, end) as Row, nameOf(column));
      if (typeof value === "number")
        return writtenNumber(textOf(lines.bytes, start, end), nameOf(column)) ?? String(value);
      return typeof value === "string" ? value : "";
    },
  };
}

/** The digits behind a key, which can be more than the number has. */
function writtenNumber(line: string, name: string): string | undefined {
  return new RegExp(`${escaped(JSON.stringify(name))}\\s*:\\s*(-?[\\d.eE+-]+)`).exec(line)?.[1];
}

/** JSON of a value that is no finite number; only what messages say of it matters. */
function asText(value: unknown): string {
  return typeof value === "number" ? "1e999" : JSON.stringify(value);
}

/** The line of any row; one after the other at little cost. */
function lineCursor({ bytes, marks }: Lines): (row: number) => { readonly start: number; readonly end: number } {
  let [at, start] = [0, 0];
  return (row) => {
    const mark = Math.floor(row / ROWS_PER_MARK);
    if (row < at || row - at >= ROWS_PER_MARK) [at, start] = [mark * ROWS_PER_MARK, marks[mark] ?? 0];
    for (; at < row; at += 1) start = nextLine(bytes, lineAt(bytes, start).end);
    return { start, end: lineAt(bytes, start).end };
  };
}

function parsed(bytes: Uint8Array, start: number, end: number): unknown {
  return parseJson(textOf(bytes, start, end));
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
}

type Text = Pick<Lines, "file" | "bytes">;

function checkedRow(text: Text, start: number, end: number): Row {
  if (end - start > MOST_LINE_BYTES) {
    throw new Problem({
      code: "line-too-long",
      message: "this line does not end within 4 MiB; a table has one row a line.",
      help: "write one object a line.",
      ...placeInBytes({ ...text, offset: start, length: 1 }),
    });
  }
  const line = textOf(text.bytes, start, end);
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (error) {
    if (error instanceof JsonTooDeep) throw brokenLine(text, start, `in this line ${error.message}.`);
    const word = /[:,[]\s*(-?NaN|-?Infinity|None|nan)\b/.exec(line)?.[1];
    const [message, help] =
      word === undefined
        ? ["this line is not JSON."]
        : [`this line is not JSON: it holds ${word}.`, "write null where a value is missing."];
    throw brokenLine(text, start, message, help);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw brokenLine(text, start, `this line is ${describe(value)}, but an object was expected.`);
  }
  const repeated = duplicateKey(line);
  if (repeated !== undefined) {
    throw new Problem({
      code: "duplicate-key",
      message: `this object has the key "${repeated}" twice.`,
      help: "keep one of them.",
      ...linePlace(text, start),
    });
  }
  return value as Row;
}

function brokenLine(
  text: Text,
  start: number,
  message = "",
  help = 'write one object a line: {"temperature": 20.7}.',
): Problem {
  return new Problem({ code: "broken-json", message, help, ...linePlace(text, start) });
}

function faultOf(value: unknown): CellFault {
  if (typeof value === "number") {
    return {
      code: "not-finite",
      found: "a number beyond the range of float64",
      help: "write null where a value is missing.",
    };
  }
  if (typeof value === "string" && saysMissing(value)) {
    return {
      code: "not-a-number",
      found: `"${value}"`,
      meaning: "a word for a missing value",
      help: "write null where a value is missing.",
    };
  }
  return {
    code: "not-a-number",
    found: describe(value),
    help: "write numbers without quotes, and null where a value is missing.",
  };
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (bytes[index] !== 32 && bytes[index] !== 9) return false;
  return true;
}

function linePlace({ file, bytes }: Text, start: number): ProblemPlace {
  return placeInBytes({ file, bytes, offset: start, length: Math.max(1, lineAt(bytes, start).end - start) });
}

/** The value behind the key; the whole line where the key is not to be found. */
function valuePlace(
  { file, bytes }: Text,
  line: { readonly start: number; readonly end: number },
  name: string,
): ProblemPlace {
  const content = textOf(bytes, line.start, line.end);
  const key = new RegExp(`${escaped(JSON.stringify(name))}\\s*:\\s*`).exec(content);
  if (key === null) return linePlace({ file, bytes }, line.start);
  const before = content.slice(0, key.index + key[0].length);
  const value = /^(?:"(?:[^"\\]|\\.)*"|[^,}\]]+)/.exec(content.slice(before.length))?.[0].trimEnd() ?? "";
  const encoder = new TextEncoder();
  const offset = line.start + encoder.encode(before).length;
  return placeInBytes({ file, bytes, offset, length: Math.max(1, encoder.encode(value).length) });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
