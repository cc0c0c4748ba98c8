import { describe, expect, it } from "vitest";
import type { LossFact } from "../../../../runtime/contract.ts";
import { ignoredClass, LossTotal, pointPrediction } from "../../../../runtime/model/loss.ts";

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

describe("LossTotal of what does not count", () => {
  it("is 0", () => {
    const total = new LossTotal("mean");
    total.add({ loss: 0, count: 0 });
    expect(total.mean).toBe(0);
    total.add({ loss: 3, count: 2 });
    expect(total.mean).toBe(3);
  });

  it("goes on where a training was interrupted", () => {
    const whole = new LossTotal("mean");
    const begun = new LossTotal("mean");
    const first = { loss: 5, count: 2, parts: [part(1, 2), part(4, 1)] };
    const second = { loss: 9, count: 1, parts: [part(7, 1), part(2, 3)] };
    whole.add(first);
    whole.add(second);
    begun.add(first);
    const resumed = new LossTotal("mean", { sum: begun.sum, count: begun.count, parts: begun.parts });
    resumed.add(second);
    expect(resumed.mean).toBe(3 + 2.5);
    expect(resumed.mean).toBe(whole.mean);
  });
});

const loss: LossFact = { input: "out", target: "y", reduction: "mean" };

describe("what a loss says of its target", () => {
  it("is a class beyond the vocabulary only where every loss of the target skips it", () => {
    const one = { ...loss, classes: true, ignored: -100 } as const;
    expect(ignoredClass({ losses: [one, { ...loss, target: "z" }] }, "y")).toBe(-100);
    expect(ignoredClass({ losses: [one, one] }, "y")).toBe(-100);
    expect(ignoredClass({ losses: [one, { ...one, ignored: 0 }] }, "y")).toBeUndefined();
    expect(ignoredClass({ losses: [one, loss] }, "y")).toBeUndefined();
    expect(ignoredClass({ losses: [loss, one] }, "y")).toBeUndefined();
  });

  it("is that of its quantiles the median is the prediction, and no other", () => {
    const output = Float32Array.of(1, 2, 3, 4, 5, 6);
    const ofLevels = (levels: readonly number[], median?: number): LossFact => ({
      ...loss,
      quantiles: { levels, ...(median === undefined ? {} : { median }) },
    });
    expect(pointPrediction(ofLevels([0.1, 0.5, 0.9], 1), output)).toEqual(Float32Array.of(2, 5));
    expect(pointPrediction(ofLevels([0.1, 0.6, 0.9]), output)).toBeUndefined();
    expect(pointPrediction(loss, output)).toBe(output);
  });
});

function part(loss: number, count: number): { loss: number; count: number; reduction: "mean" } {
  return { loss, count, reduction: "mean" };
}
