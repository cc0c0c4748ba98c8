import { describe, expect, it } from "vitest";
import { rateCurve } from "../../../../cli/report/rate-curve.ts";
import type { EpochRecord } from "../../../../runtime/training/state.ts";

const log = (...rates: readonly number[]): readonly EpochRecord[] =>
  rates.map((rate, index) => ({
    epoch: index + 1,
    step: index + 1,
    train_loss: 1,
    validation_loss: null,
    learning_rate: rate,
    seconds: 0,
  }));

describe("rateCurve", () => {
  it("draws every epoch's rate, on a logarithmic axis where it falls far", () => {
    expect(rateCurve(log(0.1, 0.05))).toMatchObject({
      data: {
        values: [
          { epoch: 1, rate: 0.1 },
          { epoch: 2, rate: 0.05 },
        ],
      },
      encoding: { y: { title: "learning rate" } },
    });
    expect(rateCurve(log(0.1, 0.001))).toMatchObject({ encoding: { y: { scale: { type: "log" } } } });
    expect(rateCurve(log(0.1, 0))).toMatchObject({ encoding: { y: { scale: { zero: true } } } });
  });

  it("is not drawn where the rate stays", () => {
    expect(rateCurve(log(0.1, 0.1))).toBeUndefined();
    expect(rateCurve([])).toBeUndefined();
  });
});
