/** What a table shows of itself: columns of numbers, dates, gaps, and how long a season may be. */
import type { CellFault, OpenTable } from "../../runtime/data/source-table.ts";
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
  const source = table.load(
    table.columns.map((_, index) => index),
    undefined,
  );
  const rows = source.rowCount;
  if (rows < FEWEST_ROWS) {
    throw new Mistake({
      code: "too-little-data",
      message: `the table has ${String(rows)} rows; a model needs ${String(FEWEST_ROWS)} at least.`,
      help: "bring more rows.",
      file: table.file,
    });
  }
  const found = table.columns.map((name, column) =>
    studyColumn(
      name,
      Array.from({ length: rows }, (_, row) => source.cell(row, column)),
    ),
  );
  const isData = ({ isNumeric, counts }: ColumnStudy, column: number): boolean =>
    isNumeric && !(counts && column === 0);
  const numeric = found.filter(isData);
  if (numeric.length === 0) {
    throw new Mistake({
      code: "no-columns",
      message: `no column holds the numbers of a series: ${table.columns.join(", ")}.`,
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
  };
}

type Cell = number | undefined | CellFault;

interface ColumnStudy {
  readonly name: string;
  readonly isNumeric: boolean;
  readonly gaps: number;
  readonly grows: boolean;
  /** True when it goes up by the same whole number from row to row: it numbers the rows. */
  readonly counts: boolean;
  readonly obstacle?: { readonly row: number; readonly found: string } | undefined;
}

function studyColumn(name: string, cells: readonly Cell[]): ColumnStudy {
  let least = Infinity;
  let most = -Infinity;
  let gaps = 0;
  for (const cell of cells) {
    if (cell === undefined) gaps += 1;
    else if (typeof cell !== "number") {
      return { name, isNumeric: false, gaps, grows: false, counts: false, obstacle: obstacleIn(cells) };
    } else {
      least = Math.min(least, cell);
      most = Math.max(most, cell);
    }
  }
  const isNumeric = gaps < cells.length && name !== "";
  return { name, isNumeric, gaps, grows: least > 0 && most > 3 * least, counts: gaps === 0 && counts(cells) };
}

/** A column that is nearly all numbers was meant to be data: what stands in the way is said. */
function otherText({ name, obstacle }: ColumnStudy): string {
  return obstacle === undefined ? name : `${name} (row ${String(obstacle.row)} holds ${obstacle.found})`;
}

/** The first cell that is no number, where most are; rows count from 1 below the header. */
function obstacleIn(cells: readonly Cell[]): ColumnStudy["obstacle"] {
  const numbers = cells.filter((cell) => typeof cell === "number").length;
  if (numbers <= cells.length / 2) return undefined;
  const index = cells.findIndex((cell) => typeof cell === "object");
  const fault = cells[index];
  return typeof fault === "object" ? { row: index + 1, found: fault.found } : undefined;
}

function counts(cells: readonly unknown[]): boolean {
  const step = Number(cells[1]) - Number(cells[0]);
  return step > 0 && Number.isInteger(step) && cells.every((cell, row) => cell === Number(cells[0]) + row * step);
}
