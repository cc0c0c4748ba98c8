import { describe, expect, it } from "vitest";
import { rowAxis } from "../../../cli/support/row-axis.ts";

describe("rowAxis", () => {
  it("reads months, days and times", () => {
    expect(rowAxis(["1949-01", "1949-02"])).toMatchObject({ title: "month" });
    expect(rowAxis(["1949-01", "1949-02"]).time?.(1)).toBe(Date.UTC(1949, 1, 1));
    expect(rowAxis(["2016-07-01 01:30:00"]).time?.(0)).toBe(Date.UTC(2016, 6, 1, 1, 30));
  });

  it("counts rows where labels are no dates", () => {
    for (const labels of [undefined, ["a"], ["2020-13"], ["2021-02-30"], ["2020-01", ""]]) {
      const axis = rowAxis(labels);
      expect(axis.time).toBeUndefined();
      expect(axis.label(0)).toBe("1");
    }
  });
});
