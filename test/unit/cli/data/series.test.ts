import { describe, expect, it } from "vitest";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import { encodeRows, loadPredictionWindow } from "../../../../cli/data/series.ts";
import { restoreSeriesFacts } from "../../../../cli/data/series-facts.ts";
import type { SeriesSection } from "../../../../runtime/contract-data.ts";
import type { Dataset } from "../../../../cli/data/dataset.ts";
import { csvOf, memoryFiles, seriesSection } from "./memory-files.ts";

const countTo = (count: number): number[] => Array.from({ length: count }, (_, row) => row);

const load = (text: string, changes: Partial<SeriesSection> = {}): Promise<Dataset> =>
  loadDataset(seriesSection(changes), [], memoryFiles({ "series.csv": text }));

const list = (values: Float32Array | undefined): number[] => [...(values ?? [])];

describe("windows of a series, horizon next", () => {
  it("slides over the training rows, the target one row ahead", async () => {
    const { train } = await load(csvOf(countTo(10)));
    expect(train.count).toBe(3);
    expect(list(train.tensors["series"])).toEqual([0, 1, 2, 1, 2, 3, 2, 3, 4]);
    expect(list(train.tensors["next"])).toEqual([1, 2, 3, 2, 3, 4, 3, 4, 5]);
  });

  it("lets the last step of the held-out windows visit every row of the part once", async () => {
    const { validation, test } = await load(csvOf(countTo(10)));
    expect(list(validation.tensors["series"])).toEqual([3, 4, 5, 4, 5, 6]);
    expect(list(validation.tensors["next"])).toEqual([4, 5, 6, 5, 6, 7]);
    expect(list(test.tensors["next"]).filter((_, index) => index % 3 === 2)).toEqual([8, 9]);
  });

  it("moves the training windows, and only them, by the stride", async () => {
    const { train, test } = await load(csvOf(countTo(20)), { stride: 4 });
    expect(list(train.tensors["series"]).filter((_, index) => index % 3 === 0)).toEqual([0, 4, 8]);
    expect(test.count).toBe(4);
  });

  it("starts behind the rows that differences use up", async () => {
    const { train } = await load(csvOf(countTo(20).map((row) => row * row)), { transform: [{ difference: 2 }] });
    // y[t] - y[t-2] = 4t - 4, first defined at row 2; training rows 2 .. 11 hold 7 windows of 3 + 1.
    expect(train.count).toBe(7);
    expect(list(train.select([0])["series"])).toEqual([4, 8, 12]);
    expect(list(train.select([6])["next"])).toEqual([32, 36, 40]);
  });

  it("has columns and targets in the order of the spec", async () => {
    const text = "b,a\n1,10\n2,20\n3,30\n4,40\n5,50\n6,60\n7,70\n8,80\n9,90\n10,100\n";
    const { train } = await load(text, { columns: ["a", "b"], targets: ["b"], window: 2 });
    expect(list(train.select([0])["series"])).toEqual([10, 1, 20, 2]);
    expect(list(train.select([0])["next"])).toEqual([2, 3]);
  });

  it("selects in the given order, and refuses an example there is not", async () => {
    const { train } = await load(csvOf(countTo(10)));
    expect(list(train.select([2, 0])["series"])).toEqual([2, 3, 4, 0, 1, 2]);
    expect(() => train.select([3])).toThrow(RangeError);
    expect(() => train.select([0.5])).toThrow(RangeError);
  });

  it("finds the column of another case when only one fits", async () => {
    const { train } = await load(csvOf(countTo(10), "Y"));
    expect(train.count).toBe(3);
  });

  it("may leave held-out parts empty", async () => {
    const { train, validation, test } = await load(csvOf(countTo(10)), {
      split: { train: 1, validation: 0, test: 0 },
    });
    expect([train.count, validation.count, test.count]).toEqual([7, 0, 0]);
    expect(list(test.tensors["next"])).toEqual([]);
  });
});

describe("windows of a series, horizon 2", () => {
  it("has the rows behind the window as its target, each part its own", async () => {
    const { train, validation, test } = await load(csvOf(countTo(20)), { horizon: 2 });
    expect(train.count).toBe(8);
    expect(list(train.select([7])["series"])).toEqual([7, 8, 9]);
    expect(list(train.select([7])["future"])).toEqual([10, 11]);
    expect(list(validation.tensors["future"])).toEqual([12, 13, 13, 14, 14, 15]);
    expect(list(test.tensors["future"])).toEqual([16, 17, 17, 18, 18, 19]);
  });
});

describe("no look-ahead", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4];
  const changed = values.map((value, row) => (row < 12 ? value : value * 100 + 7));
  const changes: Partial<SeriesSection> = { normalize: "standard", transform: ["log", { difference: 1 }] };

  it("leaves scaler and training windows alone when held-out rows change", async () => {
    const one = await load(csvOf(values), changes);
    const other = await load(csvOf(changed), changes);
    expect(other.scaler).toEqual(one.scaler);
    expect(list(other.train.tensors["series"])).toEqual(list(one.train.tensors["series"]));
    expect(list(other.train.tensors["next"])).toEqual(list(one.train.tensors["next"]));
    expect(list(other.test.tensors["next"])).not.toEqual(list(one.test.tensors["next"]));
  });

  it("changes the scaler when a training row changes", async () => {
    const one = await load(csvOf(values), changes);
    const other = await load(csvOf(values.map((value, row) => (row === 11 ? 80 : value))), changes);
    expect(other.scaler).not.toEqual(one.scaler);
  });

  it("scales the training rows to mean 0 and population deviation 1", async () => {
    const { scaler } = await load(csvOf(values), { normalize: "standard" });
    const training = values.slice(0, 12);
    const mean = training.reduce((sum, value) => sum + value, 0) / 12;
    const deviation = Math.sqrt(training.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 12);
    expect(scaler?.scaling["y"]?.offset).toBeCloseTo(mean, 12);
    expect(scaler?.scaling["y"]?.scale).toBeCloseTo(deviation, 12);
  });
});

describe("stored facts", () => {
  const values = [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170];
  const changes: Partial<SeriesSection> = { normalize: "standard", transform: ["log", { difference: 2 }] };

  it("survive JSON and encode new rows as training did", async () => {
    const dataset = await load(csvOf(values), changes);
    const section = seriesSection(changes);
    const facts = restoreSeriesFacts(JSON.parse(JSON.stringify(dataset.scaler)), section);
    const window = await loadPredictionWindow(
      facts,
      section,
      "new.csv",
      memoryFiles({ "new.csv": csvOf(values.slice(10, 15)) }),
    );
    expect(list(window.inputs.series)).toEqual(list(dataset.forecast?.series.window(12)));
    expect(window.row).toBe(5);
  });

  it("refuse a spec with another window, and damaged numbers", async () => {
    const { scaler } = await load(csvOf(values), changes);
    expect(() => restoreSeriesFacts(scaler, seriesSection({ ...changes, window: 4 }))).toThrow(/other columns, window/);
    const damaged = { ...scaler, scaling: { y: { offset: 0, scale: 0 } } };
    expect(() => restoreSeriesFacts(damaged, seriesSection(changes))).toThrow(/no usable offset and scale/);
    expect(() => restoreSeriesFacts(undefined, seriesSection(changes))).toThrow(/stored scaler/);
  });

  it("say how many rows a prediction needs", async () => {
    const { scaler } = await load(csvOf(values), changes);
    if (scaler === undefined) throw new Error("no scaler");
    expect(() => encodeRows(scaler, { columns: [Float64Array.of(1, 2, 3, 4)] })).toThrow(
      "a forecast needs the last 5 (window 3 + 2 for the differences) rows, but 4 were given.",
    );
  });

  it("evaluate new data with the scaler of training", async () => {
    const { scaler } = await load(csvOf(values), changes);
    const files = memoryFiles({ "series.csv": csvOf(values.map((value) => value * 3)) });
    const other = await loadDataset(seriesSection(changes), [], files, { scaler });
    expect(other.scaler).toEqual(scaler);
  });
});

describe("notes", () => {
  it("tell of filled gaps, constant columns and rows left over", async () => {
    const text = "y,z\n1,5\n,5\n3,5\n4,5\n5,5\n6,5\n7,5\n8,5\n9,6\n10,7\n11,8\n";
    const { notes, train } = await load(text, {
      columns: ["y", "z"],
      normalize: "standard",
      missing: "interpolate",
      split: { train: 7, validation: 2, test: 1 },
    });
    expect(notes).toEqual([
      "1 missing value of series.csv filled in by interpolate, from what a window may see; it is not learned from and not scored.",
      "1 row at the end of series.csv in no part of the split.",
      'column "z" does not vary in the training part; it is not scaled.',
    ]);
    expect(list(train.tensors["series"]).filter((_, index) => index % 2 === 1)).toEqual(Array(12).fill(0));
  });
});
