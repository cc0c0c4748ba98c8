/** CSV files: a header, one record a line, quotes as RFC 4180 has them. Comma, tab or semicolon, told from the header. */
import { CsvError, parse, type Options } from "csv-parse/browser/esm/sync";
import { Problem, ProblemList, type ProblemPlace } from "../problem.ts";
import { placeInText, positionOf, splitLines } from "./place.ts";
import { checkDuplicates, type CellFault, type OpenTable, type SourceTable } from "./source-table.ts";
import { countOf } from "./wording.ts";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(?:inf|infinity|nan)$/i;

interface CsvFile {
  readonly file: string;
  readonly text: string;
  readonly delimiter: string;
  readonly columns: readonly string[];
}

/**
 * Reads the header.
 * @param text without byte order mark
 * @throws Problem `broken-csv`, `duplicate-column`
 */
export function openCsv(text: string, file: string): OpenTable {
  const delimiter = delimiterOf(splitLines(text.slice(0, 100_000))[0] ?? "");
  const [header = []] = parseRecords(text, file, { delimiter, to: 1 }) as string[][];
  const columns = header.map((name) => name.trim());
  const csv = { file, text, delimiter, columns };
  const headerPlace = (index: number): ProblemPlace => cellPlace(csv, 0, headerEnd(csv), index);
  checkDuplicates(columns, headerPlace);
  return {
    file,
    columns,
    headerPlace: placeInText({ file, text, line: 1, column: 1, length: splitLines(text)[0]?.length ?? 1 }),
    headerLooksLikeData: columns.some((name) => NUMBER.test(name)),
    load: (chosen, label) => loadCells(csv, chosen, label),
  };
}

/** The first of comma, tab and semicolon that the header has outside of quotes; a comma when it has none. */
function delimiterOf(header: string): string {
  const bare = header.replace(/"[^"]*"/g, "");
  return [",", "\t", ";"].find((delimiter) => bare.includes(delimiter)) ?? ",";
}

function loadCells(csv: CsvFile, chosen: readonly number[], label: number | undefined): SourceTable {
  const cells: string[][] = chosen.map(() => []);
  const labels: string[] = [];
  /** Offset in UTF-8 bytes behind each record, the header first. */
  const ends: number[] = [];
  /** Lengths of records that do not fit the header, by record. */
  const ragged = new Map<number, number>();
  parseRecords(csv.text, csv.file, {
    delimiter: csv.delimiter,
    on_record: (record: string[], context) => {
      ends.push(context.bytes);
      if (ends.length === 1) return null;
      if (record.length !== csv.columns.length) ragged.set(ends.length - 1, record.length);
      chosen.forEach((column, index) => cells[index]?.push((record[column] ?? "").trim()));
      if (label !== undefined) labels.push(record[label] ?? "");
      return null;
    },
  });
  const rowCount = withoutBlankEnd(csv, ends) - 1;
  checkRagged(csv, ends, ragged, rowCount);
  return {
    rowCount,
    cell: (row, column) => numberIn(cells[column]?.[row] ?? "", csv.delimiter),
    place: (row, column) => cellPlace(csv, ends[row] ?? 0, ends[row + 1] ?? 0, chosen[column] ?? 0),
    label: (row) => labels[row] ?? String(row + 1),
  };
}

/** Number of records before the blank lines that end the file. */
function withoutBlankEnd(csv: CsvFile, ends: readonly number[]): number {
  const lines = splitLines(csv.text);
  let blank = 0;
  while (blank < lines.length && (lines.at(-1 - blank) ?? "").trim() === "") blank += 1;
  // The emptiness behind the last line end is no record.
  const records = lines.at(-1) === "" ? blank - 1 : blank;
  return ends.length - Math.max(0, records);
}

function checkRagged(
  csv: CsvFile,
  ends: readonly number[],
  ragged: ReadonlyMap<number, number>,
  rowCount: number,
): void {
  const expected = csv.columns.length;
  const problems = new ProblemList();
  for (const [record, cells] of ragged) {
    if (record > rowCount) continue;
    problems.add(() => {
      const place = cellPlace(csv, ends[record - 1] ?? 0, ends[record] ?? 0, Math.min(cells, expected + 1) - 1);
      return {
        code: "ragged-rows",
        message: `this row has ${countOf(cells, "cell")}, but the header names ${countOf(expected, "column")}.`,
        help:
          cells > expected
            ? `put a cell that contains "${csv.delimiter === "\t" ? "tab" : csv.delimiter}" in double quotes.`
            : "leave a missing value empty, but keep its delimiter.",
        ...place,
      };
    });
  }
  problems.throwIfAny();
}

function numberIn(cell: string, delimiter: string): number | undefined | CellFault {
  if (cell === "") return undefined;
  if (NUMBER.test(cell)) {
    const value = Number(cell);
    if (Number.isFinite(value)) return value;
  }
  const found = `"${cell.length > 40 ? `${cell.slice(0, 40)}...` : cell}"`;
  if (NUMBER.test(cell) || NOT_FINITE.test(cell)) {
    return { code: "not-finite", found, help: "leave the cell empty where a value is missing, and set missing." };
  }
  const grouped = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(cell);
  const decimalComma = /^[+-]?\d+,\d+$/.test(cell) && (delimiter !== "," || !grouped);
  return {
    code: "not-a-number",
    found,
    help: decimalComma
      ? "write decimals with a point: 1.5."
      : grouped
        ? "write numbers without thousands separators: 1234."
        : "name only columns of numbers, or leave the cell empty where a value is missing and set missing.",
  };
}

/** @throws Problem `broken-csv` with the place csv-parse found the quote at */
function parseRecords(text: string, file: string, options: Options): unknown[] {
  try {
    return parse(text, { ...options, relax_column_count: true, info: false });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw brokenCsv(error, text, file);
  }
}

function brokenCsv(error: CsvError, text: string, file: string): Problem {
  const line = (error as { readonly lines?: number }).lines ?? 1;
  const unclosed = error.code === "CSV_QUOTE_NOT_CLOSED";
  const { line: at, column } = unclosed ? positionOf(text, lastOpenQuote(text)) : { line, column: 1 };
  const length = unclosed ? 1 : Math.max(1, splitLines(text)[at - 1]?.length ?? 1);
  return new Problem({
    code: "broken-csv",
    message: unclosed ? "this quote is never closed." : "a quote stands in the middle of a cell of this line.",
    help: 'put the whole cell in double quotes and write a quote inside it twice: "5"" pipe".',
    ...placeInText({ file, text, line: at, column, length }),
  });
}

/** Offset of the quote that opens the last cell, when quotes are uneven. */
function lastOpenQuote(text: string): number {
  let open = false;
  let last = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] !== '"') continue;
    if (!open) last = index;
    open = !open;
  }
  return last;
}

function headerEnd(csv: CsvFile): number {
  return new TextEncoder().encode(`${splitLines(csv.text)[0] ?? ""}\n`).length;
}

/** The place of a cell of the record that lies between two byte offsets. */
function cellPlace(csv: CsvFile, startBytes: number, endBytes: number, cell: number): ProblemPlace {
  const bytes = new TextEncoder().encode(csv.text);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const start = decoder.decode(bytes.subarray(0, startBytes)).length;
  const end = start + decoder.decode(bytes.subarray(startBytes, endBytes)).length;
  let from = start;
  let seen = 0;
  let quoted = false;
  let index = start;
  for (; index < end; index += 1) {
    const letter = csv.text[index] ?? "";
    if (letter === '"') quoted = !quoted;
    if (quoted) continue;
    if (letter === "\n" || letter === "\r") break;
    if (letter !== csv.delimiter) continue;
    if (seen === cell) break;
    seen += 1;
    from = index + 1;
  }
  const { line, column } = positionOf(csv.text, from);
  return placeInText({ file: csv.file, text: csv.text, line, column, length: Math.max(1, index - from) });
}
