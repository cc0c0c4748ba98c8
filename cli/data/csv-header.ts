/** The first line of a CSV file: it must name the columns, and the rows below must have as many cells. */
import { Problem, type ProblemPlace } from "@specloom/runtime/internal/problem";
import { isNumber } from "./byte-number.ts";
import { lineAt, nextLine, placeInBytes } from "./byte-place.ts";
import { named } from "./csv-dialect.ts";
import { CsvRecords, type CsvSource } from "./csv-records.ts";
import { countOf } from "./wording.ts";

/** How many rows are compared with the header before anything else is looked at. */
const ROWS_COMPARED = 500;

type Text = Pick<CsvSource, "file" | "bytes">;

/**
 * What stands where the names of the columns should.
 * @throws Problem `line-before-header`, `data-file-format`
 */
export function checkFirstLine({ file, bytes }: Text): void {
  const { start, end } = lineAt(bytes, 0);
  const line = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 1000)));
  const place = (length: number): ProblemPlace => placeInBytes({ file, bytes, offset: start, length });
  if (line.trim() === "") {
    const blank = blankLines(bytes);
    throw new Problem({
      code: "line-before-header",
      message: `the file begins with ${countOf(blank, "blank line")}, but its first line must name the columns.`,
      help: `remove the blank line${blank === 1 ? "" : "s"} at its beginning.`,
      ...place(1),
    });
  }
  if (/^"?sep=.?"?\s*$/i.test(line)) {
    throw new Problem({
      code: "line-before-header",
      message: `this line ("${line.trim().replaceAll('"', "").replace("\t", "tab")}") tells a spreadsheet the delimiter, but the first line must name the columns.`,
      help: "remove it: the delimiter is found from the rows.",
      ...place(end - start),
    });
  }
  if (/^\s*(?:\{\s*["}]|\[\s*[[{\]])/.test(line)) {
    throw new Problem({
      code: "data-file-format",
      message: "this is JSON, but the ending of the file says that it is a table with a header line.",
      help: "with one object a line, name it .jsonl.",
      ...place(1),
    });
  }
}

function blankLines(bytes: Uint8Array): number {
  let count = 0;
  let start = 0;
  while (start < bytes.length) {
    const { end } = lineAt(bytes, start);
    if (!isBlankRange(bytes, start, end)) break;
    count += 1;
    start = nextLine(bytes, end);
  }
  return count;
}

function isBlankRange(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (bytes[index] !== 32 && bytes[index] !== 9) return false;
  return true;
}

interface Header {
  readonly cells: readonly string[];
  readonly place: ProblemPlace;
}

/** How the rows at the beginning differ from the header; all of them in the same way. */
interface RowsBelow {
  /** Cells of each of them. */
  readonly width: number;
  /** Whether the last cell of each is empty. */
  readonly endEmpty: boolean;
  /** The first of them. */
  readonly cells: readonly string[];
  readonly place: ProblemPlace;
}

/**
 * Where all rows at the beginning have one number of cells and the header another, it is the header that is wrong, or what
 * ends each row.
 * @param from where the first row starts
 * @throws Problem `line-before-header`, `ragged-rows`
 */
export function checkHeader(source: CsvSource, header: Header, from: number): void {
  const below = rowsBelow(source, from);
  if (header.cells[0]?.startsWith("#") === true && below !== undefined) checkComment(header, below);
  if (below === undefined || below.width === header.cells.length) return;
  const { message, help, place } = mismatch(source, header, below);
  throw new Problem({ code: "ragged-rows", message, help, ...place });
}

/** A header may begin with "#"; a line with other cells than the rows, or above one that names the columns, is a comment. */
function checkComment(header: Header, below: RowsBelow): void {
  const isHeader =
    below.width === header.cells.length && below.cells.some((cell) => isNumber(cell) || /^\d/.test(cell));
  if (isHeader) return;
  throw new Problem({
    code: "line-before-header",
    message: 'this line is a comment ("#"), but the first line must name the columns.',
    help: "remove it: comments are not read.",
    ...header.place,
  });
}

function rowsBelow(source: CsvSource, from: number): RowsBelow | undefined {
  const records = new CsvRecords(source, from);
  let first: Omit<RowsBelow, "endEmpty"> | undefined;
  let endEmpty = true;
  for (let row = 0; row < ROWS_COMPARED && records.read(); row += 1) {
    if (records.isBlank) continue;
    const width = records.cellCount;
    first ??= {
      width,
      cells: Array.from({ length: Math.min(width, 1000) }, (_, cell) => records.text(cell)),
      place: placeInBytes({
        ...source,
        offset: records.from(width - 1),
        length: records.to(width - 1) - records.from(width - 1),
      }),
    };
    if (width !== first.width) return undefined;
    endEmpty &&= records.text(width - 1) === "";
  }
  return first === undefined ? undefined : { ...first, endEmpty };
}

function mismatch(
  source: CsvSource,
  { cells: names, place }: Header,
  below: RowsBelow,
): { readonly message: string; readonly help: string; readonly place: ProblemPlace } {
  const delimiter = String.fromCharCode(source.delimiter);
  const { width } = below;
  const counts = `${countOf(width, "cell")}, but the header names ${countOf(names.length, "column")}`;
  if (width === names.length + 1 && below.endEmpty) {
    return {
      message: `each row ends with a delimiter (${named(delimiter)}) and so has ${counts}.`,
      help: "remove the delimiter at the end of each row, or end the header with one too.",
      place: below.place,
    };
  }
  if (names.length === width + 1 && names.at(-1) === "") {
    return {
      message: `the header ends with a delimiter (${named(delimiter)}) and so names ${String(names.length)} columns, but each row has ${countOf(width, "cell")}.`,
      help: "remove the delimiter at the end of the header.",
      place,
    };
  }
  const [only = ""] = names;
  const other = [",", "\t", ";", "|"].find((one) => names.length === 1 && only.split(one).length === width);
  if (other !== undefined) {
    return {
      message: `the header is separated by ${named(other)}, but the rows are by ${named(delimiter)}.`,
      help: "write the same delimiter in all lines, and decimals with a point.",
      place,
    };
  }
  if (names.length === 1) {
    return {
      message: `this line has 1 cell, but each row below has ${String(width)}: the first line must name the columns.`,
      help: "remove lines above the names of the columns, such as a title.",
      place,
    };
  }
  return { message: `each row has ${counts}.`, help: mismatchHelp(delimiter, names.length, below), place: below.place };
}

function mismatchHelp(delimiter: string, names: number, { width, cells }: RowsBelow): string {
  if (width < names) return "leave a missing value empty, but keep its delimiter.";
  const splitNumber = cells.some((cell, index) => /^[+-]?\d+$/.test(cell) && /^\d+$/.test(cells[index + 1] ?? ""));
  if (delimiter === "," && splitNumber) {
    return "a number with a comma takes two cells: write decimals with a point, and no thousands separators.";
  }
  return width === names + 1
    ? "give every column a name, the first one too."
    : `put a cell that contains ${named(delimiter)} in double quotes.`;
}
