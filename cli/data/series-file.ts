/** Reads the columns of a series from CSV or JSONL into numbers, every wrong cell reported with its place. */
import { Problem, ProblemList } from "@specloom/runtime/internal/problem";
import { openCsv } from "./csv.ts";
import type { FileReader } from "./byte-source.ts";
import type { Locate } from "./encoded-series.ts";
import { seriesTimes, type SeriesTimes, type TimeKeys } from "./time-check.ts";
import { openJsonLines } from "./jsonl.ts";
import type { NumberColumn } from "./number-column.ts";
import { findColumns, type OpenTable, type RowNames, type SourceTable } from "./source-table.ts";
import { parquetProblem } from "./text.ts";
import { wholeNumberNotes } from "./whole-numbers.ts";

/** Columns on the file's scale. NaN where a value is missing. */
export interface RawSeries {
  readonly file: string;
  readonly channels: readonly string[];
  readonly columns: readonly NumberColumn[];
  readonly rowCount: number;
  readonly locate: Locate;
  /** Text of the column of times, else of the first other column, for the axis of a plot; undefined when there is none. */
  readonly labels: RowNames | undefined;
  /** When the rows were; undefined where no column says so. */
  readonly times: SeriesTimes | undefined;
  /** Sentences a user should see. */
  readonly notes: readonly string[];
}

/** @param path tells the format by its ending. @throws Problem `data-file-format`, and those of the format */
export function openTable(path: string, content: Uint8Array, file: string): OpenTable {
  return openerOf(path, file)(content, file);
}

/**
 * @param channels names of the columns to read
 * @param keys what the spec says about time; `predicting`: of new rows, which may come without the column of times
 * @throws Problem or Problems: `data-file-format`, `unknown-column`, `ragged-rows`, `not-a-number` and others
 */
export async function readSeries(
  path: string,
  channels: readonly string[],
  files: FileReader,
  keys: TimeKeys & { readonly predicting?: boolean } = {},
): Promise<RawSeries> {
  const file = files.display?.(path) ?? path;
  const open = openerOf(path, file);
  const table = open(await files.read(path), file);
  const positions = findColumns(channels, table);
  const source = table.load(positions);
  if (source.rowCount === 0) {
    throw new Problem({ code: "data-file-empty", message: "the file has a header but no rows.", file });
  }
  const columns = readNumbers(source, channels, positions);
  const { columns: names } = table;
  const { times, note } = seriesTimes(
    { file, columns: names, read: positions, source },
    keys,
    keys.predicting !== true,
  );
  const other = names.findIndex((name, index) => name !== "" && !positions.includes(index));
  const labelled = times === undefined ? other : names.indexOf(times.column);
  return {
    file,
    channels,
    columns,
    rowCount: source.rowCount,
    locate: (row, channel) => source.place(row, positions[channel] ?? 0),
    labels: labelled < 0 ? undefined : namesIn(source, labelled),
    times,
    notes: [
      ...source.notes,
      ...(note === undefined ? [] : [note]),
      ...wholeNumberNotes(columns, channels, (row, channel) => source.text(row, positions[channel] ?? 0)),
    ],
  };
}

function namesIn(source: SourceTable, column: number): RowNames {
  const length = source.rowCount;
  const name = (row: number): string => source.text(row, column) || String(row + 1);
  return { length, at: (row) => (row >= 0 && row < length ? name(row) : undefined) };
}

function openerOf(path: string, file: string): (content: Uint8Array, file: string) => OpenTable {
  const ending = /\.[^./\\]*$/.exec(path.toLowerCase())?.[0] ?? "";
  if (ending === ".csv" || ending === ".tsv" || ending === ".txt") return openCsv;
  if (ending === ".jsonl" || ending === ".ndjson") return openJsonLines;
  if (ending === ".parquet") throw parquetProblem(file);
  const lines = ending === ".json" ? " A list of objects in one .json becomes .jsonl with: jq -c '.[]'." : "";
  throw new Problem({
    code: "data-file-format",
    message: `a series is not read from a file ending in "${ending}".`,
    help: `supported: .csv, .tsv and .txt with a header line, .jsonl and .ndjson with one object a line.${lines}`,
    file,
  });
}

function readNumbers(source: SourceTable, channels: readonly string[], positions: readonly number[]): NumberColumn[] {
  const problems = new ProblemList();
  channels.forEach((name, channel) => {
    for (const { row, fault, more } of source.columns[channel]?.faults.list() ?? []) {
      problems.add(
        () => ({
          code: fault.code,
          message: `row ${String(row + 1)} of column "${name}" is ${fault.found}${fault.meaning === undefined ? "" : `, ${fault.meaning}`}, but a${fault.code === "not-finite" ? " finite" : ""} number was expected.`,
          help: fault.help,
          ...source.place(row, positions[channel] ?? 0),
        }),
        `${fault.code} of ${name}`,
        1 + more,
      );
    }
  });
  problems.throwIfAny();
  return source.columns.map(({ values }) => values);
}
