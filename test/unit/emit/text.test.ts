import { runInThisContext, Script } from "node:vm";
import { describe, expect, it } from "vitest";
import { dataLiteral, numberLiteral, propertyKey, stringLiteral } from "../../../compiler/code-text/literals.ts";
import { identifierFrom, NameScope, typeNameFrom } from "../../../compiler/code-text/names.ts";
import { reads, scalarText } from "../../../compiler/emit/scalars.ts";
import { compilerVersion } from "../../../compiler/emit/version.ts";
import manifest from "../../../package.json" with { type: "json" };

/** What the literal means, read by the language itself. */
const value = (literal: string): unknown => runInThisContext(`(${literal})`) as unknown;
/** Throws where the text is no program. */
const parse = (text: string): unknown => new Script(text);

describe("literals", () => {
  it.each([0, -0, 1, -1.5, 1e-8, 1e21, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, NaN, 0.1 + 0.2])(
    "numbers: %s",
    (number) => {
      expect(Object.is(value(numberLiteral(number)), number)).toBe(true);
    },
  );

  it.each(['"', "\\", "\n\r\t\u0000", "`${1}`", "\u2028\u2029", "*/ //", "</script>", "é\ud800", "'"])(
    "strings: %j",
    (text) => {
      const literal = stringLiteral(text);
      expect(value(literal)).toBe(text);
      expect(literal).not.toMatch(/[\n\r\u2028\u2029]/u);
    },
  );

  it("keeps __proto__ a property, and quotes what is no identifier", () => {
    const data = JSON.parse('{"__proto__": 1, "a-b": [true, null], "c": {"d": "e"}}') as object;
    const read = value(dataLiteral(data)) as Record<string, unknown>;
    expect(Object.keys(read)).toEqual(["__proto__", "a-b", "c"]);
    expect(read["c"]).toEqual({ d: "e" });
    expect(propertyKey("encoder.weight")).toBe('"encoder.weight"');
  });

  it("breaks long lists and keeps short ones on a line", () => {
    expect(dataLiteral({ shape: [1, 2] })).toBe("{ shape: [1, 2] }");
    expect(dataLiteral(["a".repeat(70), "b".repeat(70)])).toBe(`[\n  "${"a".repeat(70)}",\n  "${"b".repeat(70)}",\n]`);
    // What is short stands side by side; what has parts of its own does not.
    const words = Array.from({ length: 30 }, (_, index) => `word ${String(index)}`);
    expect(dataLiteral(words).split("\n").slice(1, -1)).toHaveLength(3);
    expect(dataLiteral([{ long: "a".repeat(70) }, { long: "b".repeat(70) }]).split("\n")).toHaveLength(4);
  });
});

describe("names", () => {
  it.each([
    ["encoder.weight_ih_l0", "encoderWeightIhL0"],
    ["next-number", "nextNumber"],
    ["LSTM", "lstm"],
    ["class", "classValue"],
    ["2layers", "n2layers"],
    ["", "n"],
    ["été", "t"],
    ["*/ alert(1) //", "alert1"],
    ["constructor", "constructor"],
    ["arguments", "argumentsValue"],
  ])("%s becomes %s", (text, expected) => {
    expect(identifierFrom(text)).toBe(expected);
    expect(() => parse(`"use strict"; { const ${identifierFrom(text)} = 1; }`)).not.toThrow();
  });

  it("keeps names of a scope apart", () => {
    const scope = new NameScope(["gate"]);
    expect([scope.claim("gate"), scope.claim("gate"), scope.claim("a.b"), scope.claim("a_b")]).toEqual([
      "gate2",
      "gate3",
      "aB",
      "aB2",
    ]);
    expect(typeNameFrom("next-number")).toBe("NextNumber");
  });
});

describe("scalar formulas", () => {
  const power = { operation: "power", left: 0.9, right: "step" } as const;

  it.each([
    [
      { operation: "divide", left: "learningRate", right: { operation: "subtract", left: 1, right: power } } as const,
      "learningRate / (1 - 0.9 ** step)",
    ],
    [
      { operation: "sqrt", of: { operation: "subtract", left: 1, right: power } } as const,
      "Math.sqrt(1 - 0.9 ** step)",
    ],
    [{ operation: "power", left: power, right: 2 } as const, "(0.9 ** step) ** 2"],
    [{ operation: "power", left: -1, right: "step" } as const, "(-1) ** step"],
    [
      { operation: "subtract", left: 1, right: { operation: "add", left: 2, right: "step" } } as const,
      "1 - (2 + step)",
    ],
  ])("%j", (formula, expected) => {
    expect(scalarText(formula)).toBe(expected);
    expect(() => parse(expected)).not.toThrow();
  });

  it("knows what a formula reads", () => {
    expect(reads(power, "step")).toBe(true);
    expect(reads(power, "learningRate")).toBe(false);
  });
});

it("the compiler's version is the package's", () => {
  expect(compilerVersion).toBe(manifest.version);
});
