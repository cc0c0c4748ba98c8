import { describe, expect, it } from "vitest";
import type { AttentionFacts } from "../../../runtime/report/facts.ts";
import { attentionMaps, confusionMap } from "../../../runtime/report/heat-map.ts";

const facts: AttentionFacts = {
  name: "context.weights",
  scope: "prefix",
  count: 2,
  shape: [2, 2],
  values: Float32Array.from([1, 0, 0.25, 0.75, 1, 0, 0.75, 0.25]),
  row: (window, step) => window + step,
  axis: { title: "month", label: (row) => `2000-0${String(row + 1)}`, time: undefined },
};

describe("attentionMaps", () => {
  it("draws the last window in time and the mean of all", () => {
    const [last, mean] = attentionMaps(facts);
    expect(last?.specification).toMatchObject({
      title: "the last test window (up to 2000-03)",
      data: {
        values: [
          { query: "2000-02", key: "2000-02", weight: 1 },
          { query: "2000-03", key: "2000-02", weight: 0.75 },
          { query: "2000-03", key: "2000-03", weight: 0.25 },
        ],
      },
    });
    expect(mean?.specification).toMatchObject({
      data: { values: [{ weight: 1 }, { query: "2", key: "1", weight: 0.5 }, { weight: 0.5 }] },
    });
    expect(last?.caption).toContain("the steps up to itself");
  });

  it("draws weights of one step per window by window, counted back from the forecast", () => {
    const values = Float32Array.from([0.25, 0.75, 0.5, 0.5]);
    const maps = attentionMaps({ ...facts, scope: "sequence", shape: [2], values });
    expect(maps).toHaveLength(1);
    expect(maps[0]?.specification).toMatchObject({
      data: {
        values: [
          { query: "2000-03", key: "-2", weight: 0.25 },
          { query: "2000-03", key: "-1", weight: 0.75 },
          { query: "2000-04", key: "-2" },
          { query: "2000-04", key: "-1" },
        ],
      },
    });
  });

  it("counts examples and steps where there are no rows", () => {
    const [map] = attentionMaps({ ...facts, scope: "sequence", shape: [4], row: undefined });
    expect(map?.specification).toMatchObject({
      data: { values: expect.arrayContaining([{ query: "2", key: "4", weight: 0.25 }]) as unknown },
    });
  });

  it("says that only a part is drawn", () => {
    const many = { ...facts, scope: "sequence", count: 70, shape: [1], values: new Float32Array(70).fill(1) };
    expect(attentionMaps(many)[0]?.caption).toContain("The last 60 of 70 are drawn.");
  });

  it("draws nothing without examples or for another shape", () => {
    expect(attentionMaps({ ...facts, count: 0 })).toEqual([]);
    expect(attentionMaps({ ...facts, shape: [1, 2, 2] })).toEqual([]);
  });
});

describe("confusionMap", () => {
  it("has a row per true class", () => {
    const counts = [
      [3, 1],
      [0, 2],
    ];
    expect(confusionMap({ target: "label", classes: 2, counts }).specification).toMatchObject({
      data: {
        values: [
          { query: "0", key: "0", weight: 3 },
          { query: "0", key: "1", weight: 1 },
          { weight: 0 },
          { weight: 2 },
        ],
      },
    });
  });
});
