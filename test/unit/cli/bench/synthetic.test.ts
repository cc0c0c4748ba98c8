import { describe, expect, it } from "vitest";
import type { InputFact } from "../../../../runtime/contract.ts";
import { syntheticExamples } from "../../../../cli/support/bench/synthetic.ts";

const inputs: readonly InputFact[] = [
  { name: "x", role: "input", shape: [6, 2], axes: ["T", "C"], dtype: "float32", lengths: true },
  { name: "tokens", role: "input", shape: [6], axes: ["T"], dtype: "int32", vocabulary: 5, lengths: false },
  { name: "y", role: "target", shape: [], axes: [], dtype: "int32", vocabulary: 3, lengths: false },
  { name: "z", role: "target", shape: [2], axes: ["C"], dtype: "float32", lengths: false },
];

describe("synthetic examples", () => {
  const { train, predict } = syntheticExamples({ inputs }, 50, 7);

  it("have the shapes of the model", () => {
    expect(Object.entries(train).map(([name, { length }]) => [name, length])).toEqual([
      ["x", 600],
      ["x.lengths", 50],
      ["tokens", 300],
      ["y", 50],
      ["z", 100],
    ]);
    expect(Object.keys(predict)).toEqual(["x", "x.lengths", "tokens"]);
  });

  it("hold what each input may hold, and all of it", () => {
    expect(new Set(train["tokens"])).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(new Set(train["y"])).toEqual(new Set([0, 1, 2]));
    expect([...new Set(train["x.lengths"])].sort()).toEqual([3, 4, 5, 6]);
    expect(Math.min(...(train["x"] ?? []))).toBeLessThan(-0.9);
    expect(Math.max(...(train["x"] ?? []))).toBeLessThan(1);
    expect(Math.min(...(train["z"] ?? []))).toBeGreaterThanOrEqual(0);
  });

  it("are the same for the same seed, however many there are", () => {
    const few = syntheticExamples({ inputs }, 1, 7).train;
    expect([...(few["x"] ?? [])]).toEqual([...(train["x"] ?? [])].slice(0, 12));
    expect(syntheticExamples({ inputs }, 1, 8).train["x"]).not.toEqual(few["x"]);
  });
});
