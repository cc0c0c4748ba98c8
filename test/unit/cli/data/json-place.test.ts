import { describe, expect, it } from "vitest";
import { placeOfKey, placeOfValue } from "../../../../cli/data/json-place.ts";

const text = `  {
  "a\\"]" : [ [1, -2.5e+3] , [ ], "x,]\\\\" , null ],
  "b":[true,{"a": [3]}],"c":-1.5E-7,
  "d": [[[4,5],[6,7]],[[8,9],[10,11]]]
}
`;

describe("places in JSON", () => {
  const value = (key: string, ...indices: number[]): string => {
    const { offset, length } = placeOfValue(text, key, indices);
    return text.slice(offset, offset + length);
  };

  it("are those of the values", () => {
    expect(JSON.parse(value('a"]'))).toEqual([[1, -2500], [], "x,]\\", null]);
    expect(value('a"]', 0)).toBe("[1, -2.5e+3]");
    expect(value('a"]', 0, 1)).toBe("-2.5e+3");
    expect(value('a"]', 1)).toBe("[ ]");
    expect(value('a"]', 2)).toBe('"x,]\\\\"');
    expect(value('a"]', 3)).toBe("null");
    expect(value("b", 0)).toBe("true");
    expect(value("b", 1)).toBe('{"a": [3]}');
    expect(value("c")).toBe("-1.5E-7");
    expect(value("d", 1, 0, 1)).toBe("9");
    expect(value("d", 1, 1)).toBe("[10,11]");
  });

  it("are those of the keys", () => {
    const { offset, length } = placeOfKey(text, "d");
    expect(text.slice(offset, offset + length + 3)).toBe('"d": [');
    expect(placeOfKey('{"a":1}', "a")).toEqual({ offset: 1, length: 3 });
  });
});
