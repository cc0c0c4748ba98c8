/** What separates the cells of a table: found from its records, of which the first line is only one. */
import { Problem, type ProblemPlace } from "@specloom/runtime/internal/problem";
import { saysMissing } from "./cell-fault.ts";
import { countOf } from "./wording.ts";

/** Comma first: of two that fit alike where there are no rows, it is the likelier one. */
const DELIMITERS = [",", "\t", ";", "|"] as const;

/** How much of the beginning of a file is looked at. */
const SAMPLE_BYTES = 1 << 18;
const SAMPLE_RECORDS = 500;

/** A file's beginning, as one delimiter cuts it. */
interface Reading {
  readonly delimiter: string;
  /** Cells of the header. */
  readonly width: number;
  readonly rows: number;
  /** Rows with as many cells as the header. */
  readonly fitting: number;
  /** Rows that have the most frequent number of cells, where that is two or more. */
  readonly alike: number;
  /** Cells that hold another delimiter and are neither a number with a comma nor prose. */
  readonly unclean: number;
}

/**
 * @param bytes UTF-8
 * @param place of the header, for messages
 * @returns "" where every line is one cell
 * @throws Problem `ambiguous-delimiter`
 */
export function delimiterOf(bytes: Uint8Array, place: () => ProblemPlace): string {
  const text = new TextDecoder().decode(bytes.subarray(0, SAMPLE_BYTES));
  const isWhole = bytes.length <= SAMPLE_BYTES;
  const readings = DELIMITERS.map((delimiter) => readingOf(text, delimiter, isWhole));
  const fitting = readings.filter(({ width, rows, fitting: fit }) => width > 1 && fit === rows);
  if (fitting.length > 0) return cleanest(fitting, place).delimiter;
  const [nearest] = readings.toSorted(
    (a, b) => (b.width > 1 ? b.fitting : 0) - (a.width > 1 ? a.fitting : 0) || b.alike - a.alike,
  );
  if (nearest === undefined) return "";
  // Rows without any delimiter: then those in the first line belong to the name of the one column.
  const isSplit = nearest.alike > 0 || (nearest.width > 1 && nearest.fitting > 0);
  return isSplit ? nearest.delimiter : "";
}

function cleanest(readings: readonly Reading[], place: () => ProblemPlace): Reading {
  const [best, second] = readings.toSorted((a, b) => a.unclean - b.unclean);
  if (best === undefined) throw new RangeError("no reading was given.");
  if (second === undefined || second.rows === 0 || second.unclean > best.unclean) return best;
  const [one, other] = [named(best.delimiter), named(second.delimiter)];
  throw new Problem({
    code: "ambiguous-delimiter",
    message: `this table can be read in two ways: ${one} cuts each line into ${countOf(best.width, "cell")}, ${other} into ${String(second.width)}.`,
    help: `put every cell that contains ${one} or ${other} in double quotes.`,
    ...place(),
  });
}

/** A delimiter as messages call it. */
export function named(delimiter: string): string {
  return delimiter === "\t" ? "the tab" : `"${delimiter}"`;
}

function readingOf(text: string, delimiter: string, isWhole: boolean): Reading {
  const records = sampleOf(text, delimiter);
  // The last one may be cut off.
  if (!isWhole && records.length > 1) records.pop();
  const [header = [], ...rows] = records;
  const others = DELIMITERS.filter((one) => one !== delimiter);
  const counts = new Map<number, number>();
  let fitting = 0;
  let unclean = 0;
  for (const row of rows) {
    counts.set(row.length, (counts.get(row.length) ?? 0) + 1);
    if (row.length === header.length) fitting += 1;
    unclean += row.filter((cell) => others.some((other) => cell.includes(other)) && !isClean(cell)).length;
  }
  const alike = Math.max(0, ...[...counts].filter(([cells]) => cells > 1).map(([, times]) => times));
  return { delimiter, width: header.length, rows: rows.length, fitting, alike, unclean };
}

/** A cell in quotes, a number with commas or points in it, a word for a missing value, or prose. */
function isClean(cell: string): boolean {
  return (
    cell.startsWith('"') ||
    saysMissing(cell) ||
    /^[+-]?[\d.,\s]+%?$/.test(cell) ||
    (cell.includes(", ") && !/[;|\t]/.test(cell))
  );
}

/** Cells as they stand, with their quotes; lines without anything are left out. */
function sampleOf(text: string, delimiter: string): string[][] {
  const records: string[][] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  const endRecord = (): void => {
    cells.push(cell.trim());
    if (cells.length > 1 || cells[0] !== "") records.push(cells);
    [cells, cell] = [[], ""];
  };
  for (const letter of text) {
    if (letter === '"') quoted = !quoted;
    if (quoted || (letter !== delimiter && letter !== "\n" && letter !== "\r")) cell += letter;
    else if (letter === delimiter) {
      cells.push(cell.trim());
      cell = "";
    } else {
      endRecord();
      if (records.length > SAMPLE_RECORDS) return records;
    }
  }
  endRecord();
  return records;
}
