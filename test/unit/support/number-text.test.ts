import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberText, withShortNumbers } from "../../../compiler/support/number-text.ts";

describe("a number as text", () => {
  it.each([
    [0.1, "0.1"],
    [-0, "0"],
    [123456789044244.94, "123456789044244.94"],
    [9007199254740993, "9007199254740992"],
    [99999999999999980, "99999999999999980"],
    [1e17, "1e17"],
    [1e20, "1e20"],
    [-123456789012345680000, "-1.2345678901234568e20"],
    [1e300, "1e300"],
    [5e-324, "5e-324"],
  ])("%d is %s", (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it("reads back as the same number, in JSON too, and strings are left alone", () => {
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), value)), (data) => {
        const json = JSON.stringify(data);
        expect(JSON.parse(withShortNumbers(json))).toEqual(JSON.parse(json));
      }),
      { seed: 5 },
    );
    expect(withShortNumbers('{"a \\" 100000000000000000000":[1e+21,100000000000000000000,-5]}')).toBe(
      '{"a \\" 100000000000000000000":[1e+21,1e20,-5]}',
    );
  });
});
