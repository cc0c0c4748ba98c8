/** Reads the columns of a series from CSV or JSONL into numbers, every wrong cell reported with its place. */
import { Problem, ProblemList } from "../problem.ts";
import { openCsv } from "./csv.ts";
import type { FileReader } from "./dataset.ts";
import type { Locate } from "./encoded-series.ts";
import { openJsonLines } from "./jsonl.ts";
import { findColumns, type OpenTable, type SourceTable } from "./source-table.ts";
import { decodeText, parquetProblem } from "./text.ts";

/** Columns on the file's scale. NaN where a value is missing. */
export interface RawSeries {
  readonly file: string;
  readonly channels: readonly string[];
  readonly columns: readonly Float64Array[];
  readonly rowCount: number;
  readonly locate: Locate;
  /** Text of the file's first other column, for the axis of a plot; undefined when there is none. */
  readonly labels: readonly string[] | undefined;
}

/**
 * @param channels names of the columns to read
 * @throws Problem or Problems: `data-file-format`, `unknown-column`, `ragged-rows`, `not-a-number` and others
 */
export async function readSeries(path: string, channels: readonly string[], files: FileReader): Promise<RawSeries> {
  const file = files.display?.(path) ?? path;
  const open = openerOf(path, file);
  const table = open(decodeText(await files.read(path), file), file);
  const positions = findColumns(channels, table);
  const other = table.columns.findIndex((_, index) => !positions.includes(index));
  const source = table.load(positions, other < 0 ? undefined : other);
  if (source.rowCount === 0) {
    throw new Problem({
      code: "data-file-empty",
      message: "the file has a header but no rows.",
      file,
    });
  }
  return {
    file,
    channels,
    columns: readNumbers(source, channels),
    rowCount: source.rowCount,
    locate: (row, channel) => source.place(row, channel),
    labels: other < 0 ? undefined : Array.from({ length: source.rowCount }, (_, row) => source.label(row)),
  };
}

function openerOf(path: string, file: string): (text: string, file: string) => OpenTable {
  const ending = /\.[^./\\]*$/.exec(path.toLowerCase())?.[0] ?? "";
  if (ending === ".csv" || ending === ".tsv" || ending === ".txt") return openCsv;
  if (ending === ".jsonl" || ending === ".ndjson") return openJsonLines;
  if (ending === ".parquet") throw parquetProblem(file);
  throw new Problem({
    code: "data-file-format",
    message: `a series is not read from a file ending in "${ending}".`,
    help: "supported: .csv, .tsv and .txt with a header line, .jsonl and .ndjson with one object a line.",
    file,
  });
}

function readNumbers(source: SourceTable, channels: readonly string[]): Float64Array[] {
  const problems = new ProblemList();
  const columns = channels.map((name, channel) => {
    const values = new Float64Array(source.rowCount);
    for (let row = 0; row < source.rowCount; row += 1) {
      const cell = source.cell(row, channel);
      if (cell === undefined || typeof cell === "number") {
        values[row] = cell ?? Number.NaN;
        continue;
      }
      problems.add(
        () => ({
          code: cell.code,
          message: `row ${String(row + 1)} of column "${name}" is ${cell.found}, but a${cell.code === "not-finite" ? " finite" : ""} number was expected.`,
          help: cell.help,
          ...source.place(row, channel),
        }),
        `${cell.code} of ${name}`,
      );
    }
    return values;
  });
  problems.throwIfAny();
  return columns;
}
