/** What the times of a table say about its rows: notes, and mistakes where the spec names the column. */
import { Problem, ProblemList, type ProblemFacts, type ProblemPlace } from "@specloom/runtime/internal/problem";
import type { WindowStarts } from "./forecast.ts";
import type { Frequency } from "@specloom/runtime/internal/contract-data";
import { readTimes, timeTrouble, type TimeTrouble } from "./time-column.ts";
import type { SourceTable } from "./source-table.ts";
import { nameHelp } from "@specloom/runtime/internal/nearest-name";
import { countOf } from "./wording.ts";

/** Keys of the data section that are about time. */
export interface TimeKeys {
  readonly time?: string | undefined;
  readonly frequency?: Frequency | undefined;
}

/** The times of a series, looked through. */
export interface SeriesTimes {
  /** Of the table. */
  readonly column: string;
  /** Whether trouble is a mistake: the spec names the column, or says how far apart its rows are. */
  readonly isAsked: boolean;
  readonly trouble: TimeTrouble;
  /** What the cell of a row says. */
  readonly text: (row: number) => string;
  readonly place: (row: number) => ProblemPlace;
}

interface TimedTable {
  readonly file: string;
  readonly columns: readonly string[];
  /** Positions of the columns that the model reads or forecasts. */
  readonly read: readonly number[];
  readonly source: SourceTable;
}

/**
 * The times in the column that the spec names, else in the first one that holds dates and is no data.
 * @param needed false for new rows to predict from, which may come without the column
 * @returns times, or a sentence why there are none, or nothing
 * @throws Problem `unknown-column`, `time-unreadable`
 */
export function seriesTimes(
  table: TimedTable,
  { time, frequency }: TimeKeys,
  needed: boolean,
): { readonly times?: SeriesTimes; readonly note?: string } {
  const { columns, source } = table;
  const isAsked = time !== undefined || (frequency !== undefined && frequency !== "irregular");
  const named = time === undefined ? undefined : columns.indexOf(time);
  if (named === -1 && needed) {
    throw new Problem({
      code: "unknown-column",
      message: `the file has no column "${String(time)}".`,
      help: nameHelp(time ?? "", columns, "columns"),
      file: table.file,
      pointer: "/data/time",
    });
  }
  const candidates = named === undefined ? columns.map((_, column) => column) : [named];
  for (const column of candidates) {
    if (column < 0 || (named === undefined && table.read.includes(column))) continue;
    const name = columns[column] ?? "";
    const text = (row: number): string => source.text(row, column);
    const found = readTimes(name, { rowCount: source.rowCount, text });
    if (found === undefined) continue;
    if (found.kind === "ambiguous") {
      const note = `the dates in column "${name}" can be read with the day or with the month first; their order is not checked.`;
      if (!isAsked) return { note };
      throw unreadable(table, column, `${note.slice(0, -1)}.`, "write them as 2020-12-31.");
    }
    const trouble = timeTrouble(found.times, frequency);
    const place = (row: number): ProblemPlace => source.place(row, column);
    return { times: { column: name, isAsked, trouble, text, place } };
  }
  if (!isAsked || !needed) return {};
  if (named !== undefined) {
    throw unreadable(
      table,
      named,
      `column "${String(time)}" does not hold times.`,
      "write them as 2020-12-31, or 2020-12-31 23:59.",
    );
  }
  throw new Problem({
    code: "time-unreadable",
    message: "frequency is given, but no column holds dates.",
    help: "name the column of times with time, or leave frequency out.",
    file: table.file,
    pointer: "/data/frequency",
  });
}

function unreadable(table: TimedTable, column: number, message: string, help: string): Problem {
  return new Problem({
    code: "time-unreadable",
    message,
    help,
    pointer: "/data/time",
    ...table.source.place(0, column),
  });
}

/** The windows of a part, and how many rows each spans with what its differences look back on. */
export interface WindowSpan {
  readonly starts: readonly WindowStarts[];
  /** Rows before a window's start that its differences reach. */
  readonly lag: number;
  /** Window and horizon. */
  readonly length: number;
}

/**
 * @returns what is noted, where the spec does not name the column
 * @throws Problem or Problems `time-unreadable`, `time-order`, `time-duplicate`, `time-gap`, `time-frequency`
 */
export function checkTimes(times: SeriesTimes, windows: WindowSpan): string[] {
  if (!times.isAsked) return notesOf(times);
  const problems = new ProblemList();
  for (const { rows, facts } of mistakesOf(times, windows)) {
    for (const row of rows) problems.add(() => ({ ...facts(row), ...times.place(row) }), facts(row).code);
  }
  problems.throwIfAny();
  return [];
}

interface Mistakes {
  readonly rows: readonly number[];
  readonly facts: (row: number) => ProblemFacts;
}

function mistakesOf(times: SeriesTimes, windows: WindowSpan): Mistakes[] {
  const { trouble, column, text } = times;
  const rowText = (row: number): string => `row ${String(row + 1)} (${text(row)})`;
  const { isBackward, disorder, unreadable: unread, duplicates, close, gaps, step } = trouble;
  const missing = new Map(gaps.map((gap) => [gap.row, gap.missing]));
  const crossed = gaps.filter(({ row }) => runsOver(windows, row)).map(({ row }) => row);
  return [
    {
      rows: unread,
      facts: (row) => ({
        code: "time-unreadable",
        message: `row ${String(row + 1)} of column "${column}" is "${text(row).slice(0, 40)}", but a time was expected.`,
        help: "write it like those of the other rows.",
      }),
    },
    {
      rows: isBackward ? [1] : disorder,
      facts: (row) => ({
        code: "time-order",
        message: isBackward
          ? `the times in column "${column}" run backward: ${text(0)} is the first.`
          : `${rowText(row)} is earlier than the row above (${text(row - 1)}).`,
        help: "sort the rows by time, the earliest first.",
      }),
    },
    {
      rows: duplicates,
      facts: (row) => ({
        code: "time-duplicate",
        message: `another row has the time of ${rowText(row)}.`,
        help: "keep one row for each time; several series in one file are read as one.",
      }),
    },
    {
      rows: close,
      facts: (row) => ({
        code: "time-frequency",
        message: `${rowText(row)} follows the row above (${text(row - 1)}) sooner than frequency says (${step ?? ""}).`,
        help: "set frequency to the distance of the rows, or to irregular.",
      }),
    },
    {
      rows: crossed,
      facts: (row) => ({
        code: "time-gap",
        message: `${countOf(missing.get(row) ?? 0, "row")} ${missing.get(row) === 1 ? "is" : "are"} missing before ${rowText(row)}: the row above is ${text(row - 1)}, the step ${step ?? ""}; windows run over this gap.`,
        help: "add the rows, with empty cells that missing fills, or set frequency: irregular where the distance of rows does not matter.",
      }),
    },
  ];
}

/** Whether the row and the one above it lie in one window, its horizon, or what it looks back on. */
function runsOver({ starts, lag, length }: WindowSpan, row: number): boolean {
  return starts.some((part) => {
    // The last window that starts early enough for the row above to lie in its reach.
    const index = countUpTo(part, row - 1 + lag) - 1;
    return index >= 0 && (part.at(index) ?? 0) + length > row;
  });
}

/** How many of rising numbers are at most so large. */
function countUpTo(rising: WindowStarts, most: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising.at(middle) ?? 0) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

function notesOf({ column, trouble, text }: SeriesTimes): string[] {
  const { unreadable: unread, isBackward, disorder, duplicates, gaps, step } = trouble;
  const at = (row: number | undefined): string => `row ${String((row ?? 0) + 1)}, ${text(row ?? 0)}`;
  const notes: string[] = [];
  if (unread.length > 0) {
    notes.push(
      `column "${column}" holds no time in ${countOf(unread.length, "row")}, the first of them row ${String((unread[0] ?? 0) + 1)}.`,
    );
  }
  if (isBackward) {
    notes.push(
      `the times in column "${column}" run backward from ${text(0)}, but rows are read as they stand, the earliest first; sort the file.`,
    );
  }
  if (disorder.length > 0) {
    notes.push(
      `the times in column "${column}" are not in order: ${countOf(disorder.length, "row")} ${disorder.length === 1 ? "is" : "are"} earlier than the row above, the first of them ${at(disorder[0])}; rows are read as they stand, so sort the file.`,
    );
  }
  if (duplicates.length > 0) {
    notes.push(
      `${countOf(duplicates.length, "row")} ${duplicates.length === 1 ? "repeats" : "repeat"} a time in column "${column}", the first of them ${at(duplicates[0])}; several series in one file are read as one.`,
    );
  }
  const [gap] = gaps;
  if (gap !== undefined) {
    const total = gaps.reduce((sum, { missing }) => sum + missing, 0);
    notes.push(
      `${countOf(total, "time")} ${total === 1 ? "is" : "are"} missing in column "${column}" (step ${step ?? ""}), the first before ${at(gap.row)}, which follows ${text(gap.row - 1)}; windows run over ${gaps.length === 1 ? "the gap" : "the gaps"}. time: ${column} makes this a mistake, frequency: irregular allows it.`,
    );
  }
  return notes;
}
