import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dataset } from "../../../../cli/data/dataset.ts";
import { EncodedSeries } from "../../../../cli/data/encoded-series.ts";
import { forecastPart, trainingColumns } from "../../../../cli/data/forecast.ts";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import { FilledColumn, type FillPolicy } from "../../../../cli/data/missing.ts";
import type { SeriesSection, Transform } from "../../../../runtime/contract-data.ts";
import { encodeRows, loadPredictionWindow } from "../../../../cli/data/series.ts";
import { fitSeries } from "../../../../cli/data/series-facts.ts";
import { scorePart } from "../../../../cli/scoring/part.ts";
import { memoryFiles, seriesSection } from "./memory-files.ts";

/** A second column, so that a row without a value is no blank line. */
const csvOf = (values: readonly (number | string)[]): string =>
  `y,day\n${values.map((value, row) => `${String(value)},d${String(row)}\n`).join("")}`;

const load = (values: readonly (number | string)[], changes: Partial<SeriesSection> = {}): Promise<Dataset> =>
  loadDataset(seriesSection(changes), [], memoryFiles({ "series.csv": csvOf(values) }));

const list = (values: Iterable<number> | undefined): number[] => Array.from(values ?? []);
const _ = Number.NaN;

describe("a filled column", () => {
  const column = (values: readonly number[], policy: FillPolicy): FilledColumn =>
    new FilledColumn(Float64Array.from(values), policy);

  it("has a straight line between neighbours, or the value before; the last value behind its last, nothing before its first", () => {
    expect(list(column([1, _, _, 7, _, 9], "interpolate").values)).toEqual([1, 3, 5, 7, 8, 9]);
    expect(list(column([1, _, _, 7, _, 9], "forward_fill").values)).toEqual([1, 1, 1, 7, 7, 9]);
    expect(list(column([_, 4, _, 6, _, _], "interpolate").values)).toEqual([_, 4, 5, 6, 6, 6]);
    expect(column([_, _, 4, _, 6], "interpolate")).toMatchObject({ firstKnown: 2, filledCount: 1 });
    expect(column([_, _], "forward_fill")).toMatchObject({ firstKnown: 2, filledCount: 0 });
  });
});

describe("a window over gaps", () => {
  // Rows 0 to 11 are the training part; windows of 3.
  const values = [0, 1, 2, "", 4, "", "", "", 8, 9, 10, 11, 12, "", 14, 15, "", 17, 18, ""];
  const windowAt = (dataset: Dataset, start: number): number[] => list(dataset.forecast?.series.window(start));

  it("interpolates between the rows that it sees, and repeats the last one that it saw behind them", async () => {
    const dataset = await load(values, { missing: "interpolate" });
    expect(windowAt(dataset, 1)).toEqual([1, 2, 2]);
    expect(windowAt(dataset, 2)).toEqual([2, 3, 4]);
    expect(windowAt(dataset, 4)).toEqual([4, 4, 4]);
    expect(windowAt(dataset, 6)).toEqual([6, 7, 8]);
    expect(windowAt(dataset, 17)).toEqual([17, 18, 18]);
  });

  it("repeats the last value with forward_fill, whatever comes", async () => {
    const dataset = await load(values, { missing: "forward_fill" });
    expect(windowAt(dataset, 2)).toEqual([2, 2, 4]);
    expect(windowAt(dataset, 6)).toEqual([4, 4, 8]);
  });

  it("takes differences of what it sees", async () => {
    const dataset = await load(values, { missing: "interpolate", transform: [{ difference: 1 }] });
    expect(windowAt(dataset, 4)).toEqual([1, 0, 0]);
    expect(windowAt(dataset, 6)).toEqual([1, 1, 1]);
    // Known before row 7: 4 in row 4. A difference of 5 from there.
    expect(list(dataset.forecast?.series.undo(7, [5]))).toEqual([9]);
  });

  it("has no target where the file has no value, nor one that is the difference of a filled value", async () => {
    const plain = await load(values, { missing: "interpolate", horizon: 2 });
    const series = plain.forecast?.series;
    const targets = new Float32Array(5);
    series?.writeTargets(11, 5, targets, 0);
    expect(list(targets)).toEqual([11, 12, _, 14, 15]);
    const differences = await load(values, { missing: "forward_fill", transform: [{ difference: 2 }] });
    differences.forecast?.series.writeTargets(11, 5, targets, 0);
    expect(list(targets)).toEqual([2, 2, _, 2, _]);
  });

  it("leaves training windows out whose targets are all missing, and says what it did", async () => {
    const dataset = await load(values, { missing: "forward_fill", horizon: 1 });
    expect(list(dataset.forecast?.windows.train)).toEqual([1, 5, 6, 7, 8]);
    expect(list(dataset.train.tensors["future"])).toEqual([4, 8, 9, 10, 11]);
    expect(dataset.test.count).toBe(4);
    expect(dataset.notes).toEqual([
      "7 missing values of series.csv filled in by forward_fill, from what a window may see; they are not learned from and not scored.",
      "4 windows of the training part left out: the file has no value that could be learned there.",
    ]);
  });

  it("is not asked at a step for what it shows there of the next row", async () => {
    const known = [0, 1, "", 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19];
    const line = await load(known, { missing: "interpolate" });
    // Row 2 is interpolated from row 3, which is what its step would have to say.
    expect(list(line.train.select([1])["series"])).toEqual([1, 2, 3]);
    expect(list(line.train.select([1])["next"])).toEqual([_, _, 4]);
    // The window that ends with row 2 has not seen row 3.
    expect(list(line.train.select([0])["series"])).toEqual([0, 1, 1]);
    expect(list(line.train.select([0])["next"])).toEqual([1, _, 3]);
    const carried = await load(known, { missing: "forward_fill" });
    expect(list(carried.train.select([1])["next"])).toEqual([_, 3, 4]);
  });

  it("begins behind the rows before the first value, and may end in a gap", async () => {
    const dataset = await load(["", "", 2, 3, 4, 5, 6, 7, 8, 9, 10, "", 12, 13, 14, 15, 16, 17, 18, ""], {
      missing: "interpolate",
      normalize: "minmax",
    });
    expect(list(dataset.forecast?.windows.train)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(dataset.notes).toContain(
      "windows begin behind the first 2 rows of series.csv, where not every column has a value yet.",
    );
    expect(dataset.notes[0]).toMatch(/^2 missing values /);
    // Fitted on what is known of rows 0 to 11: from 2 to 10.
    expect(dataset.scaler?.scaling["y"]).toEqual({ offset: 2, scale: 8 });
  });
});

describe("what is fitted and scored", () => {
  it("is what the file has: no filled value enters a scaler", async () => {
    const values = [10, "", 20, "", "", "", 30, 31, "", 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42];
    const known = [10, 20, 30, 31, 32, 33, 34];
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const { scaler } = await load(values, { missing: "interpolate", normalize: "standard" });
    expect(scaler?.scaling["y"]?.offset).toBeCloseTo(mean, 12);
    const differences = await load(values, {
      missing: "interpolate",
      normalize: "minmax",
      transform: [{ difference: 1 }],
    });
    // Of neighbours that are both known: 31 - 30, 33 - 32, 34 - 33.
    expect(differences.scaler?.scaling["y"]).toEqual({ offset: 1, scale: 1 });
  });

  it("leaves out rows without a value, repeats the last value that there is, and scales MASE by known changes", async () => {
    const values = [10, 12, "", 15, 14, "", 20, 19, 25, 30, 1, "", 3, "", "", 8];
    const dataset = await load(values, {
      missing: "interpolate",
      split: { train: 10, validation: 0, test: 6 },
    });
    const { forecast } = dataset;
    if (forecast === undefined) throw new Error("no forecast");
    expect(list(trainingColumns(forecast)[0])).toEqual([10, 12, _, 15, 14, _, 20, 19, 25, 30]);
    const part = forecastPart(forecast, "test", new Float32Array(6));
    expect(list(part.truth)).toEqual([1, _, 3, _, _, 8]);
    expect(list(part.naive)).toEqual([30, 1, 1, 3, 3, 3]);
    const scores = scorePart({
      dataset,
      part: "test",
      inputs: [],
      target: "next",
      output: new Float32Array(6),
      metrics: ["mae", "mase", "mape"],
    });
    expect(scores).toMatchObject({ count: 3, missing: 3 });
    expect(scores.metrics["mae"]).toEqual({ model: 4, naive: (29 + 2 + 5) / 3 });
    // Known changes of the training part: 2, 1, 1, 6 and 5.
    expect(scores.metrics["mase"]?.model).toBeCloseTo(4 / 3, 12);
    expect(scores.metrics["mape"]?.model).toBe(100);
  });

  it("does not depend on the scale: what another column lacks hides no row of this one", async () => {
    const rows = Array.from(
      { length: 30 },
      (_unused, row) => `${String((row * row) % 17)},${row < 3 ? "" : String(row)}`,
    );
    const section = seriesSection({
      columns: ["a", "b"],
      targets: ["a"],
      missing: "interpolate",
      normalize: "standard",
    });
    const dataset = await loadDataset(section, [], memoryFiles({ "series.csv": `a,b\n${rows.join("\n")}\n` }));
    const { forecast } = dataset;
    if (forecast === undefined) throw new Error("no forecast");
    expect(list(trainingColumns(forecast, "model")[0])).not.toContain(_);
    const output = new Float32Array(dataset.test.count);
    const common = { dataset, part: "test", inputs: [], target: "next", output, metrics: ["mase"] } as const;
    const [file, model] = (["file", "model"] as const).map((scale) => scorePart({ ...common, scale }).metrics["mase"]);
    expect(model?.model).toBeCloseTo(file?.model ?? NaN, 5);
    expect(model?.naive).toBeCloseTo(file?.naive ?? NaN, 5);
  });

  it("is column by column where there are several", async () => {
    const rows = Array.from({ length: 20 }, (_unused, row) => `${row === 17 ? "" : String(row)},${String(10 * row)}`);
    const section = seriesSection({ columns: ["a", "b"], missing: "forward_fill", horizon: 1 });
    const dataset = await loadDataset(section, [], memoryFiles({ "series.csv": `a,b\n${rows.join("\n")}\n` }));
    expect(list(dataset.test.tensors["future"])).toEqual([16, 160, _, 170, 18, 180, 19, 190]);
    const output = new Float32Array(8);
    const scores = scorePart({ dataset, part: "test", inputs: [], target: "future", output, metrics: ["mae"] });
    expect(scores).toMatchObject({ count: 7, missing: 1 });
    expect(scores.columns?.["a"]?.["mae"]?.model).toBeCloseTo((16 + 18 + 19) / 3, 12);
    expect(scores.columns?.["b"]?.["mae"]).toEqual({ model: 175, naive: 10 });
  });
});

describe("no look-ahead", () => {
  const transforms = fc.constantFrom<readonly Transform[]>(
    [],
    ["log"],
    [{ difference: 1 }],
    ["log", { difference: 2 }],
    [{ difference: 1 }, { difference: 3 }],
  );
  const cell = fc.oneof(fc.double({ min: 0.5, max: 9, noNaN: true }), fc.constant(Number.NaN));

  it("whatever comes behind a window changes nothing in it, in its undone forecast or in its naive one", () => {
    fc.assert(
      fc.property(
        transforms,
        fc.constantFrom<FillPolicy>("interpolate", "forward_fill"),
        fc.array(fc.tuple(cell, cell), { minLength: 22, maxLength: 22 }),
        fc.array(fc.tuple(cell, cell), { minLength: 22, maxLength: 22 }),
        fc.integer({ min: 8, max: 21 }),
        (transform, missing, rows, others, end) => {
          const section = seriesSection({ columns: ["a", "b"], transform, missing });
          const first: readonly [number, number] = [1, 2];
          const changed = rows.map((row, index) => (index < end ? row : (others[index] ?? row)));
          const [one, other] = [rows, changed].map((table) => {
            const columns = [0, 1].map((channel) =>
              Float64Array.from([first, ...table.slice(1)], (row) => row[channel] ?? 0),
            );
            const facts = fitSeries(section, columns, { start: 0, end: 8 });
            return new EncodedSeries(facts, columns, () => ({}), missing);
          });
          const start = end - 3;
          expect(one?.window(start).some((value) => Number.isNaN(value))).toBe(false);
          expect(one?.window(start)).toEqual(other?.window(start));
          expect(one?.undo(end, [1, 2, 3, 4])).toEqual(other?.undo(end, [1, 2, 3, 4]));
          expect(one?.lastTruth(end, 1)).toEqual(other?.lastTruth(end, 1));
        },
      ),
      { numRuns: 500, seed: 11 },
    );
  });

  it("what is fitted knows nothing of held-out rows, and training windows nothing either", async () => {
    const known = [3, 1, "", 1, 5, 9, "", 6, 5, 3, 5, ""];
    const changes: Partial<SeriesSection> = { missing: "interpolate", normalize: "standard" };
    const one = await load([...known, 1, 2, 3, 4, 5, 6, 7, 8], changes);
    const other = await load([...known, 900, "", 700, 600, 500, "", 300, 200], changes);
    expect(other.scaler).toEqual(one.scaler);
    expect(list(other.train.tensors["series"])).toEqual(list(one.train.tensors["series"]));
    expect(list(other.train.tensors["next"])).toEqual(list(one.train.tensors["next"]));
  });
});

describe("rows to predict from", () => {
  const section = seriesSection({ missing: "interpolate" });
  const facts = fitSeries(section, [Float64Array.of(1, 2, 3)], { start: 0, end: 3 });
  const read = (cells: readonly (number | string)[]): ReturnType<typeof loadPredictionWindow> =>
    loadPredictionWindow(facts, section, "new.csv", memoryFiles({ "new.csv": csvOf(cells) }));

  it("are filled from what lies before the forecast, and which were is told", async () => {
    const window = await read([1, 2, "", "", 5, ""]);
    expect(list(window.inputs.series)).toEqual([4, 5, 5]);
    expect(window.filled).toEqual([
      { column: "y", row: 3 },
      { column: "y", row: 5 },
    ]);
    expect((await read(["", 2, 3, 4, 5])).filled).toEqual([]);
  });

  it("need a value to fill from", async () => {
    await expect(read(["", "", 3, 4])).rejects.toMatchObject({ code: "gap-at-border" });
    expect(() => encodeRows(facts, { columns: [Float64Array.of(_, 1, 2)] }, "forward_fill")).toThrow(
      'column "y" has no value in row 1 or before, and the forecast is made from the last 3 rows: there is nothing to fill from.',
    );
  });
});
