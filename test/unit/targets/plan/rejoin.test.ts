import { describe, expect, it } from "vitest";
import {
  addIndex,
  constantIndex,
  divideIndex,
  indexText,
  moduloIndex,
  nameIndex,
  scaleIndex,
} from "../../../../compiler/ir/index-expression.ts";
import { joinsAxes } from "../../../../compiler/ops/index.ts";
import { rejoined } from "../../../../compiler/targets/plan/rejoin.ts";

const x = nameIndex("x");

describe("indices taken apart", () => {
  it("come together again, at any scale and depth", () => {
    const inner = moduloIndex(x, 12);
    const whole = [
      scaleIndex(divideIndex(x, 12), 24),
      scaleIndex(divideIndex(inner, 4), 8),
      scaleIndex(moduloIndex(inner, 4), 2),
      nameIndex("b"),
      constantIndex(3),
    ].reduce(addIndex);
    expect(indexText(rejoined(whole))).toBe("b + 3 + 2 * x");
  });

  it.each([
    ["another scale", scaleIndex(divideIndex(x, 4), 8), moduloIndex(x, 4)],
    ["another divisor", scaleIndex(divideIndex(x, 2), 4), moduloIndex(x, 4)],
    ["another number", scaleIndex(divideIndex(nameIndex("y"), 4), 4), moduloIndex(x, 4)],
  ])("stay apart with %s", (_title, left, right) => {
    const sum = addIndex(left, right);
    expect(rejoined(sum)).toBe(sum);
  });
});

describe("a reshape", () => {
  it.each([
    [[2, 3, 4], [2, 12], true],
    [[2, 12], [2, 3, 4], false],
    [[2, 1, 3], [2, 3], false],
    [[4, 3], [2, 6], true],
    [[6, 4], [2, 3, 4], false],
    [[1, 1], [1], false],
  ])("[%o] to [%o] joins axes: %s", (from, to, joins) => {
    expect(joinsAxes(from, to)).toBe(joins);
  });
});
