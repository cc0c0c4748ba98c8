/** The numbers of chosen columns of a CSV file, each column in one array. */
import { Problem } from "@specloom/runtime/internal/problem";
import { numberInBytes } from "./byte-number.ts";
import { placeInBytes } from "./byte-place.ts";
import { faultOf, learnMarks, noEvidence } from "./cell-fault.ts";
import { CsvRecords, QUOTE, type CsvSource } from "./csv-records.ts";
import { NumberStore, type NumberColumn } from "./number-column.ts";
import { FaultList, type SourceColumn } from "./source-table.ts";

interface Table extends CsvSource {
  readonly columns: readonly string[];
  readonly firstRow: number;
}

const SPACE = 32;
const TAB = 9;
const POINT = 46;
const ZERO = 48;

/** How many rows are searched for decimal commas, which tell what a point in other columns may mean. */
const ROWS_SEARCHED = 500;

/**
 * @param chosen positions of columns
 * @throws Problem `ambiguous-number`
 */
export function readColumns(
  csv: Table,
  chosen: readonly number[],
  rowCount: number,
): { readonly columns: readonly SourceColumn[]; readonly notes: readonly string[] } {
  const columns = chosen.map((column) => new ColumnReader(csv, column, rowCount));
  const records = new CsvRecords(csv, csv.firstRow);
  for (let row = 0; row < rowCount && records.read(); row += 1) {
    for (const column of columns) column.read(records, row);
  }
  const points = columns.filter(({ points: { all, likeGroups } }) => all > 0 && all === likeGroups);
  const [first] = points;
  if (first === undefined) return { columns, notes: [] };
  if (hasDecimalCommas(csv)) throw first.ambiguous();
  // Where semicolons separate, a comma is the decimal mark as a rule, and a point that of thousands.
  const isRegional = csv.delimiter === SEMICOLON;
  const notes = points.flatMap((column) => (isRegional && column.isAllPoints ? [column.note()] : []));
  return { columns, notes };
}

const SEMICOLON = 59;

/** Reads one column, cell by cell, and remembers what can be read in two ways. */
class ColumnReader implements SourceColumn {
  readonly faults = new FaultList((text) => faultOf(text, this.#evidence));
  /** Cells with a point, and those of them whose point may group thousands: 50.000. */
  readonly points = { all: 0, likeGroups: 0 };
  readonly #store: NumberStore;
  readonly #evidence = noEvidence();
  readonly #csv: Table;
  readonly #column: number;
  #firstPoint = { from: 0, to: 0 };
  #cells = 0;

  constructor(csv: Table, column: number, rowCount: number) {
    this.#csv = csv;
    this.#column = column;
    this.#store = new NumberStore(rowCount);
  }

  get values(): NumberColumn {
    return this.#store.values;
  }

  read(records: CsvRecords, row: number): void {
    const { bytes } = this.#csv;
    let from = records.from(this.#column);
    let to = records.to(this.#column);
    if (bytes[from] === QUOTE) [from, to] = [from + 1, to - 1];
    while (from < to && isSpace(bytes[from])) from += 1;
    while (from < to && isSpace(bytes[to - 1])) to -= 1;
    if (from === to) {
      this.#store.set(row, Number.NaN);
      return;
    }
    const value = numberInBytes(bytes, from, to);
    this.#store.set(row, value);
    this.#cells += 1;
    if (Number.isNaN(value)) this.#learnFault(records.text(this.#column), row);
    else this.#learnPoint(from, to);
  }

  #learnFault(text: string, row: number): void {
    learnMarks(text, this.#evidence);
    this.faults.add(row, text);
  }

  /** Stops at the first cell whose point is a decimal one. */
  #learnPoint(from: number, to: number): void {
    const { points } = this;
    if (points.all !== points.likeGroups) return;
    const { bytes } = this.#csv;
    let at = from;
    while (at < to && bytes[at] !== POINT) at += 1;
    if (at === to) return;
    if (points.all === 0) this.#firstPoint = { from, to };
    points.all += 1;
    const first = bytes[from] === 0x2d || bytes[from] === 0x2b ? from + 1 : from;
    if (to - at === 4 && at > first && at - first <= 3 && bytes[first] !== ZERO && isDigit(bytes[to - 1])) {
      points.likeGroups += 1;
    }
  }

  get isAllPoints(): boolean {
    return this.points.all === this.#cells;
  }

  get #example(): { readonly name: string; readonly found: string; readonly grouped: string } {
    const { from, to } = this.#firstPoint;
    const found = new TextDecoder().decode(this.#csv.bytes.subarray(from, to));
    return { name: this.#csv.columns[this.#column] ?? "", found, grouped: found.replace(".", "") };
  }

  ambiguous(): Problem {
    const { from, to } = this.#firstPoint;
    const { name, found, grouped } = this.#example;
    return new Problem({
      code: "ambiguous-number",
      message: `"${found}" in column "${name}" can be read as ${String(Number(found))} or as ${grouped}: the table has decimal commas, and no number of this column tells.`,
      help: "write decimals with a point in all columns, and no thousands separators.",
      ...placeInBytes({ ...this.#csv, offset: from, length: to - from }),
    });
  }

  note(): string {
    const { name, found, grouped } = this.#example;
    return `every number of column "${name}" is written like ${found}, which is read as ${String(Number(found))}, not as ${grouped}.`;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}

/** Whether cells at the beginning of the table are numbers whose comma can only be a decimal mark. */
export function hasDecimalCommas(csv: Table): boolean {
  const evidence = noEvidence();
  const records = new CsvRecords(csv, csv.firstRow);
  for (let row = 0; row < ROWS_SEARCHED && records.read(); row += 1) {
    for (let cell = 0; cell < records.cellCount; cell += 1) learnMarks(records.text(cell), evidence);
  }
  return evidence.decimalCommas > 0;
}
