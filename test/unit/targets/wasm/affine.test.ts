import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexText, indexValue, nameIndex } from "../../../../compiler/ir/index-expression.ts";
import type { IndexExpression } from "../../../../compiler/ir/program.ts";
import {
  affineOf,
  indexOf,
  intervalOf,
  simplifyIndex,
  substitute,
  type Interval,
} from "../../../../compiler/targets/wasm/affine.ts";
import { at, clamp, div, i, mod, plus, times } from "../../../support/hand-built-program.ts";
import { holdsAtAll, pointsOf, randomIndex, randomRanges } from "../../../support/random-index.ts";

describe("simplified index expressions", () => {
  it("mean the same at every point of their ranges", () => {
    fc.assert(
      fc.property(randomIndex, randomRanges, (index, ranges) => {
        const points = pointsOf(ranges);
        fc.pre(holdsAtAll(index, points));
        const simple = simplifyIndex(index, ranges);
        for (const point of points) expect(indexValue(simple, point) === indexValue(index, point)).toBe(true);
      }),
      { numRuns: 1200 },
    );
  });

  it("say nothing about names whose range is not known", () => {
    fc.assert(
      fc.property(randomIndex, randomRanges, (index, ranges) => {
        const known = new Map([...ranges].slice(0, 1));
        const points = pointsOf(ranges);
        fc.pre(holdsAtAll(index, points));
        const simple = simplifyIndex(index, known);
        for (const point of points) expect(indexValue(simple, point) === indexValue(index, point)).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  it("lie within their intervals", () => {
    fc.assert(
      fc.property(randomIndex, randomRanges, (index, ranges) => {
        const points = pointsOf(ranges);
        fc.pre(holdsAtAll(index, points));
        const { least, most } = intervalOf(index, ranges);
        for (const point of points) {
          expect(indexValue(index, point)).toBeGreaterThanOrEqual(least);
          expect(indexValue(index, point)).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 600 },
    );
  });

  /** 1 / 49 * 49 is not 1 in floating point; nor are some hundred others below 2000. */
  it("divide by every size without a remainder", () => {
    for (let by = 1; by < 2000; by++) {
      const ranges = new Map<string, Interval>([
        ["a", { least: 0, most: 9 }],
        ["b", { least: 0, most: by - 1 }],
      ]);
      const flat = plus(times(i("a"), by * 3), plus(i("b"), at(by * 2)));
      expect(indexText(simplifyIndex(div(flat, by), ranges))).toBe("3 * a + 2");
      expect(indexText(simplifyIndex(mod(flat, by), ranges))).toBe(by === 1 ? "0" : "b");
    }
  });

  it("take a flattened address apart", () => {
    const ranges = new Map<string, Interval>([
      ["b", { least: 0, most: 6 }],
      ["t", { least: 0, most: 23 }],
      ["h", { least: 0, most: 4 }],
    ]);
    const flat = plus(plus(times(i("b"), 120), times(i("t"), 5)), i("h"));
    expect(indexText(simplifyIndex(div(flat, 120), ranges))).toBe("b");
    expect(indexText(simplifyIndex(mod(div(flat, 5), 24), ranges))).toBe("t");
    expect(indexText(simplifyIndex(mod(flat, 5), ranges))).toBe("h");
    expect(indexText(simplifyIndex(clamp(i("h"), 0, 4), ranges))).toBe("h");
    expect(indexText(simplifyIndex(clamp(i("h"), 7, 9), ranges))).toBe("7");
    expect(affineOf(simplifyIndex(div(flat, 7), ranges))).toBeUndefined();
  });
});

describe("affine sums", () => {
  it("are equal text when they are equal sums", () => {
    const terms: readonly IndexExpression[] = [times(i("b"), 3), at(5), i("a"), times(i("b"), -1), at(-2)];
    const text = indexText(indexOf(affineOf(terms.reduce(plus)) ?? { constant: 0, coefficients: new Map() }));
    fc.assert(
      fc.property(fc.shuffledSubarray([...terms], { minLength: terms.length }), (order) => {
        expect(indexText(indexOf(affineOf(order.reduce(plus)) ?? { constant: 0, coefficients: new Map() }))).toBe(text);
      }),
    );
    expect(text).toBe("a + 2 * b + 3");
  });

  it("have no coefficient that is zero", () => {
    expect(affineOf(plus(i("a"), times(i("a"), -1)))).toEqual({ constant: 0, coefficients: new Map() });
    expect(affineOf({ kind: "scale", of: i("a"), by: 0 })).toEqual({ constant: 0, coefficients: new Map() });
  });
});

describe("names that stand for other expressions", () => {
  it("are all replaced at once", () => {
    const swapped = new Map([
      ["a", nameIndex("b")],
      ["b", nameIndex("a")],
    ]);
    expect(indexText(substitute(plus(times(i("a"), 3), mod(i("b"), 4)), swapped))).toBe("3 * b + ((a) mod 4)");
  });
});
