import { describe, expect, it } from "vitest";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import { csvOf, memoryFiles, seriesSection } from "./memory-files.ts";

const rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe("whole numbers above 2^53", () => {
  it.each([
    ["9007199254740992", undefined],
    ["9007199254740993", "9007199254740992"],
    ["-9007199254740993", "-9007199254740992"],
    ["9007199254740993.0", "9007199254740992"],
    ["123456789012345678", "123456789012345680"],
    ["100000000000000000000", undefined],
    ["1e23", undefined],
    ["123456789012345.6789", undefined],
  ])("%s in a CSV", async (written, read) => {
    const files = memoryFiles({ "series.csv": csvOf([...rows.slice(0, 9), written]) });
    const { notes } = await loadDataset(seriesSection(), [], files);
    const expected = `column "y" has 1 number above 2^53 with digits that float64 does not hold (row 10: ${written} is read as ${read ?? ""}).`;
    expect(notes).toEqual(read === undefined ? [] : [expected]);
  });

  it("are counted, in JSONL too, and told of rows to predict from", async () => {
    const lines = rows.map((row) => `{"z": "y", "y": ${row > 8 ? "9007199254740995" : String(row)}, "x": 1}`);
    const files = memoryFiles({ "series.jsonl": lines.join("\n") });
    const { notes } = await loadDataset(seriesSection({ file: "series.jsonl" }), [], files);
    expect(notes).toEqual([
      'column "y" has 2 numbers above 2^53 with digits that float64 does not hold (row 9: 9007199254740995 is read as 9007199254740996).',
    ]);
  });
});
