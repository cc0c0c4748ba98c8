import { describe, expect, it } from "vitest";
import { LossTotal } from "../../../../runtime/model/loss.ts";

describe("LossTotal", () => {
  it("weighs means by what they count", () => {
    const total = new LossTotal("mean");
    total.add({ loss: 1, count: 3 });
    total.add({ loss: 5, count: 1 });
    expect(total.mean).toBe(2);
    expect(total.parts).toEqual([]);
  });

  it("gives each of several losses a mean over its own count", () => {
    const total = new LossTotal("mean");
    const batch = (first: readonly [number, number], second: readonly [number, number], sum: number): void => {
      const parts = [
        { loss: first[0], count: first[1], reduction: "mean" },
        { loss: second[0], count: second[1], reduction: "mean" },
        { loss: sum, count: 2, reduction: "sum" },
      ] as const;
      total.add({ loss: first[0] + second[0] + sum, count: first[1], parts });
    };
    batch([1, 2], [10, 1], 0.5);
    batch([3, 2], [2, 3], 0.25);
    // (1 * 2 + 3 * 2) / 4 + (10 * 1 + 2 * 3) / 4 + 0.75
    expect(total.mean).toBe(2 + 4 + 0.75);
    // A total of totals, as when one caller adds up another one's batches.
    const again = new LossTotal("mean");
    again.add({ loss: total.mean, count: total.count, parts: total.parts });
    expect(again.mean).toBe(total.mean);
  });

  it("passes over a batch in which one of the losses counts nothing", () => {
    const total = new LossTotal("mean");
    total.add({ loss: NaN, count: 2, parts: [part(4, 2), part(NaN, 0)] });
    total.add({ loss: 9, count: 2, parts: [part(6, 2), part(3, 1)] });
    expect(total.mean).toBe(5 + 3);
  });
});

function part(loss: number, count: number): { loss: number; count: number; reduction: "mean" } {
  return { loss, count, reduction: "mean" };
}
