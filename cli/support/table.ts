/** Text in columns, and numbers as people read them. */

export interface TableOptions {
  /** Columns (from 0) that are aligned to the right. */
  readonly right?: readonly number[];
  readonly indent?: string;
  /** The last column is broken between words where the table would be wider than this. */
  readonly width?: number;
}

/** What a terminal shows in a line when nobody made it wider. */
export const SCREEN_WIDTH = 80;

/** The first row is the heading; it is underlined with dashes. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const { right = [], indent = "  " } = options;
  const given = options.width === undefined ? rows : withWrappedEnd(rows, options.width - indent.length);
  const [heading = [], ...body] = given;
  const widths = heading.map((_, column) => Math.max(...given.map((row) => widthOf(row[column] ?? ""))));
  const line = (cells: readonly string[]): string =>
    (
      indent +
      cells
        .map((cell, column) => {
          const fill = " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
          return right.includes(column) ? fill + cell : cell + fill;
        })
        .join("  ")
    ).trimEnd();
  const rule = widths.map((width, column) => (heading[column] === "" ? "" : "-".repeat(width)));
  return [line(heading), line(rule), ...body.map(line)].join("\n");
}

/** A row whose last cell is too long continues in rows that have nothing else. */
function withWrappedEnd(rows: readonly (readonly string[])[], width: number): readonly (readonly string[])[] {
  const last = (rows[0]?.length ?? 1) - 1;
  const before = Array.from({ length: last }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ""))),
  ).reduce((total, columnWidth) => total + columnWidth + 2, 0);
  return rows.flatMap((row) =>
    wrapped(row[last] ?? "", { width: Math.max(20, width - before) })
      .split("\n")
      .map((line, index) => [...(index === 0 ? row.slice(0, last) : Array.from({ length: last }, () => "")), line]),
  );
}

export interface WrapOptions {
  readonly width?: number;
  /** Of every line but the first. */
  readonly indent?: string;
}

/** The text with lines broken between words; a word that is longer than a line stays whole. */
export function wrapped(text: string, { width = SCREEN_WIDTH, indent = "" }: WrapOptions = {}): string {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? "";
  for (const word of text.trim().split(/ (?! )/)) {
    const isStart = line.trim() === "";
    if (!isStart && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line.trimEnd());
      line = indent + word;
    } else line = isStart ? line + word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** Columns on a terminal: East Asian wide and full-width characters take two (Unicode TR 11), combining marks none. */
function widthOf(text: string): number {
  return Array.from(text).reduce(
    (width, character) => width + (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1),
    0,
  );
}

const MARK = /\p{Mn}|\p{Me}/u;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** Five significant digits, without an exponent where that is readable. */
export function numberText(value: number | null): string {
  if (value === null) return "-";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(3);
  if (size >= 1e4) return groupedText(Math.round(value));
  return String(Number(value.toPrecision(5)));
}

/** `1,234,567`. */
export function groupedText(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1.2 M`, `34.5 k`; powers of 1000. */
export function scaledText(value: number, unit: string): string {
  const prefixes = ["", "k", "M", "G", "T"];
  let power = 0;
  let rest = value;
  while (rest >= 1000 && power < prefixes.length - 1) {
    rest /= 1000;
    power += 1;
  }
  const digits = power === 0 ? String(rest) : rest.toFixed(rest < 10 ? 2 : 1);
  return `${digits} ${prefixes[power] ?? ""}${unit}`.trimEnd();
}
