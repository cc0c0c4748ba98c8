import { describe, expect, it } from "vitest";
import { groupedText, numberText, scaledText, table, wrapped } from "../../../cli/support/table.ts";

describe("table", () => {
  it("aligns columns and leaves no space at the ends of lines", () => {
    const rows = [
      ["metric", "model", ""],
      ["mae", "1.5", "lower"],
      ["accuracy", "12", ""],
    ];
    expect(table(rows, { right: [1] })).toBe(
      ["  metric    model", "  --------  -----", "  mae         1.5  lower", "  accuracy     12"].join("\n"),
    );
  });
});

describe("wide characters", () => {
  it("take two columns, and combining marks none", () => {
    const rows = [
      ["列名", "n"],
      ["e\u0301", "1"],
      ["abcde", "2"],
    ];
    expect(table(rows, { indent: "" })).toBe("列名   n\n-----  -\ne\u0301      1\nabcde  2");
  });
});

describe("text that is too long", () => {
  it("breaks between words, and never inside one", () => {
    expect(wrapped("one two three four", { width: 9 })).toBe("one two\nthree\nfour");
    expect(wrapped("  one two three", { width: 9, indent: "  " })).toBe("  one two\n  three");
    expect(wrapped("a muchlongerword b", { width: 5 })).toBe("a\nmuchlongerword\nb");
  });

  it("goes on below in the last column of a table", () => {
    const rows = [
      ["a", "b"],
      ["x", "some words that need more than one line"],
      ["y", "few"],
    ];
    expect(table(rows, { indent: "", width: 26 })).toBe(
      ["a  b", "-  --------------------", "x  some words that need", "   more than one line", "y  few"].join("\n"),
    );
  });
});

describe("numbers", () => {
  it.each([
    [null, "-"],
    [0, "0"],
    [16.436567, "16.437"],
    [-0.000123456, "-0.00012346"],
    [0.0000012, "1.200e-6"],
    [12345.6, "12,346"],
    [2e9, "2.000e+9"],
  ])("shows %s as %s", (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it("groups and scales", () => {
    expect(groupedText(1234567)).toBe("1,234,567");
    expect(scaledText(999, "B")).toBe("999 B");
    expect(scaledText(1390000, "")).toBe("1.39 M");
    expect(scaledText(313_800, "B")).toBe("313.8 kB");
  });
});
