/** Operations that a target has nothing of its own for: what they are made of there. */
import { describe, expect, it } from "vitest";
import {
  binaryOperations,
  compareOperations,
  unaryOperations,
  type Composition,
  type UnaryRecord,
} from "../../../compiler/elementwise/index.ts";
import { composition } from "../../../compiler/targets/plan/lanes.ts";
import { ValueTable, nodesOf, type Value } from "../../../compiler/targets/plan/values.ts";

/** In float64. */
function valueOf(value: Value): number {
  switch (value.kind) {
    case "number":
      return value.value;
    case "unary":
      return unaryOperations[value.operation].value(valueOf(value.operand));
    case "binary":
      return binaryOperations[value.operation].value(valueOf(value.left), valueOf(value.right));
    case "select": {
      const { holds } = compareOperations[value.operation];
      return valueOf(holds(valueOf(value.left), valueOf(value.right)) ? value.whenTrue : value.whenFalse);
    }
    default:
      throw new Error(`a form has no ${value.kind}`);
  }
}

const records: readonly (readonly [string, UnaryRecord])[] = Object.entries(unaryOperations);
const formed = records.flatMap(([name, { form, value }]) => (form === undefined ? [] : [{ name, form, value }]));

describe("forms", () => {
  it("are there to be tested", () => {
    expect(formed.map(({ name }) => name)).toEqual(expect.arrayContaining(["sigmoid", "erf"]));
  });

  it.each(formed)("$name is what its record says it is, to float32", ({ form, value }) => {
    for (const x of [-100, -9, -3.5, -1, -0.1, -1e-4, 0, 1e-4, 0.3, 1, 2.5, 5, 100]) {
      const table = new ValueTable();
      const found = valueOf(form(composition(table), table.number(x)));
      expect(Math.abs(found - value(x)), `at ${String(x)}`).toBeLessThan(1e-6 * Math.max(1, Math.abs(value(x))));
    }
  });

  it("share what they need twice, and choose by comparisons", () => {
    const table = new ValueTable();
    const o: Composition<Value> = composition(table);
    const x = table.number(3);
    const square = o.named("square", o.multiply(x, x));
    const chosen = o.select(o.less(x, o.constant(1)), square, o.exp(square));
    expect(nodesOf(chosen).filter((node) => node === square)).toHaveLength(1);
    expect(valueOf(chosen)).toBe(Math.exp(9));
    expect(() => o.select(x, x, x)).toThrow("a form chooses by a comparison");
  });
});
