import { describe, expect, it } from "vitest";
import { legend } from "../../../compiler/support/legend.ts";
import { pointerSegments, pointerTo } from "../../../compiler/support/pointer.ts";
import { linesAround, linesOf, positionAt } from "../../../compiler/support/text-position.ts";
import { countOf, describeValue, joinWords, quote, withArticle } from "../../../compiler/support/words.ts";

describe("positions", () => {
  it.each([
    ["ab\ncd", 0, 1, 1],
    ["ab\ncd", 2, 1, 3],
    ["ab\ncd", 3, 2, 1],
    ["ab\ncd", 99, 2, 3],
    ["ab\n", 3, 2, 1],
    ["", 0, 1, 1],
    ["ab\r\ncd", 4, 2, 1],
  ])("%j at %i is %i:%i", (text, offset, line, column) => {
    expect(positionAt(text, offset)).toEqual({ line, column });
  });

  it.each([
    ["a\r\nb\nc", 3, "a", "b", "c"],
    ["a\nb\n", 2, "a", "b", undefined],
    ["a\nb\n", 4, "b", "", undefined],
    ["a\n\nb", 0, undefined, "a", ""],
    ["\na", 1, "", "a", undefined],
    ["a\nb", 1, undefined, "a", "b"],
    ["", 0, undefined, "", undefined],
  ])("finds the lines around: %j at %i", (text, offset, before, current, after) => {
    expect(linesAround(text, offset)).toEqual({ before, current, after });
  });
});

describe("lines", () => {
  it("drops both kinds of line ends", () => {
    expect(linesOf("a\r\nb\nc")).toEqual(["a", "b", "c"]);
  });
});

describe("pointers", () => {
  it("escapes and unescapes", () => {
    const pointer = pointerTo("/a", "x/y~z", 3);
    expect(pointer).toBe("/a/x~1y~0z/3");
    expect(pointerSegments(pointer)).toEqual(["a", "x/y~z", "3"]);
    expect(pointerSegments("")).toEqual([]);
  });
});

describe("words", () => {
  it("joins, counts and quotes", () => {
    expect(joinWords(["a", "b", "c"], "or")).toBe("a, b or c");
    expect(joinWords([], "and")).toBe("");
    expect(countOf(1, "input")).toBe("1 input");
    expect(countOf(2, "input")).toBe("2 inputs");
    expect(withArticle("optimizer")).toBe("an optimizer");
    expect(quote("x".repeat(100))).toHaveLength(62);
  });

  it("says what a value is", () => {
    expect([null, "a", 2.5, true, [], [1], {}].map(describeValue)).toEqual([
      "nothing",
      'the string "a"',
      "the number 2.5",
      "true",
      "an empty list",
      "a list",
      "a mapping",
    ]);
  });
});

describe("legends", () => {
  it("names the axes and the sizes", () => {
    expect(legend({ axes: ["T", "H"], shape: [64, 128] }, 32)).toBe("[B, T, H] = [32, 64, 128]");
    expect(legend({ axes: ["20", "3"], shape: [20, 3] })).toBe("[B, 20, 3]");
    expect(legend({ axes: [], shape: [] }, 32)).toBe("[B] = [32]");
  });
});
