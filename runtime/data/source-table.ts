/** A table file, whatever its format: named columns, cells that hold a number, nothing, or something wrong. */
import { Problem, type ProblemPlace } from "../problem.ts";
import { nameHelp } from "./suggest.ts";

/** Why a cell holds no usable number. */
export interface CellFault {
  readonly code: "not-a-number" | "not-finite";
  /** What the cell holds, as messages show it. */
  readonly found: string;
  readonly help: string;
}

/** A file whose columns are known and whose cells are not read yet. */
export interface OpenTable {
  readonly file: string;
  readonly columns: readonly string[];
  /** Where the columns are named. */
  readonly headerPlace: ProblemPlace;
  /** True when the first line looks like data. */
  readonly headerLooksLikeData: boolean;
  /** Keeps the chosen columns only. @param label a column whose text names the rows in reports */
  load(columns: readonly number[], label: number | undefined): SourceTable;
}

export interface SourceTable {
  readonly rowCount: number;
  /** @param column position in the list given to `load`; undefined: the cell is empty */
  cell(row: number, column: number): number | undefined | CellFault;
  place(row: number, column: number): ProblemPlace;
  label(row: number): string;
}

/**
 * Positions of the wanted columns. A name that no column has exactly may differ in case, if only one column fits.
 * @throws Problem `unknown-column`, `ambiguous-column`
 */
export function findColumns(wanted: readonly string[], table: OpenTable): number[] {
  return wanted.map((name) => {
    const exact = table.columns.indexOf(name);
    if (exact >= 0) return exact;
    const alike = table.columns.flatMap((column, position) =>
      column.toLowerCase() === name.toLowerCase() ? [position] : [],
    );
    if (alike.length === 1) return alike[0] ?? 0;
    if (alike.length > 1) {
      throw new Problem({
        code: "ambiguous-column",
        message: `column "${name}" could be ${alike.map((position) => `"${table.columns[position] ?? ""}"`).join(" or ")}.`,
        help: "write the name exactly as the file has it.",
        ...table.headerPlace,
      });
    }
    throw new Problem({
      code: "unknown-column",
      message: `the file has no column "${name}".`,
      help: table.headerLooksLikeData
        ? "the first line must name the columns; this one looks like data."
        : nameHelp(name, table.columns, "columns"),
      ...table.headerPlace,
    });
  });
}

/** @throws Problem `duplicate-column` */
export function checkDuplicates(columns: readonly string[], place: (index: number) => ProblemPlace): void {
  const seen = new Map<string, number>();
  columns.forEach((name, index) => {
    const first = seen.get(name);
    if (first !== undefined && name !== "") {
      throw new Problem({
        code: "duplicate-column",
        message: `columns ${String(first + 1)} and ${String(index + 1)} are both named "${name}".`,
        help: "give every column a name of its own.",
        ...place(index),
      });
    }
    seen.set(name, index);
  });
}
