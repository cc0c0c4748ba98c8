/** A table file, whatever its format: named columns, cells that hold a number, nothing, or something wrong. */
import { MOST_OF_A_KIND, Problem, type ProblemPlace } from "@specloom/runtime/internal/problem";
import type { NumberColumn } from "./number-column.ts";
import { nameHelp } from "@specloom/runtime/internal/nearest-name";

/** Why a cell holds no usable number. */
export interface CellFault {
  readonly code: "not-a-number" | "not-finite";
  /** What the cell holds, as messages show it. */
  readonly found: string;
  /** What that stands for, where it is a word that is known. */
  readonly meaning?: string;
  readonly help: string;
  /** True for a number that is only written in a way that is not read: 1,5 or 12 %. */
  readonly likeNumber?: boolean;
}

/** A file whose columns are known and whose cells are not read yet. */
export interface OpenTable {
  readonly file: string;
  readonly columns: readonly string[];
  /** Where the columns are named. */
  readonly headerPlace: ProblemPlace;
  /** True when the first line looks like data. */
  readonly headerLooksLikeData: boolean;
  /** What else is wrong with the table at first sight, said where a column is not found. */
  hint(): string | undefined;
  /** Reads the numbers of the chosen columns. */
  load(columns: readonly number[]): SourceTable;
}

export interface SourceTable {
  readonly rowCount: number;
  /** In the order given to `load`. */
  readonly columns: readonly SourceColumn[];
  /** Sentences a user should see. */
  readonly notes: readonly string[];
  /** @param column position in the file, as for `text` */
  place(row: number, column: number): ProblemPlace;
  /** What a cell says; "" where the row has nothing there. */
  text(row: number, column: number): string;
}

/** What rows are called: a list, or one that makes each name when it is asked for. */
export interface RowNames {
  readonly length: number;
  /** @returns undefined for a row that is not there */
  at(row: number): string | undefined;
}

export interface SourceColumn {
  /** NaN where a cell is empty, or is no number. */
  readonly values: NumberColumn;
  readonly faults: FaultList;
}

/** The cells of one column that hold no usable number: the first few of each kind, and how many there are. */
export class FaultList {
  readonly #explain: (text: string) => CellFault;
  readonly #kept: { readonly row: number; readonly text: string; readonly code: CellFault["code"] }[] = [];
  readonly #counts = new Map<CellFault["code"], number>();
  /** How many cells are numbers written in a way that is not read. */
  likeNumbers = 0;

  /** @param explain may use what is known of the whole column */
  constructor(explain: (text: string) => CellFault) {
    this.#explain = explain;
  }

  add(row: number, text: string): void {
    const { code, likeNumber } = this.#explain(text);
    if (likeNumber === true) this.likeNumbers += 1;
    const count = this.#counts.get(code) ?? 0;
    this.#counts.set(code, count + 1);
    if (count < MOST_OF_A_KIND) this.#kept.push({ row, text, code });
  }

  get count(): number {
    return [...this.#counts.values()].reduce((total, count) => total + count, 0);
  }

  /** @returns by row; `more` faults of that code are not listed, said with the last that is */
  list(): readonly { readonly row: number; readonly fault: CellFault; readonly more: number }[] {
    return this.#kept.map(({ row, text, code }, index) => {
      const isLast = !this.#kept.slice(index + 1).some((other) => other.code === code);
      const more = isLast ? Math.max(0, (this.#counts.get(code) ?? 0) - MOST_OF_A_KIND) : 0;
      return { row, fault: this.#explain(text), more };
    });
  }
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
        : [nameHelp(name, table.columns, "columns"), table.hint() ?? []].flat().join(" "),
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
