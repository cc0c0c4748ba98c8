import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexValue } from "../../../../compiler/ir/index-expression.ts";
import type { CompareOperation } from "../../../../compiler/elementwise/index.ts";
import type { IndexExpression } from "../../../../compiler/ir/program.ts";
import { changePoints, decide } from "../../../../compiler/targets/plan/ranges.ts";
import { ValueTable, type SelectValue, type Value } from "../../../../compiler/targets/plan/values.ts";
import { at, i, mod, plus, times } from "../../../support/hand-built-program.ts";
import { holdsAtAll, pointsOf, randomIndex, randomRanges, readAnywhere } from "../../../support/random-index.ts";

const operations: readonly CompareOperation[] = [
  "less",
  "less_equal",
  "equal",
  "not_equal",
  "greater",
  "greater_equal",
];
const holds = (operation: CompareOperation, left: number, right: number): boolean =>
  ({
    less: left < right,
    less_equal: left <= right,
    equal: left === right,
    not_equal: left !== right,
    greater: left > right,
    greater_equal: left >= right,
  })[operation];

const table = new ValueTable();
const position = (index: IndexExpression): Value => table.intern({ kind: "position", index });
function condition(operation: CompareOperation, left: Value, right: Value): SelectValue {
  return table.intern({
    kind: "select",
    operation,
    left,
    right,
    whenTrue: table.number(1),
    whenFalse: table.number(2),
  });
}

describe("conditions on indices", () => {
  it("are decided only where they hold everywhere or nowhere", () => {
    fc.assert(
      fc.property(
        randomIndex,
        randomIndex,
        fc.constantFrom(...operations),
        randomRanges,
        (left, right, operation, ranges) => {
          const points = pointsOf(ranges);
          fc.pre(holdsAtAll(left, points) && holdsAtAll(right, points));
          const decided = decide(condition(operation, position(left), position(right)), ranges);
          if (decided === undefined) return;
          for (const point of points) {
            expect(
              holds(operation, indexValue(left, point, readAnywhere), indexValue(right, point, readAnywhere)),
            ).toBe(decided);
          }
        },
      ),
      { numRuns: 1200 },
    );
  });

  it("are decided where two ranges touch", () => {
    const ranges = new Map([["n", { least: 0, most: 4 }]]);
    const ask = (operation: CompareOperation, right: number): boolean | undefined =>
      decide(condition(operation, position(i("n")), table.number(right)), ranges);
    expect([ask("less", 5), ask("less", 4), ask("less", 0)]).toEqual([true, undefined, false]);
    expect([ask("less_equal", 4), ask("less_equal", 3), ask("less_equal", -1)]).toEqual([true, undefined, false]);
    expect([ask("greater", -1), ask("greater", 0), ask("greater", 4)]).toEqual([true, undefined, false]);
    expect([ask("greater_equal", 0), ask("greater_equal", 1), ask("greater_equal", 5)]).toEqual([
      true,
      undefined,
      false,
    ]);
    expect([ask("equal", 4), ask("equal", 5), ask("not_equal", 5), ask("not_equal", 0)]).toEqual([
      undefined,
      false,
      true,
      undefined,
    ]);
    // A number that is no whole number is no index: nothing is known.
    expect(ask("less", 4.5)).toBeUndefined();
  });

  it("change exactly at their change points", () => {
    const index = fc
      .record({ by: fc.integer({ min: -3, max: 3 }), add: fc.integer({ min: 0, max: 20 }), mod: fc.boolean() })
      .map(({ by, add, mod: wraps }) => (wraps ? mod(i("n"), 3) : plus(times(i("n"), by), at(add))));
    fc.assert(
      fc.property(
        index,
        fc.integer({ min: -5, max: 30 }),
        fc.constantFrom(...operations),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 12 }),
        (left, right, operation, low, size) => {
          const axis = { name: "n", low, high: low + size };
          const points = changePoints([condition(operation, position(left), table.number(right))], axis);
          const at = (n: number): boolean => holds(operation, indexValue(left, { n }), right);
          const expected = Array.from({ length: size - 1 }, (_, step) => low + 1 + step).filter(
            (n) => at(n) !== at(n - 1),
          );
          expect(points).toEqual(expected);
        },
      ),
      { numRuns: 600 },
    );
  });

  it("on two axes, or on numbers from data, cut nothing", () => {
    const two = condition("less", position(i("n")), position(i("m")));
    const axis = { name: "n", low: 0, high: 9 };
    expect(changePoints([two], axis)).toEqual([]);
    expect(changePoints([condition("less", position(i("m")), table.number(3))], axis)).toEqual([]);
    expect(changePoints([condition("less", position(i("n")), table.number(3.5))], axis)).toEqual([]);
  });
});
