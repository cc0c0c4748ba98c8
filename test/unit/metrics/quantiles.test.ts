import { describe, expect, it } from "vitest";
import { loadDataset } from "../../../cli/data-kinds/index.ts";
import { coverage } from "../../../compiler/metrics/coverage.ts";
import type { QuantileColumn } from "../../../compiler/metrics/define.ts";
import { scorePart } from "../../../cli/scoring/part.ts";
import { pinball } from "../../../compiler/metrics/pinball.ts";
import { scoreLevels } from "../../../compiler/metrics/quantiles.ts";
import { csvOf, memoryFiles, seriesSection } from "../cli/data/memory-files.ts";

// Given out of order: what is lowest is told by the level, not by its place.
const column: QuantileColumn = {
  levels: [0.9, 0.2],
  predictions: [
    [5, 5, 5, 5],
    [1, 1, 1, 1],
  ],
  truth: [0, 1, 5, 7],
};
const last: QuantileColumn = { ...column, predictions: [column.truth, column.truth] };

describe("quantiles by hand", () => {
  it("pinball of each level, and the mean of them", () => {
    const { levels } = scoreLevels([column], [last]);
    // Errors y - p of level 0.9: -5, -4, 0 and 2; of level 0.2: -1, 0, 4 and 6.
    expect(levels[0]?.pinball.model).toBeCloseTo((0.1 * 9 + 0.9 * 2) / 4, 12);
    expect(levels[1]?.pinball.model).toBeCloseTo((0.8 * 1 + 0.2 * 10) / 4, 12);
    expect(levels.map((level) => level.pinball.naive)).toEqual([0, 0]);
    expect(pinball.score([column]).value).toBeCloseTo((2.7 + 2.8) / 8, 12);
  });

  it("coverage counts the edges as inside", () => {
    const { levels, interval } = scoreLevels([column], [last]);
    expect(levels.map((level) => level.coverage)).toEqual([0.75, 0.5]);
    expect(interval).toEqual({ from: 0.2, to: 0.9, nominal: 0.7, coverage: 0.5 });
    expect(coverage.score([column]).value).toBe(0.5);
    const single = { levels: [0.9], predictions: [[5, 5, 5, 5]], truth: column.truth };
    expect(coverage.score([single]).value).toBe(0.75);
    expect(scoreLevels([single], [single]).interval).toBeUndefined();
  });

  it("are not defined without values, or where a quantile is not a number", () => {
    const none = { levels: [0.1, 0.9], predictions: [[], []], truth: [] };
    const broken = { levels: [0.1, 0.9], predictions: [[Number.NaN], [2]], truth: [1] };
    for (const one of [none, broken]) {
      expect(pinball.score([one]).value).toBeNull();
      expect(coverage.score([one]).value).toBeNull();
    }
  });
});

describe("quantiles of a part", () => {
  const values = [10, 12, 11, 15, 14, 18, 20, 19, 25, 30];
  const load = (changes = {}) => loadDataset(seriesSection(changes), [], memoryFiles({ "series.csv": csvOf(values) }));

  it("are scored on the file's scale, each level, with the naive forecast in its place", async () => {
    const dataset = await load({ normalize: "standard" });
    const { offset = 0, scale = 1 } = dataset.scaler?.scaling["y"] ?? {};
    const scaled = (value: number): number => (value - offset) / scale;
    // Three steps of two levels per window; the last counts.
    const output = Float32Array.from(
      [24, 26, 20, 31].flatMap((_, index, all) =>
        index % 2 ? [] : [0, 0, 0, 0, scaled(all[index] ?? 0), scaled(all[index + 1] ?? 0)],
      ),
    );
    const scores = scorePart({
      dataset,
      part: "test",
      inputs: [],
      target: "next",
      output,
      levels: [0.1, 0.9],
      metrics: ["coverage"],
    });
    expect(scores).toMatchObject({ count: 2, metrics: { coverage: { naive: 0 } } });
    expect(scores.metrics["coverage"]?.model).toBe(1);
    // 25 between 24 and 26, 30 between 20 and 31.
    expect(scores.quantiles?.levels[0]?.pinball.model).toBeCloseTo((0.1 * 1 + 0.1 * 10) / 2, 5);
    expect(scores.quantiles?.levels[1]?.pinball.model).toBeCloseTo((0.1 * 1 + 0.1 * 1) / 2, 5);
    expect(scores.quantiles?.levels[1]?.pinball.naive).toBeCloseTo((0.9 * 6 + 0.9 * 5) / 2, 12);
  });

  it("without the median have no score of a forecast; with it that is the forecast", async () => {
    const dataset = await load();
    const score = (levels: readonly number[]) =>
      scorePart({
        dataset,
        part: "test",
        inputs: [],
        target: "next",
        output: Float32Array.from({ length: 2 * levels.length }, (_, cell) => 20 + (cell % levels.length)),
        levels,
        metrics: ["pinball", "mae"],
      });
    expect(Object.keys(score([0.1, 0.9]).metrics)).toEqual(["pinball"]);
    const withMedian = score([0.1, 0.5, 0.9]).metrics;
    expect(Object.keys(withMedian)).toEqual(["pinball", "mae"]);
    expect(withMedian["mae"]?.model).toBe((4 + 9) / 2);
  });
});
