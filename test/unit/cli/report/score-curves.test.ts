import { describe, expect, it } from "vitest";
import { scoreCurves } from "../../../../cli/report/score-curves.ts";
import type { EpochRecord } from "../../../../runtime/training/state.ts";

const epoch = (number: number, accuracy?: number | null): EpochRecord => ({
  epoch: number,
  step: number,
  train_loss: 1,
  validation_loss: 2,
  learning_rate: 0.1,
  seconds: 0,
  ...(accuracy === undefined ? {} : { validation_accuracy: accuracy }),
});

describe("scoreCurves", () => {
  it("draws what is watched in place of the loss, epochs without a value left out", () => {
    const [curve, ...others] = scoreCurves([epoch(1, 0.25), epoch(2, null), epoch(3, 0.5)], 3);
    expect(others).toEqual([]);
    expect(curve?.caption).toContain("validation accuracy");
    expect(curve?.specification).toMatchObject({
      data: {
        values: [
          { epoch: 1, value: 0.25 },
          { epoch: 3, value: 0.5 },
        ],
      },
    });
    expect(JSON.stringify(curve?.specification)).toContain("best: epoch 3");
  });

  it("draws nothing where the loss is watched", () => {
    expect(scoreCurves([epoch(1), epoch(2)], 1)).toEqual([]);
  });
});
