import { describe, expect, it } from "vitest";
import { groupedText, numberText, scaledText, table } from "../../../cli/support/table.ts";

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
