import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { InputFact } from "../../../runtime/contract.ts";
import type { Dataset } from "../../../cli/data/dataset.ts";
import { loadDataset } from "../../../cli/data-kinds/index.ts";
import { forecastAndScore } from "../../../cli/scoring/forecast.ts";
import { mostFrequent, scorePart } from "../../../cli/scoring/part.ts";
import { csvOf, memoryFiles, seriesSection, tensorsSection } from "../cli/data/memory-files.ts";

describe("scores of a forecast", () => {
  it("stand beside those of the last value, on the file's scale", async () => {
    const files = memoryFiles({ "series.csv": csvOf([10, 12, 11, 15, 14, 18, 20, 19, 25, 30]) });
    const section = seriesSection({ normalize: "standard" });
    const dataset = await loadDataset(section, [], files);
    const exact = dataset.test.tensors["next"] ?? new Float32Array();
    const scores = scorePart({
      dataset,
      part: "test",
      inputs: [],
      target: "next",
      output: exact,
      metrics: ["mae", "mase"],
    });
    expect(scores).toMatchObject({ baseline: "repeat the last value", count: 2 });
    expect(scores.metrics["mae"]?.model).toBeCloseTo(0, 5);
    // 25 after 19 and 30 after 25; the training rows change by 2, 1, 4, 1 and 4.
    expect(scores.metrics["mae"]?.naive).toBe(5.5);
    expect(scores.metrics["mase"]?.naive).toBeCloseTo(5.5 / 2.4, 12);
    expect(scores.columns).toBeUndefined();
  });

  it("of persistence on the airline series are the published ones", async () => {
    const file = new URL("../../../specs/data/airline-passengers.csv", import.meta.url);
    const section = seriesSection({
      columns: ["passengers"],
      split: { train: 0.67, validation: 0, test: 0.33 },
      transform: ["log"],
    });
    const dataset = await loadDataset(section, [], memoryFiles({ "series.csv": readFileSync(file, "utf8") }));
    const output = dataset.test.tensors["series"] ?? new Float32Array();
    const scores = scorePart({ dataset, part: "test", inputs: [], target: "next", output, metrics: ["rmse"] });
    expect(scores.count).toBe(48);
    expect(scores.metrics["rmse"]?.naive).toBeCloseTo(48.04, 2);
    // The window's own last step, undone, is the last value: model and baseline agree.
    expect(scores.metrics["rmse"]?.model).toBeCloseTo(48.04, 2);
  });

  it("are given per column where there are several, over a horizon", async () => {
    const rows = Array.from({ length: 20 }, (_, row) => `${String(row)},${String(10 * row)}`);
    const section = seriesSection({ columns: ["a", "b"], horizon: 2 });
    const files = memoryFiles({ "series.csv": `a,b\n${rows.join("\n")}\n` });
    const { forecast, test } = await loadDataset(section, [], files);
    if (forecast === undefined) throw new Error("no forecast");
    const { scores } = forecastAndScore(forecast, "test", test.tensors["future"] ?? new Float32Array(), ["mae"]);
    // One step ahead the last value is off by 1 and 10, two steps by 2 and 20.
    expect(scores.columns?.["a"]?.["mae"]).toEqual({ model: 0, naive: 1.5 });
    expect(scores.columns?.["b"]?.["mae"]).toEqual({ model: 0, naive: 15 });
    expect(scores.metrics["mae"]).toEqual({ model: 0, naive: 8.25 });
  });

  it("refuse a metric of classes", async () => {
    const dataset = await loadDataset(
      seriesSection(),
      [],
      memoryFiles({ "series.csv": csvOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) }),
    );
    const output = dataset.test.tensors["next"] ?? new Float32Array();
    expect(() =>
      scorePart({ dataset, part: "test", inputs: [], target: "next", output, metrics: ["accuracy"] }),
    ).toThrow("the metric accuracy is one of classes, but the model predicts numbers.");
  });
});

const x: InputFact = { name: "x", role: "input", shape: [2], axes: ["T"], dtype: "float32", lengths: true };

function load(content: unknown, inputs: readonly InputFact[], ignored = {}): Promise<Dataset> {
  const files = memoryFiles({ "examples.json": JSON.stringify(content) });
  return loadDataset(tensorsSection({ split: { train: 0.6, validation: 0, test: 0.4 } }), inputs, files, { ignored });
}

describe("scores of classes", () => {
  const label: InputFact = {
    name: "label",
    role: "target",
    shape: [],
    axes: [],
    dtype: "int32",
    vocabulary: 3,
    lengths: false,
  };

  it("stand beside the most frequent class of the training part", async () => {
    const content = { label: [2, 1, 2, 2, 0] };
    const dataset = await load(content, [label]);
    const output = Float32Array.of(0.1, 0.9, 0, 3, 1, 2);
    const scores = scorePart({
      dataset,
      part: "test",
      inputs: [label],
      target: "label",
      output,
      metrics: ["accuracy"],
    });
    expect(scores).toEqual({
      baseline: "most frequent class of the training part (2)",
      count: 2,
      metrics: { accuracy: { model: 0.5, naive: 0.5 } },
    });
    const broken = Float32Array.of(0.1, Number.NaN, 0, 3, 1, 2);
    const noted = scorePart({
      dataset,
      part: "test",
      inputs: [label],
      target: "label",
      output: broken,
      metrics: ["accuracy"],
    });
    expect(noted.metrics["accuracy"]).toEqual({
      model: null,
      naive: 0.5,
      note: "a score of the model is not a number",
    });
    expect(() =>
      scorePart({ dataset, part: "test", inputs: [label], target: "label", output, metrics: ["mae"] }),
    ).toThrow("the metric mae is one of numbers, but the model predicts classes.");
  });

  it("leave out masked steps and ignored classes", async () => {
    const tags: InputFact = { ...label, name: "tags", shape: [2], axes: ["T"] };
    const content = {
      x: [
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      "x.lengths": [2, 1, 2, 1, 2],
      tags: [
        [0, 0],
        [1, 2],
        [-100, 1],
        [1, 0],
        [-100, 2],
      ],
    };
    const dataset = await load(content, [x, tags], { tags: -100 });
    // Test examples 3 and 4: steps that count are (3, 0) with class 1 and (4, 1) with class 2.
    const output = Float32Array.of(0, 1, 0, 9, 9, 9, 9, 9, 9, 1, 0, 0);
    const scores = scorePart({
      dataset,
      part: "test",
      inputs: [x, tags],
      target: "tags",
      output,
      metrics: ["accuracy", "perplexity"],
      ignored: -100,
    });
    // The true classes got e / (2 + e) and 1 / (2 + e); half of the labels in training are 1, none is 2.
    const mean = (1 - 2 * Math.log(2 + Math.E)) / 2;
    expect(scores.metrics["perplexity"]?.model).toBeCloseTo(Math.exp(-mean), 6);
    expect(scores.metrics["perplexity"]).toMatchObject({ naive: null, note: "a true class has probability 0" });
    // Counted in training: 0, 0, 1, 1; the smaller of equals is taken.
    expect(scores).toMatchObject({ count: 2, metrics: { accuracy: { model: 0.5, naive: 0 } } });
  });

  it("know the most frequent class", () => {
    expect(mostFrequent([3, 1, 1, 3, 2])).toBe(1);
    expect(mostFrequent([])).toBeUndefined();
  });
});

describe("scores of numbers in tensors", () => {
  it("stand beside the training part's mean of each element", async () => {
    const y: InputFact = { name: "y", role: "target", shape: [2], axes: ["T"], dtype: "float32", lengths: false };
    const content = {
      x: [
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      "x.lengths": [2, 1, 2, 1, 2],
      y: [
        [1, 10],
        [2, 999],
        [3, 30],
        [4, 999],
        [0, 24],
      ],
    };
    const dataset = await load(content, [x, y]);
    const scores = scorePart({
      dataset,
      part: "test",
      inputs: [x, y],
      target: "y",
      output: Float32Array.of(5, 0, 0, 20),
      metrics: ["mae"],
    });
    // Means 2 and 20 (999 is padding); scored are 4, 0 and 24.
    expect(scores.count).toBe(3);
    expect(scores.metrics["mae"]?.model).toBeCloseTo((1 + 0 + 4) / 3, 12);
    expect(scores.metrics["mae"]?.naive).toBeCloseTo((2 + 2 + 4) / 3, 12);
  });
});
