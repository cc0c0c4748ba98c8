import { describe, expect, it } from "vitest";
import { studyTable } from "../../../cli/support/study-table.ts";
import { openCsv } from "../../../runtime/data/csv.ts";

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

  it.each([
    ["1,2", rows(() => "1,2"), "no-columns"],
    ["a", rows(() => "x"), "no-columns"],
    ["a", rows((row) => String(row % 5), 19), "too-little-data"],
  ])("refuses the table %s", (header, text, code) => {
    expect(() => study(header, text)).toThrow(expect.objectContaining({ code }));
  });
});
