import { describe, expect, it } from "vitest";
import { scoreText } from "../../../cli/support/score-text.ts";
import type { PartScores } from "../../../cli/support/evaluation.ts";

function scores(model: number, naive: number): PartScores {
  const metrics = { rmse: { model, naive } };
  return {
    loss: 0.5,
    examples: 8,
    targets: [
      {
        target: "next",
        output: "forecast",
        baseline: "repeat the last value",
        count: 16,
        metrics,
        columns: { sales: { rmse: { model: 190, naive: 250 } }, degrees: { rmse: { model: 3, naive: 4 } } },
      },
    ],
  };
}

describe("scoreText", () => {
  it("has a row of its own for every column, below the common one", () => {
    const lines = scoreText("test", scores(100, 130)).split("\n");
    expect(
      lines.slice(3, 6).map((line) =>
        line
          .split(/\s+/)
          .filter((word) => word !== "")
          .slice(0, 3),
      ),
    ).toEqual([
      ["rmse", "100", "130"],
      ["sales", "190", "250"],
      ["degrees", "3", "4"],
    ]);
  });

  it("says so when the naive forecast is better, and only then", () => {
    expect(scoreText("test", scores(131, 130))).toMatch(/note: the naive forecast is better; try a transform/);
    expect(scoreText("test", scores(129, 130))).not.toMatch(/note/);
  });
});
