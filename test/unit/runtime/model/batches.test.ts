import { describe, expect, it } from "vitest";
import { planBatches } from "../../../../runtime/model/batches.ts";

describe("planBatches", () => {
  const sizes = (count: number, given: readonly [number, ...number[]]): string =>
    planBatches(count, given)
      .map(({ start, end, batch }) => `${String(start)}-${String(end)}/${String(batch)}`)
      .join(" ");

  it("fills one batch up after the full ones", () => {
    expect(sizes(3, [4])).toBe("0-3/4");
    expect(sizes(9, [4])).toBe("0-4/4 4-8/4 8-9/4");
    expect(sizes(2, [1])).toBe("0-1/1 1-2/1");
  });

  it("runs up to a quarter of a batch one by one, where the program can", () => {
    expect(sizes(1, [8, 1])).toBe("0-1/1");
    expect(sizes(2, [8, 1])).toBe("0-1/1 1-2/1");
    expect(sizes(3, [8, 1])).toBe("0-3/8");
    expect(sizes(18, [8, 1])).toBe("0-8/8 8-16/8 16-17/1 17-18/1");
  });
});
