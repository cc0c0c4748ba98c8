import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrange, moveExamples } from "../../../../cli/data/arrange.ts";
import type { Dataset } from "../../../../cli/data/dataset.ts";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import type { TensorSplit } from "../../../../runtime/contract-data.ts";
import { PART_NAMES } from "../../../../cli/data/split.ts";
import { memoryFiles, tensorsSection } from "./memory-files.ts";

const inputs = [
  { name: "x", role: "input", shape: [2], axes: ["C"], dtype: "float32", lengths: false },
  { name: "y", role: "target", shape: [], axes: [], dtype: "float32", lengths: false },
] as const;

/** Example n has x = [n, n + 100] and y = n. */
function load(
  count: number,
  split: TensorSplit,
  more: Readonly<Record<string, readonly unknown[]>> = {},
): Promise<Dataset> {
  const all = Array.from({ length: count }, (_, example) => example);
  const content = { x: all.map((example) => [example, example + 100]), y: all, ...more };
  return loadDataset(tensorsSection({ split }), inputs, memoryFiles({ "examples.json": JSON.stringify(content) }));
}

const examplesOf = (dataset: Dataset): number[][] =>
  PART_NAMES.map((part) => Array.from(dataset[part].tensors["y"] ?? []));

describe("a scattered split", () => {
  const split: TensorSplit = { train: 0.6, validation: 0.2, test: 0.2, order: "scattered", seed: 7 };

  it("has every example in one part, all of its tensors together, in the file's order", async () => {
    const dataset = await load(50, split);
    const parts = examplesOf(dataset);
    expect(parts.map(({ length }) => length)).toEqual([30, 10, 10]);
    expect(parts.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, example) => example));
    for (const part of parts) expect(part).toEqual([...part].sort((a, b) => a - b));
    for (const part of PART_NAMES) {
      const { x, y } = dataset[part].tensors;
      expect(Array.from(x ?? [])).toEqual(Array.from(y ?? []).flatMap((example) => [example, example + 100]));
    }
    // From all over the file, not its end.
    expect(parts[2]?.some((example) => example < 25)).toBe(true);
    expect(dataset.notes).toEqual(["split: 30 training, 10 validation, 10 test examples, scattered with seed 7."]);
  });

  it("is that of its seed, and of no other", async () => {
    const one = examplesOf(await load(50, split));
    expect(examplesOf(await load(50, split))).toEqual(one);
    expect(examplesOf(await load(50, { ...split, seed: 8 }))).not.toEqual(one);
  });

  it("leaves examples over where the shares do", async () => {
    const dataset = await load(10, { train: 0.5, validation: 0, test: 0.2, order: "scattered" });
    expect(examplesOf(dataset).map(({ length }) => length)).toEqual([5, 0, 2]);
    expect(dataset.notes[1]).toBe("3 examples of examples.json in no part of the split.");
  });

  it("keeps groups in one part, scattered or not", async () => {
    const speaker = Array.from({ length: 60 }, (_, example) => (example * 7) % 12);
    for (const order of ["scattered", "consecutive"] as const) {
      const dataset = await load(60, { ...split, order, group: "speaker" }, { speaker });
      const groups = examplesOf(dataset).map((part) => new Set(part.map((example) => speaker[example])));
      expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(12);
      expect(groups.every(({ size }) => size > 0)).toBe(true);
      expect(dataset.notes[0]).toContain('the 12 groups of "speaker" each in one part.');
    }
  });

  it("says what is no group, and which part gets none", async () => {
    const grouped = { ...split, group: "speaker" };
    await expect(load(4, grouped)).rejects.toMatchObject({ code: "missing-tensor" });
    await expect(load(4, grouped, { speaker: [1, 2, 3] })).rejects.toMatchObject({ code: "tensor-shape" });
    await expect(load(4, grouped, { speaker: [1, 2, 3, 0.5] })).rejects.toMatchObject({ code: "tensor-dtype" });
    await expect(load(10, grouped, { speaker: Array(10).fill(1) })).rejects.toThrow(/gets none: groups stay whole/);
    const large = await load(
      6,
      { train: 0.5, validation: 0, test: 0.5, group: "speaker" },
      {
        speaker: [16777216, 16777216, 16777216, 16777217, 16777217, 16777217],
      },
    );
    expect(examplesOf(large)).toEqual([[0, 1, 2], [], [3, 4, 5]]);
  });
});

describe("an arrangement", () => {
  it("leaves a file alone that is just cut", () => {
    expect(arrange(10, { train: 0.5, validation: 0, test: 0.5 }, undefined, "f")).toMatchObject({
      order: undefined,
      parts: { test: { start: 5, end: 10 } },
    });
  });

  it("moves examples as a copy would", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 12 }), fc.nat(), (size, count, seed) => {
        const split = { train: 0.5, validation: 0, test: 0.5, order: "scattered", seed } as const;
        const { order = new Uint32Array() } = count < 2 ? {} : arrange(count, split, undefined, "f");
        const values = Float32Array.from({ length: order.length * size }, (_, cell) => cell);
        const expected = Array.from(order).flatMap((from) =>
          Array.from(values.subarray(from * size, (from + 1) * size)),
        );
        moveExamples(values, size, order);
        expect(Array.from(values)).toEqual(expected);
      }),
      { seed: 3 },
    );
  });
});
