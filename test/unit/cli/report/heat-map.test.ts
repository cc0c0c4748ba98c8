import { describe, expect, it } from "vitest";
import { PNG } from "pngjs";
import { attentionMaps } from "../../../../cli/report/attention-map.ts";
import type { AttentionFacts } from "../../../../cli/report/facts.ts";
import { confusionMap, type HeatMap } from "../../../../cli/report/heat-map.ts";
import { raster } from "../../../../cli/report/raster.ts";

const facts: AttentionFacts = {
  name: "context.weights",
  scope: "prefix",
  count: 2,
  shape: [2, 2],
  values: Float32Array.from([1, 0, 0.25, 0.75, 1, 0, 0.75, 0.25]),
  extent: () => ({ queries: 2, keys: 2 }),
  row: (window, step) => window + step,
  axis: { title: "month", label: (row) => `2000-0${String(row + 1)}`, time: undefined },
};

/** Numbers, labels and title of what is drawn. */
function drawn(map: HeatMap | undefined) {
  return map?.fields.map(({ rows, title, x, y }) => ({
    rows: rows.map((row) => Array.from(row)),
    title,
    x: x.labels,
    y: y.labels,
  }));
}

describe("attentionMaps", () => {
  it("draws the last window in time and the mean of all", () => {
    const [last, mean] = attentionMaps(facts);
    const months = ["2000-02", "2000-03"];
    const rows = [
      [1, Number.NaN],
      [0.75, 0.25],
    ];
    expect(drawn(last)).toEqual([{ rows, title: "the last test window (up to 2000-03)", x: months, y: months }]);
    const means = [
      [1, Number.NaN],
      [0.5, 0.5],
    ];
    expect(drawn(mean)).toMatchObject([{ rows: means, x: ["1", "2"] }]);
    expect(last?.caption).toContain("the steps up to itself");
  });

  it("draws weights of one step per window by window, counted back from the forecast", () => {
    const values = Float32Array.from([0.25, 0.75, 0.5, 0.5]);
    const maps = attentionMaps({ ...facts, scope: "sequence", shape: [2], values });
    expect(maps).toHaveLength(1);
    const rows = [
      [0.25, 0.75],
      [0.5, 0.5],
    ];
    expect(drawn(maps[0])).toMatchObject([{ rows, x: ["-2", "-1"], y: ["2000-03", "2000-04"] }]);
  });

  it("counts examples and steps where there are no rows", () => {
    const extent = (): { queries: number; keys: number } => ({ queries: 1, keys: 4 });
    const [map] = attentionMaps({ ...facts, scope: "sequence", shape: [4], extent, row: undefined });
    expect(drawn(map)).toMatchObject([{ x: ["1", "2", "3", "4"], y: ["1", "2"] }]);
  });

  it("draws data, and no padding", () => {
    const lengths = [2, 1];
    const extent = (example: number) => ({ queries: lengths[example] ?? 0, keys: lengths[example] ?? 0 });
    const padded = { ...facts, scope: undefined, extent, row: undefined };
    const [last, mean] = attentionMaps(padded);
    expect(drawn(last)).toMatchObject([{ rows: [[1]], x: ["1"], y: ["1"] }]);
    // The second example has no second step: what stands there is padding, and its zero is no weight.
    const means = [
      [1, 0],
      [0.25, 0.75],
    ];
    expect(drawn(mean)).toMatchObject([{ rows: means }]);
    const pooled = attentionMaps({ ...padded, shape: [3], values: Float32Array.of(0.5, 0.5, 0, 1, 0, 0) });
    const rows = [
      [0.5, 0.5],
      [1, Number.NaN],
    ];
    expect(drawn(pooled[0])).toMatchObject([{ rows, x: ["1", "2"] }]);
  });

  it("draws heads side by side", () => {
    const maps = attentionMaps({ ...facts, count: 1, scope: undefined, shape: [2, 2, 2], row: undefined });
    const second = [
      [1, 0],
      [0.75, 0.25],
    ];
    expect(drawn(maps[0])).toMatchObject([{ title: "head 1" }, { title: "head 2", rows: second }]);
  });

  it("says that only a part is drawn", () => {
    const many = { ...facts, scope: "sequence", count: 70, shape: [1], values: new Float32Array(70).fill(1) };
    expect(attentionMaps(many)[0]?.caption).toContain("The last 60 of 70 are drawn.");
    const long = { ...facts, scope: undefined, count: 1, shape: [100, 3], values: new Float32Array(300) };
    const [map] = attentionMaps({ ...long, extent: () => ({ queries: 100, keys: 3 }), row: undefined });
    expect(map?.caption).toContain("Only the last 96 steps are drawn.");
    expect(drawn(map)?.[0]?.x).toEqual(["1", "2", "3"]);
    expect(drawn(map)?.[0]?.y).toHaveLength(96);
  });

  it("draws nothing without examples or for another shape", () => {
    expect(attentionMaps({ ...facts, count: 0 })).toEqual([]);
    expect(attentionMaps({ ...facts, shape: [1, 1, 2, 2] })).toEqual([]);
  });
});

describe("raster", () => {
  it("has a pixel per cell, deeper for more, and none where there is no cell", () => {
    const rows = [
      [0, 1],
      [Number.NaN, 0.25],
    ];
    const pixels = (scale: "linear" | "sqrt"): number[][] => {
      const uri = raster(rows, 1, scale);
      const { data } = PNG.sync.read(Buffer.from(uri.slice(uri.indexOf(",") + 1), "base64"));
      return [0, 1, 2, 3].map((pixel) => [...data.subarray(pixel * 4, pixel * 4 + 4)]);
    };
    expect(pixels("linear")[0]).toEqual([207, 225, 242, 255]);
    expect(pixels("linear")[1]?.[0]).toBeLessThan(30);
    expect(pixels("linear")[2]?.[3]).toBe(0);
    // A quarter is half as deep as its root says.
    const [linear, root] = [pixels("linear")[3]?.[0] ?? 0, pixels("sqrt")[3]?.[0] ?? 0];
    expect(linear).toBeGreaterThan(root);
  });
});

describe("confusionMap", () => {
  it("has a row per true class", () => {
    const counts = [
      [3, 1],
      [0, 2],
    ];
    expect(drawn(confusionMap({ target: "label", classes: 2, counts }))).toMatchObject([{ rows: counts }]);
  });
});
