import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EncodedSeries } from "../../../../cli/data/encoded-series.ts";
import { forecastPart, trainingColumns } from "../../../../cli/data/forecast.ts";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import { fitScaling } from "../../../../cli/data/scaler.ts";
import { fitSeries } from "../../../../cli/data/series-facts.ts";
import type { Transform } from "../../../../runtime/contract-data.ts";
import { splitRows } from "../../../../cli/data/split.ts";
import { csvOf, memoryFiles, seriesSection } from "./memory-files.ts";

describe("undoing transforms", () => {
  const transforms = fc.array(
    fc.oneof(fc.constant<Transform>("log"), fc.record({ difference: fc.integer({ min: 1, max: 3 }) })),
    { maxLength: 3 },
  );
  // A log after a difference needs rising values; exp keeps them and all their differences positive enough.
  const positive = transforms.filter((list) => list.lastIndexOf("log") <= 0);

  it("gives back the truth from the true scaled values, one step and several ahead", () => {
    fc.assert(
      fc.property(
        positive,
        fc.array(fc.double({ min: 0.5, max: 1000, noNaN: true }), { minLength: 24, maxLength: 24 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom("none" as const, "standard" as const, "minmax" as const),
        (transform, values, steps, normalize) => {
          const column = Float64Array.from(values);
          const section = seriesSection({ transform, normalize });
          const facts = fitSeries(section, [column], { start: 0, end: 18 });
          const series = new EncodedSeries(facts, [column], () => ({}));
          const row = 18;
          const scaled = new Float32Array(steps);
          series.writeTargets(row, steps, scaled, 0);
          const undone = series.undo(row, scaled);
          const spread = Math.max(...values.map((value) => Math.abs(value)));
          undone.forEach((value, step) => {
            expect(Math.abs(value - (values[row + step] ?? 0))).toBeLessThan(spread * 2e-3);
          });
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it("adds a predicted difference to the true past, and further steps to the forecast", () => {
    const column = Float64Array.of(1, 2, 4, 7, 11, 16);
    const facts = fitSeries(seriesSection({ transform: [{ difference: 2 }] }), [column], { start: 0, end: 6 });
    const series = new EncodedSeries(facts, [column], () => ({}));
    expect([...series.undo(6, [10, 20, 30])]).toEqual([21, 36, 51]);
    expect([...series.undo(4, [7])]).toEqual([11]);
  });

  it("undoes log and difference in reverse order", () => {
    const column = Float64Array.of(1, 2, 4, 8);
    const facts = fitSeries(seriesSection({ transform: ["log", { difference: 1 }] }), [column], { start: 0, end: 4 });
    const series = new EncodedSeries(facts, [column], () => ({}));
    expect(series.window(1)).toEqual(new Float32Array(3).fill(Math.log(2)));
    const [next = 0, second = 0] = series.undo(4, [Math.log(2), Math.log(3)]);
    expect(next).toBeCloseTo(16, 10);
    expect(second).toBeCloseTo(48, 10);
  });
});

describe("scaling", () => {
  it("is scikit-learn's", () => {
    const values = Float64Array.of(2, 4, 4, 4, 5, 5, 7, 9);
    expect(fitScaling(values, "standard")).toEqual({ offset: 5, scale: 2 });
    expect(fitScaling(values, "minmax")).toEqual({ offset: 2, scale: 7 });
    expect(fitScaling(values, "none")).toEqual({ offset: 0, scale: 1 });
  });

  it("leaves a constant column at scale 1", () => {
    const constant = new Float64Array(7).fill(0.1);
    expect(fitScaling(constant, "standard").scale).toBe(1);
    expect(fitScaling(constant, "minmax")).toEqual({ offset: 0.1, scale: 1 });
  });
});

describe("split", () => {
  const lengths = (count: number, train: number, validation: number, test: number): number[] =>
    Object.values(splitRows(count, { train, validation, test }, "row", "f")).map(({ start, end }) => end - start);

  it("cuts at the whole row below and loses none", () => {
    expect(lengths(144, 0.7, 0.1, 0.2)).toEqual([100, 15, 29]);
    expect(lengths(144, 0.67, 0, 0.33)).toEqual([96, 0, 48]);
    expect(lengths(10, 0.7, 0.1, 0.2)).toEqual([7, 1, 2]);
    expect(lengths(3, 1, 0, 0)).toEqual([3, 0, 0]);
    expect(lengths(3, 0.6, 0.4, 0)).toEqual([1, 2, 0]);
    expect(() => lengths(10, 0.7, 0.4, 0)).toThrow(
      "the split 0.7 + 0.4 + 0 = 1.1 is neither fractions that stay within 1 nor",
    );
  });

  it("may leave rows over with fractions below 1", () => {
    expect(lengths(10, 0.7, 0, 0)).toEqual([7, 0, 0]);
    expect(lengths(20, 0.5, 0.1, 0.1)).toEqual([10, 2, 2]);
  });

  it("takes row counts and may leave rows over", () => {
    expect(lengths(144, 100, 14, 30)).toEqual([100, 14, 30]);
    expect(lengths(144, 100, 0, 2)).toEqual([100, 0, 2]);
  });

  it("refuses a share that is less than a row", () => {
    expect(() => lengths(10, 0.7, 0.05, 0.25)).toThrow("the validation part, 0.05 of 10 rows, is less than one row.");
  });

  it("refuses negative and unequal shares", () => {
    expect(() => lengths(10, 1.5, -0.5, 0)).toThrow(/negative/);
    expect(() => lengths(10, 5.5, 2, 1)).toThrow(/neither fractions/);
  });
});

describe("forecasts of a part", () => {
  const load = (text: string, changes = {}): ReturnType<typeof loadDataset> =>
    loadDataset(seriesSection(changes), [], memoryFiles({ "series.csv": text }));

  it("takes the last step of each window with horizon next, with truth and last value", async () => {
    const { forecast } = await load(csvOf([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]));
    if (forecast === undefined) throw new Error("no forecast");
    const part = forecastPart(forecast, "test", Float32Array.of(0, 0, 250, 0, 0, 500));
    expect(part).toMatchObject({ horizon: 1, count: 2, rows: [8, 9], targets: ["y"] });
    expect([...part.prediction]).toEqual([250, 500]);
    expect([...part.truth]).toEqual([256, 512]);
    expect([...part.naive]).toEqual([128, 256]);
    expect([...(trainingColumns(forecast)[0] ?? [])]).toEqual([1, 2, 4, 8, 16, 32]);
    const lastOnly = forecastPart(forecast, "test", Float32Array.of(250, 500));
    expect(lastOnly.prediction).toEqual(part.prediction);
    expect(() => forecastPart(forecast, "test", new Float32Array(3))).toThrow(RangeError);
  });

  it("repeats the last value over the horizon", async () => {
    const text = csvOf(Array.from({ length: 20 }, (_, row) => row));
    const { forecast } = await load(text, { horizon: 2 });
    if (forecast === undefined) throw new Error("no forecast");
    const part = forecastPart(
      forecast,
      "test",
      Float32Array.from({ length: 6 }, (_, index) => index),
    );
    expect(part.rows).toEqual([16, 17, 18]);
    expect([...part.truth]).toEqual([16, 17, 17, 18, 18, 19]);
    expect([...part.naive]).toEqual([15, 15, 16, 16, 17, 17]);
  });

  it("gives the truth back on the airline series when the model is right", async () => {
    const file = new URL("../../../../specs/data/airline-passengers.csv", import.meta.url);
    const { forecast, test } = await load(readFileSync(file, "utf8"), {
      columns: ["passengers"],
      targets: ["passengers"],
      window: 24,
      transform: ["log", { difference: 12 }],
      normalize: "standard",
      split: { train: 0.7, validation: 0.1, test: 0.2 },
    });
    if (forecast === undefined) throw new Error("no forecast");
    expect(test.count).toBe(29);
    expect(forecast.labels?.at(0)).toBe("1949-01");
    const part = forecastPart(forecast, "test", test.tensors["next"] ?? new Float32Array());
    part.prediction.forEach((value, index) => {
      expect(value).toBeCloseTo(part.truth[index] ?? 0, 3);
    });
    expect(part.truth.at(-1)).toBe(432);
    expect(part.naive.at(-1)).toBe(390);
  });
});
