/** Tables as they come: delimiters, line ends, numbers, and files that are none. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberInBytes } from "../../../../cli/data/byte-number.ts";
import { placeInBytes } from "../../../../cli/data/byte-place.ts";
import { faultOf, noEvidence } from "../../../../cli/data/cell-fault.ts";
import { openCsv } from "../../../../cli/data/csv.ts";
import { placeInText, positionOf } from "../../../../cli/data/place.ts";
import type { OpenTable } from "../../../../cli/data/source-table.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (text: string): OpenTable => openCsv(bytesOf(text), "a.csv");

/** The columns, and the numbers of one of them. */
function read(text: string, column: string): readonly number[] {
  const table = open(text);
  return [...(table.load([table.columns.indexOf(column)]).columns[0]?.values ?? [])];
}

describe("the delimiter", () => {
  it.each([
    ["a comma", "date,y\nx,1.5\nz,2\n", "y"],
    ["a semicolon", "date;y\nx;1.5\nz;2\n", "y"],
    ["a tab", "date\ty\nx\t1.5\nz\t2\n", "y"],
    ["a bar", "date|y\nx|1.5\nz|2\n", "y"],
    ["a semicolon, and a comma in the header", "date;y, kWh\nx;1.5\nz;2\n", "y, kWh"],
    ["a tab, and commas and semicolons in the header", "date; day\ty, kWh\nx\t1.5\nz\t2\n", "y, kWh"],
    ["a comma, and a semicolon in the header", "date; day,y\nx,1.5\nz,2\n", "y"],
    ["a comma, and others in quotes", '"date;day","y"\n"x;x;x",1.5\n"a\tb;c|d",2\n', "y"],
    ["a semicolon beside prose", "name, first;y\nDoe, Jane;1.5\nRoe, Jo;2\n", "y"],
    ["a semicolon beside decimal commas", "z, C;y\n50,0;1.5\n1,25;2\n", "y"],
    ["none, and a comma in the name", "y, kWh\n1.5\n2\n", "y, kWh"],
    ["none", "y\n1.5\n2\n", "y"],
  ])("%s", (_, text, column) => {
    expect(read(text, column)).toEqual([1.5, 2]);
  });

  it("does not stop at what the first rows hold", () => {
    const text = `a,b;c\n${"1,2;3\n".repeat(3)}`;
    expect(open(text).columns).toEqual(["a,b", "c"]);
  });
});

describe("line ends", () => {
  const lines = ["d,y", "a,1", '"b,\n""c""",2', "d,3", "e,4"];
  it.each([[["\n"]], [["\r\n"]], [["\r"]], [["\n", "\r\n", "\r"]], [["\r", "\n"]], [["\r\n", "\r"]]])("%j", (ends) => {
    const text = lines.map((line, index) => line + (ends[index % ends.length] ?? "")).join("");
    expect(read(text, "y")).toEqual([1, 2, 3, 4]);
    const source = open(text).load([1]);
    expect([0, 1, 2, 3].map((row) => source.place(row, 1).line)).toEqual([2, 4, 5, 6]);
    expect([0, 1, 2, 3].map((row) => source.text(row, 0))).toEqual(["a", 'b,\n"c"', "d", "e"]);
  });
});

it("reads the float64 that Number reads", () => {
  const read = (text: string): number => numberInBytes(bytesOf(`,${text},`), 1, 1 + text.length);
  const written = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc
      .tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 20 }))
      .map(([value, digits]) => value.toFixed(digits)),
    fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.bigInt({ min: 0n, max: 10n ** 20n }))
      .map(([a, b]) => `${a}.${b}`),
    fc.constantFrom("-0", "+.5", "7.", "000000000000000000001", "1e-400", "9007199254740993", "0.1e1", "1E+2"),
  );
  fc.assert(
    fc.property(written, (text) => {
      expect(Object.is(read(text), Number(text))).toBe(true);
    }),
    { numRuns: 2000 },
  );
  expect(["", "-", ".", "1.2.3", "1e", "0x1", "1_0", "1e999", "Infinity", "1 2"].map(read)).toEqual(
    Array(10).fill(Number.NaN),
  );
});

it("finds the places that text has, in bytes", () => {
  const letter = fc.constantFrom("a", "ä", "✓", "😀", ",", " ", "\n", "\r", "\r\n", "x".repeat(90));
  fc.assert(
    fc.property(fc.array(letter, { minLength: 1, maxLength: 30 }), fc.nat(), (letters, at) => {
      const before = letters.slice(0, at % letters.length).join("");
      // A place is a cell's: it is not a line end, nor in the middle of one.
      fc.pre(!before.endsWith("\r"));
      const text = `${before}M${letters.slice(at % letters.length).join("")}`;
      const expected = placeInText({ file: "f", text, ...positionOf(text, before.length), length: 1 });
      const found = placeInBytes({ file: "f", bytes: bytesOf(text), offset: bytesOf(before).length, length: 1 });
      // A blank line below is shown, or not; of letters that a cut halves, halves may be left.
      const shown = (place: typeof found): string | undefined =>
        place.frame?.lines
          .join("\n")
          .replace(/\n$/, "")
          .replace(/[\ud800-\udfff]/g, " ");
      expect({ ...found, frame: { ...found.frame, lines: shown(found) } }).toEqual({
        ...expected,
        frame: { ...expected.frame, lines: shown(expected) },
      });
    }),
  );
});

describe("what is no number", () => {
  const helpOf = (cell: string): string => faultOf(cell, noEvidence()).help;
  it.each(["NA", "n/a", "NaN", "null", "NULL", "None", "-", "--", "?", "#N/A", "#DIV/0!", "missing", "."])(
    "%s is a word",
    (word) => {
      expect(faultOf(word, noEvidence())).toMatchObject({ meaning: "a word for a missing value" });
    },
  );
  it.each([
    ["1,5", "1.5"],
    ["1.234,5", "1234.5"],
    ["1,234,567", "1234567"],
    ["1,234.5", "1234.5"],
    ["1 234,5", "1234.5"],
    ["1'234.50", "1234.50"],
    ["1.234.567", "1234567"],
    ["50,000", "50000 or as 50.000"],
    ["−5", "minus sign"],
    ["12 %", "percentages"],
    ["5 kWh", "unit"],
    ["€5", "unit"],
    ["(5)", "negative"],
  ])("%s: %s", (cell, help) => {
    expect(helpOf(cell)).toContain(help);
  });
});

describe("files that are no tables", () => {
  it.each([
    ["a line that goes on", `y\n${"1".repeat(5 << 20)}\n`, "line-too-long", 2],
    ["a header that goes on", `${"a,".repeat(3 << 20)}\n`, "line-too-long", 1],
    ["a quote that is not closed for long", `d,y\n1,2\n"a,3\n${"b,4\n".repeat(2 << 20)}`, "broken-csv", 3],
    ["blank lines alone", "\n".repeat(5 << 20), "data-file-empty", undefined],
    ["a header and blank lines", `a,y\n${"\n".repeat(5 << 20)}`, "data-file-empty", 2],
    ["blank lines between two rows", `y\n1\n${"\n".repeat(1 << 20)}2\n`, "missing-value", 3],
    ["delimiters alone", `a,y\n${",\n".repeat(1 << 20)}`, "missing-value", 2],
  ])("%s", (_, text, code, line) => {
    const load = (): unknown => open(text).load([0]);
    expect(load).toThrow(expect.objectContaining({ code, line }));
  });

  it("says what it leaves as it is", () => {
    const { notes } = open("a,y\n1,2\n,\n#3,4\n").load([1]);
    expect(notes).toEqual([
      "1 row of a.csv holds nothing but delimiters, the first of them row 2.",
      '1 row of a.csv begins with "#", the first of them row 3; they are read as data, not as comments.',
    ]);
    const points = open("d;y\na;50.000\nb;56.610\n").load([1]).notes;
    expect(points).toEqual(['every number of column "y" is written like 50.000, which is read as 50, not as 50000.']);
  });
});
