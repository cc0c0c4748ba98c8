import { describe, expect, it } from "vitest";
import { studyTable } from "../../../cli/support/study-table.ts";
import { openCsv } from "../../../cli/data/csv.ts";

const rows = (line: (row: number) => string, count = 40): string =>
  Array.from({ length: count }, (_, row) => line(row)).join("\n");
const study = (header: string, text: string) =>
  studyTable(openCsv(new TextEncoder().encode(`${header}\n${text}\n`), "a.csv"));

describe("studyTable", () => {
  it("tells numbers from dates, words and numbers of rows", () => {
    const found = study(
      "row,date,load,place",
      rows((row) => `${row + 1},2020-01-${row + 1},${(row % 7) - 3},here`),
    );
    expect(found).toMatchObject({
      rows: 40,
      columns: ["load"],
      others: ["row", "date", "place"],
      gaps: 0,
      grows: false,
    });
  });

  it("sees gaps and growth", () => {
    expect(
      study(
        "v",
        rows((row) => (row === 3 ? '""' : String(1 + row))),
      ),
    ).toMatchObject({ gaps: 1, grows: true });
  });

  it("says what keeps a column that is nearly all numbers from being data", () => {
    const text = rows((row) => `${row % 7},${row === 4 ? "n/a" : row % 5}`);
    expect(study("load,sales", text)).toMatchObject({ columns: ["load"], others: ['sales (row 5 holds "n/a")'] });
  });

  it("remarks on columns that were meant to be data, and on gaps that nothing can fill", () => {
    const regional = studyTable(
      openCsv(
        new TextEncoder().encode(
          `d;sold;n\n${rows((row) => `x${row};${row % 3 ? row : `${row}000`},5;${row * row}`)}\n`,
        ),
        "a.csv",
      ),
    );
    expect(regional).toMatchObject({
      columns: ["n"],
      remarks: [
        expect.stringMatching(
          /^column "sold" is left out: row 1 holds "0000,5", and 39 more are like it; write decimals/,
        ),
      ],
    });
    const late = study(
      "d,load",
      rows((row) => `x${row},${row < 2 ? "" : row % 5}`),
    );
    expect(late).toMatchObject({
      gaps: 2,
      remarks: [expect.stringMatching(/^the first 2 rows have no value in column "load"/)],
    });
    expect(
      study(
        "d,load",
        rows((row) => `x${row},${row % 5}`),
      ).remarks,
    ).toEqual([]);
  });

  it.each([
    ["1,2", rows(() => "1,2"), "no-columns"],
    ["a", rows(() => "x"), "no-columns"],
    ["a", rows((row) => String(row % 5), 19), "too-little-data"],
  ])("refuses the table %s", (header, text, code) => {
    expect(() => study(header, text)).toThrow(expect.objectContaining({ code }));
  });
});
