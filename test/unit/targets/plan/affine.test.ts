import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexText, indexValue, nameIndex } from "../../../../compiler/ir/index-expression.ts";
import type { IndexExpression } from "../../../../compiler/ir/program.ts";
import {
  affineOf,
  canonicalIndex,
  indexOf,
  intervalOf,
  namesOfRows,
  pointingOf,
  simplifyIndex,
  substitute,
  type Interval,
} from "../../../../compiler/targets/plan/affine.ts";
import { at, clamp, div, i, mod, plus, row, times } from "../../../support/hand-built-program.ts";
import { holdsAtAll, pointsOf, randomIndex, randomRanges, readAnywhere } from "../../../support/random-index.ts";

describe("simplified index expressions", () => {
  it("mean the same at every point of their ranges", () => {
    fc.assert(
      fc.property(randomIndex, randomRanges, (index, ranges) => {
        const points = pointsOf(ranges);
        fc.pre(holdsAtAll(index, points));
        const simple = simplifyIndex(index, ranges);
        for (const point of points)
          expect(indexValue(simple, point, readAnywhere) === indexValue(index, point, readAnywhere)).toBe(true);
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
        for (const point of points)
          expect(indexValue(simple, point, readAnywhere) === indexValue(index, point, readAnywhere)).toBe(true);
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
          expect(indexValue(index, point, readAnywhere)).toBeGreaterThanOrEqual(least);
          expect(indexValue(index, point, readAnywhere)).toBeLessThanOrEqual(most);
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

describe("numbers read from tensors", () => {
  const ids = (...indices: IndexExpression[]): IndexExpression => row(2, 9, ...indices);

  it("are no affine sum, but what a pointer can walk: rows and the rest", () => {
    const index = plus(times(ids(plus(i("b"), i("t"))), 5), plus(times(i("h"), 1), at(3)));
    expect(affineOf(index)).toBeUndefined();
    const pointing = pointingOf(index);
    expect(pointing?.rows.map(({ row: one, by }) => [indexText(one), by])).toEqual([["tensor 2[b + t]", 5]]);
    expect(pointing?.affine).toEqual({ constant: 3, coefficients: new Map([["h", 1]]) });
    expect(pointing && [...namesOfRows(pointing)].sort()).toEqual(["b", "t"]);
    expect(pointingOf(div(ids(i("b")), 2))).toBeUndefined();
  });

  it("are equal text in any order, inside as well", () => {
    const one = plus(i("h"), times(ids(plus(i("t"), times(i("b"), 4))), 5));
    const other = plus(times(ids(plus(times(i("b"), 4), i("t"))), 5), i("h"));
    expect(indexText(canonicalIndex(one))).toBe(indexText(canonicalIndex(other)));
  });

  it("lie below their bound, and follow the names they are read by", () => {
    const ranges = new Map([["b", { least: 0, most: 3 }]]);
    expect(intervalOf(ids(i("b")), ranges)).toEqual({ least: 0, most: 8 });
    expect(indexText(simplifyIndex(clamp(ids(i("b")), 0, 8), ranges))).toBe("tensor 2[b]");
    expect(indexText(simplifyIndex(ids(mod(i("b"), 4)), ranges))).toBe("tensor 2[b]");
    expect(indexText(substitute(ids(i("b")), new Map([["b", nameIndex("c")]])))).toBe("tensor 2[c]");
    const numbers = [4, 7, 1, 0];
    const read = (_from: unknown, [at0 = 0]: readonly number[]): number => numbers[at0] ?? NaN;
    expect(indexValue(plus(times(ids(ids(i("b"))), 10), at(1)), { b: 3 }, read)).toBe(41);
    expect(() => indexValue(ids(i("b")), { b: 3 })).toThrow("no tensors");
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
