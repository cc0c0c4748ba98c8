/** What a table shows of itself: columns of numbers, dates, gaps, and how long a season may be. */
import { firstKnownRow, missingIn, type NumberColumn } from "../data/number-column.ts";
import type { OpenTable, SourceColumn, SourceTable } from "../data/source-table.ts";
import { Mistake } from "./mistake.ts";

export interface TableStudy {
  readonly rows: number;
  /** Columns that hold nothing but numbers. */
  readonly columns: readonly string[];
  /** The others: dates, words, and a first column that numbers the rows. */
  readonly others: readonly string[];
  /** Empty cells in the columns of numbers. */
  readonly gaps: number;
  /** True when every number is positive and the largest is more than three times the smallest: then log helps. */
  readonly grows: boolean;
  /** Rows that a model reads at once. */
  readonly window: number;
  /** What the user should mend in the table, or know of it: whole sentences. */
  readonly remarks: readonly string[];
}

/** Fewer rows leave no part to validate on. */
const FEWEST_ROWS = 20;

/** @throws Mistake `no-columns`, `too-little-data`, or the Problems of a broken file */
export function studyTable(table: OpenTable): TableStudy {
  if (table.headerLooksLikeData) {
    throw new Mistake({
      code: "no-columns",
      message: "the first line of a table must name its columns, but this one holds numbers.",
      help: `add a line such as ${table.columns.map((_, index) => `value${String(index + 1)}`).join(",")}.`,
      file: table.file,
    });
  }
  const source = table.load(table.columns.map((_, index) => index));
  const rows = source.rowCount;
  if (rows < FEWEST_ROWS) {
    throw new Mistake({
      code: "too-little-data",
      message: `the table has ${String(rows)} rows; a model needs ${String(FEWEST_ROWS)} at least.`,
      help: "bring more rows.",
      file: table.file,
    });
  }
  const found = table.columns.map((name, column) => studyColumn(name, source, column));
  const isData = ({ isNumeric, counts }: ColumnStudy, column: number): boolean =>
    isNumeric && !(counts && column === 0);
  const numeric = found.filter(isData);
  const meant = found.flatMap(({ name, obstacle }) =>
    obstacle === undefined
      ? []
      : [
          `column "${name}" is left out: row ${String(obstacle.row)} holds ${obstacle.found}${obstacle.others}; ${obstacle.help}`,
        ],
  );
  if (numeric.length === 0) {
    throw new Mistake({
      code: "no-columns",
      message: [`no column holds the numbers of a series: ${table.columns.join(", ")}.`, ...meant].join(" "),
      help: "numbers are written with a point and without thousands separators.",
      file: table.file,
    });
  }
  return {
    rows,
    columns: numeric.map(({ name }) => name),
    others: found.filter((column, index) => !isData(column, index)).map(otherText),
    gaps: numeric.reduce((total, { gaps }) => total + gaps, 0),
    grows: numeric.every(({ grows }) => grows),
    window: Math.max(4, Math.min(24, Math.floor(rows / 8))),
    remarks: [...source.notes, ...meant, ...numeric.flatMap(leadingGap)],
  };
}

interface ColumnStudy {
  readonly name: string;
  readonly isNumeric: boolean;
  readonly gaps: number;
  /** Empty cells before the first number. */
  readonly leading: number;
  readonly grows: boolean;
  /** True when it goes up by the same whole number from row to row: it numbers the rows. */
  readonly counts: boolean;
  readonly obstacle?: Obstacle | undefined;
}

interface Obstacle {
  readonly row: number;
  readonly found: string;
  /** How many other cells are no numbers, in words. */
  readonly others: string;
  readonly help: string;
}

function studyColumn(name: string, source: SourceTable, column: number): ColumnStudy {
  const { values, faults } = source.columns[column] ?? { values: new Float64Array(), faults: undefined };
  if (faults !== undefined && faults.count > 0) {
    const obstacle = name === "" ? undefined : obstacleIn(values, faults);
    return { name, isNumeric: false, gaps: 0, leading: 0, grows: false, counts: false, obstacle };
  }
  let least = Infinity;
  let most = -Infinity;
  let gaps = 0;
  for (const value of values) {
    if (Number.isNaN(value)) gaps += 1;
    else {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  const first = firstKnownRow(values);
  return {
    name,
    isNumeric: gaps < values.length && name !== "",
    gaps,
    leading: Math.max(0, first),
    grows: least > 0 && most > 3 * least,
    counts: gaps === 0 && counts(values),
  };
}

/** Nothing stands before these cells that they could be filled from. */
function leadingGap({ name, leading }: ColumnStudy): string[] {
  if (leading === 0) return [];
  const rows = leading === 1 ? "first row has" : `first ${String(leading)} rows have`;
  return [`the ${rows} no value in column "${name}", and nothing stands before to fill from: windows begin behind.`];
}

/** A column that is nearly all numbers was meant to be data: what stands in the way is said. */
function otherText({ name, obstacle }: ColumnStudy): string {
  return obstacle === undefined ? name : `${name} (row ${String(obstacle.row)} holds ${obstacle.found})`;
}

/**
 * The first cell that is no number, in a column that was meant to be data: where most cells are numbers, or are written as
 * numbers are elsewhere. Rows count from 1 below the header.
 */
function obstacleIn(values: NumberColumn, faults: SourceColumn["faults"]): Obstacle | undefined {
  const numbers = values.length - missingIn(values);
  const [first] = faults.list();
  if (first === undefined) return undefined;
  const { row, fault } = first;
  const isMeant = numbers > values.length / 2 || 2 * (numbers + faults.likeNumbers) > values.length;
  if (!isMeant) return undefined;
  const others = faults.count === 1 ? "" : `, and ${String(faults.count - 1)} more are like it`;
  return { row: row + 1, found: fault.found, others, help: fault.help };
}

function counts(values: NumberColumn): boolean {
  const [first = Number.NaN, second = Number.NaN] = values;
  const step = second - first;
  if (!(step > 0 && Number.isInteger(step))) return false;
  let row = 0;
  while (row < values.length && values[row] === first + row * step) row += 1;
  return row === values.length;
}
