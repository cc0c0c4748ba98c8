/** CSV files: a header and one record a line; comma, tab, semicolon or bar, told from the records. */
import { Problem, ProblemList, type ProblemPlace } from "@specloom/runtime/internal/problem";
import { isNumber } from "./byte-number.ts";
import { placeInBytes } from "./byte-place.ts";
import { hasDecimalCommas, readColumns } from "./csv-columns.ts";
import { delimiterOf, named } from "./csv-dialect.ts";
import { checkFirstLine, checkHeader } from "./csv-header.ts";
import { CsvRecords, endWithoutBlankLines, type CsvSource } from "./csv-records.ts";
import { checkDuplicates, type OpenTable, type SourceTable } from "./source-table.ts";
import { checkedText } from "./text.ts";
import { countOf } from "./wording.ts";

/** Every so many rows the place of one is kept; the others are found from there. */
const ROWS_PER_MARK = 256;

/** More empty rows than this, and more than others, are no series with gaps. */
const MOST_EMPTY_ROWS = 1000;

interface CsvFile extends CsvSource {
  readonly columns: readonly string[];
  /** Where the row below the header starts. */
  readonly firstRow: number;
}

/**
 * Reads the header.
 * @throws Problem `data-file-empty`, `line-before-header`, `ambiguous-delimiter`, `broken-csv`, `line-too-long`,
 *   `ragged-rows`, `duplicate-column`
 */
export function openCsv(content: Uint8Array, file: string): OpenTable {
  const bytes = checkedText(content, file);
  checkFirstLine({ file, bytes });
  const firstLine = (): ProblemPlace => placeInBytes({ file, bytes, offset: 0, length: bytes.length });
  const delimiter = delimiterOf(bytes, firstLine).codePointAt(0) ?? -1;
  const source = { file, bytes, delimiter, end: endWithoutBlankLines(bytes, delimiter) };
  const header = new CsvRecords(source);
  header.read();
  const columns = Array.from({ length: header.cellCount }, (_, column) => header.text(column));
  checkDuplicates(columns, (column) => placeInBytes({ ...source, ...rangeOf(header, column) }));
  checkHeader(source, { cells: columns, place: firstLine() }, header.next);
  const csv = { ...source, columns, firstRow: header.next };
  return {
    file,
    columns,
    headerPlace: firstLine(),
    headerLooksLikeData: columns.some(isNumber),
    hint: () => (hasDecimalCommas(csv) ? "The table has decimal commas: write decimals with a point." : undefined),
    load: (chosen) => loadRows(csv, chosen),
  };
}

function rangeOf(records: CsvRecords, cell: number): { readonly offset: number; readonly length: number } {
  return { offset: records.from(cell), length: Math.max(1, records.to(cell) - records.from(cell)) };
}

function loadRows(csv: CsvFile, chosen: readonly number[]): SourceTable {
  const rows = countRows(csv);
  const cursor = new RowCursor(csv, rows.marks);
  const { columns, notes } = readColumns(csv, chosen, rows.count);
  return {
    rowCount: rows.count,
    columns,
    notes: [...rows.notes, ...notes],
    place: (row, column) => placeInBytes({ ...csv, ...rangeOf(cursor.at(row), column) }),
    text: (row, column) => cursor.at(row).text(column),
  };
}

/** The record of any row; one after the other at little cost. */
class RowCursor {
  readonly #csv: CsvFile;
  readonly #marks: readonly number[];
  #records: CsvRecords | undefined;
  #row = -1;

  constructor(csv: CsvFile, marks: readonly number[]) {
    this.#csv = csv;
    this.#marks = marks;
  }

  at(row: number): CsvRecords {
    const near = this.#records !== undefined && this.#row <= row && row - this.#row < ROWS_PER_MARK;
    if (this.#records === undefined || !near) {
      const mark = Math.floor(row / ROWS_PER_MARK);
      this.#records = new CsvRecords(this.#csv, this.#marks[mark] ?? this.#csv.firstRow);
      this.#row = mark * ROWS_PER_MARK - 1;
    }
    for (; this.#row < row; this.#row += 1) this.#records.read();
    return this.#records;
  }
}

interface Rows {
  readonly count: number;
  /** Where every `ROWS_PER_MARK`th row starts. */
  readonly marks: readonly number[];
  readonly notes: readonly string[];
}

/** @throws Problem or Problems `ragged-rows`, `missing-value`, `data-file-empty`, and those of the records */
function countRows(csv: CsvFile): Rows {
  const records = new CsvRecords(csv, csv.firstRow);
  const width = csv.columns.length;
  const marks: number[] = [];
  const problems = new ProblemList();
  const empty = { count: 0, first: 0, offset: 0 };
  const comments = { count: 0, first: 0 };
  let startsWithMark = false;
  let row = 0;
  for (; records.read(); row += 1) {
    if (row % ROWS_PER_MARK === 0) marks.push(records.start);
    if (records.cellCount !== width) problems.add(() => raggedRow(csv, records));
    else if (records.isEmpty) {
      if (empty.count === 0) Object.assign(empty, { first: row, offset: records.start });
      empty.count += 1;
    }
    if (csv.bytes[records.start] === HASH) {
      if (row === 0) startsWithMark = true;
      if (comments.count === 0) comments.first = row;
      comments.count += 1;
    }
  }
  if (row === 0) throw noRows(csv);
  problems.throwIfAny();
  if (empty.count > MOST_EMPTY_ROWS && 2 * empty.count > row) throw mostlyEmpty(csv, empty, row);
  const notes: string[] = [];
  if (empty.count > 0 && width > 1) {
    notes.push(
      `${countOf(empty.count, "row")} of ${csv.file} ${empty.count === 1 ? "holds" : "hold"} nothing but delimiters, the first of them row ${String(empty.first + 1)}.`,
    );
  }
  if (comments.count > 0 && !startsWithMark) {
    notes.push(
      `${countOf(comments.count, "row")} of ${csv.file} ${comments.count === 1 ? "begins" : "begin"} with "#", the first of them row ${String(comments.first + 1)}; they are read as data, not as comments.`,
    );
  }
  return { count: row, marks, notes };
}

const HASH = 35;

function noRows(csv: CsvFile): Problem {
  const blank = csv.firstRow < csv.bytes.length;
  return new Problem({
    code: "data-file-empty",
    message: `the file has a header but no rows${blank ? ": nothing but blank lines follows" : ""}.`,
    file: csv.file,
    ...(blank ? placeInBytes({ ...csv, offset: csv.firstRow, length: 1 }) : {}),
  });
}

function mostlyEmpty(csv: CsvFile, empty: { readonly count: number; readonly offset: number }, rows: number): Problem {
  return new Problem({
    code: "missing-value",
    message: `${String(empty.count)} of the ${String(rows)} rows are empty, from this one on; that is no series with gaps.`,
    help: "remove the empty lines.",
    ...placeInBytes({ ...csv, offset: empty.offset, length: 1 }),
  });
}

function raggedRow(csv: CsvFile, records: CsvRecords): ConstructorParameters<typeof Problem>[0] {
  const [expected, cells] = [csv.columns.length, records.cellCount];
  const place = placeInBytes({ ...csv, ...rangeOf(records, Math.min(cells, expected + 1) - 1) });
  if (records.isBlank) {
    return { code: "ragged-rows", message: "this line is blank.", help: "remove it, or write the row.", ...place };
  }
  return {
    code: "ragged-rows",
    message: `this row has ${countOf(cells, "cell")}, but the header names ${countOf(expected, "column")}.`,
    help: raggedHelp(csv, records),
    ...place,
  };
}

function raggedHelp(csv: CsvFile, records: CsvRecords): string {
  const cells = records.cellCount;
  if (csv.bytes[records.start] === HASH) return 'remove lines that begin with "#": comments are not read.';
  if (cells < csv.columns.length) return "leave a missing value empty, but keep its delimiter.";
  if (cells === csv.columns.length + 1 && records.text(cells - 1) === "") return "remove the delimiter at its end.";
  return `put a cell that contains ${named(String.fromCharCode(csv.delimiter))} in double quotes.`;
}
