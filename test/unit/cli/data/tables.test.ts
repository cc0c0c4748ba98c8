import { describe, expect, it } from "vitest";
import { readSeries, type RawSeries } from "../../../../cli/data/series-file.ts";
import { Problem } from "../../../../runtime/problem.ts";
import { memoryFiles } from "./memory-files.ts";

const read = (text: string, columns = ["y"], name = "series.csv"): Promise<RawSeries> =>
  readSeries(name, columns, memoryFiles({ [name]: text }));

const numbers = async (text: string, columns?: string[], name?: string): Promise<number[][]> =>
  (await read(text, columns, name)).columns.map((column) => [...column]);

describe("CSV", () => {
  it("reads quoted cells, with and without a newline at the end", async () => {
    expect(await numbers('"Month","y"\n"1949-01",112\n"1949-02","118"')).toEqual([[112, 118]]);
    expect(await numbers('"Month","y"\n"1949-01",112\n"1949-02","118"\n\n')).toEqual([[112, 118]]);
  });

  it("reads CRLF, a byte order mark, spaces around numbers and every way to write one", async () => {
    expect(await numbers("\uFEFFy,z\r\n 1 ,0\r\n-2.5,0\r\n+.5,0\r\n1e-3,0\r\n7.,0\r\n")).toEqual([
      [1, -2.5, 0.5, 0.001, 7],
    ]);
  });

  it("tells tab and semicolon from the header", async () => {
    expect(await numbers("m\ty\na\t1\nb\t2\n")).toEqual([[1, 2]]);
    expect(await numbers("m;y\na;1\nb;2\n")).toEqual([[1, 2]]);
  });

  it("takes columns in the order asked for and names rows by the first other column", async () => {
    const raw = await read("date,a,b\nmon,1,2\ntue,3,4\n", ["b", "a"]);
    expect(raw.columns.map((column) => [...column])).toEqual([
      [2, 4],
      [1, 3],
    ]);
    expect([raw.labels?.length, raw.labels?.at(0), raw.labels?.at(1)]).toEqual([2, "mon", "tue"]);
    expect((await read("y\n1\n2\n")).labels).toBeUndefined();
  });

  it("takes an empty line of a single column as a missing value, but not those at the end", async () => {
    expect(await numbers("y\n1\n\n3\n\n\n")).toEqual([[1, Number.NaN, 3]]);
  });

  it("finds the line and column behind cells with line ends, quotes and letters beyond ASCII", async () => {
    const raw = await read('note,y\r\n"first\r\nsecond, ""quoted""",1\r\nÄrger ✓,2\r\n', ["y"]);
    expect(raw.locate(0, 0)).toMatchObject({ line: 3, column: 21, length: 1 });
    expect(raw.locate(1, 0)).toMatchObject({ line: 4, column: 9, length: 1 });
  });

  it("cuts long lines around the mark", async () => {
    const wide = Array.from({ length: 80 }, (_, index) => `column${String(index)}`);
    const text = `${wide.join(",")}\n${wide.map((_, index) => (index === 60 ? "wrong" : "123456")).join(",")}\n`;
    const error = await read(text, ["column60"]).catch((problem: unknown) => problem);
    if (!(error instanceof Problem)) throw error;
    const line = error.frame?.lines[1] ?? "";
    expect(error).toMatchObject({ line: 2, column: 421, length: 5 });
    expect(line.length).toBeLessThanOrEqual(102);
    expect(line.slice((error.frame?.column ?? 0) - 1)).toMatch(/^wrong,/);
    expect([line[0], line.at(-1)]).toEqual(["…", "…"]);
  });

  it("does not take a number as a name of Object.prototype", async () => {
    await expect(read("y\n1\n", ["constructor"])).rejects.toThrow('the file has no column "constructor".');
  });
});

describe("JSONL", () => {
  it("reads numbers, with null and absent keys as missing", async () => {
    const text = '{"y": 1, "z": 5}\n{"z": 6}\n{"y": null}\n{"y": 4e0}\n\n';
    expect(await numbers(text, ["y"], "s.jsonl")).toEqual([[1, Number.NaN, Number.NaN, 4]]);
  });

  it("refuses lists, blank lines and numbers beyond float64", async () => {
    await expect(read("[1]\n", ["y"], "s.jsonl")).rejects.toThrow(
      "this line is a list of 1, but an object was expected.",
    );
    await expect(read('{"y": 1}\n\n{"y": 2}\n', ["y"], "s.jsonl")).rejects.toThrow("this line is blank.");
    await expect(read('{"y": 1e999}\n', ["y"], "s.jsonl")).rejects.toThrow(/a finite number was expected/);
  });

  it("does not read inherited keys", async () => {
    await expect(read('{"y": 1}\n', ["toString"], "s.jsonl")).rejects.toThrow('the file has no column "toString".');
  });
});
