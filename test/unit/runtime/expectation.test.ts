import { describe, expect, it } from "vitest";
import type { InputFact } from "../../../runtime/contract.ts";
import { expectationsOf, isWithin, legend, limitsText } from "../../../runtime/expectation.ts";

const fact: InputFact = { name: "x", role: "target", shape: [], axes: [], dtype: "float32", lengths: false };

describe("what a tensor must be", () => {
  it("shows a shape once, unless its axes have names", () => {
    expect(legend({ shape: [10], axes: ["10"] }, "examples")).toBe("[examples, 10]");
    expect(legend({ shape: [20, 2], axes: ["time", "2"] }, "examples")).toBe("[examples, time, 2] = [examples, 20, 2]");
    expect(legend({ shape: [], axes: [] }, "n")).toBe("[n]");
    expect(legend({ shape: [4, 3], axes: [] }, "n")).toBe("[n, 4, 3]");
  });

  it("says which numbers it may hold", () => {
    const limits = (changes: Partial<InputFact>, ignored?: number, range?: readonly [number, number]) =>
      expectationsOf({ ...fact, ...changes }, ignored, range).map((one) => one.limits);
    expect(limits({})).toEqual([undefined]);
    expect(limits({}, undefined, [0, 1])).toEqual([{ whole: false, from: 0, to: 1 }]);
    expect(limits({ dtype: "int32", vocabulary: 3 }, -100)).toEqual([{ whole: true, from: 0, to: 2, also: -100 }]);
    expect(limits({ shape: [4], lengths: true })).toEqual([undefined, { whole: true, from: 1, to: 4 }]);
    expect(limits({ shape: [4], lengths: true, mayBeEmpty: true })[1]).toMatchObject({ from: 0 });
    const classes = { whole: true, from: 0, to: 2, also: -100 };
    expect([-100, -1, 0, 1.5, 2, 3, NaN].map((value) => isWithin(classes, value))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(limitsText(classes)).toBe("a whole number from 0 to 2 (or -100, which the loss ignores)");
  });
});
