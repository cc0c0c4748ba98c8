import { describe, expect, it } from "vitest";
import { keptText, watchedText } from "../../../cli/support/kept-text.ts";

const watching = { watched: "validation_loss", bestEpoch: 4, epoch: 7 };
const place = { epoch: 4, step: 20, whole: true };

describe("keptText", () => {
  it("says of which moment the weights are, and why", () => {
    expect(keptText({ choice: "best", ...place, value: 0.0394389 }, watching)).toBe(
      "the weights after epoch 4 (step 20) are kept, the best by validation loss: 0.039439",
    );
    const cut = { choice: "best", epoch: 4, step: 17, whole: false, value: 0.5 } as const;
    expect(keptText(cut, { ...watching, watched: "accuracy" })).toBe(
      "the weights after step 17 (within epoch 4) are kept, the best by validation accuracy: 0.5",
    );
    expect(keptText({ choice: "last", ...place, value: null }, watching)).toBe(
      "the last weights are kept, after epoch 4 (step 20)",
    );
  });

  it("says where nothing could be chosen, and where nothing was trained", () => {
    const none = { watched: "mape", bestEpoch: null, epoch: 4 };
    expect(keptText({ choice: "last", ...place, value: null }, none)).toBe(
      "the last weights are kept, after epoch 4 (step 20); the validation mape was never defined",
    );
    const first = { choice: "last", epoch: 1, step: 2, whole: false, value: null } as const;
    expect(keptText(first, { ...none, epoch: 0 })).toBe("the last weights are kept, after step 2 (within epoch 1)");
    expect(keptText({ ...first, epoch: 0, step: 0 }, { ...none, epoch: 0 })).toBe(
      "the weights are those that it started with",
    );
  });

  it("names what is watched", () => {
    expect(["train_loss", "validation_loss", "f1"].map(watchedText)).toEqual([
      "train loss",
      "validation loss",
      "validation f1",
    ]);
  });
});
