/** Training and validation loss over the epochs. */
import type { TopLevelSpec } from "vega-lite";
import type { EpochRecord } from "@specloom/runtime/internal/training/state";
import { bestMark } from "./best-mark.ts";
import { COLOURS } from "./draw.ts";
import { epochAxis } from "./epoch-axis.ts";

const PARTS = ["training", "validation"] as const;
const LINE_COLOURS = { training: COLOURS.model, validation: COLOURS.naive } as const;

export function lossCurves(log: readonly EpochRecord[], bestEpoch: number | null): TopLevelSpec {
  const values = log
    .flatMap(({ epoch, train_loss: train, validation_loss: validation }) => [
      { epoch, loss: train, part: "training" },
      ...(validation === null ? [] : [{ epoch, loss: validation, part: "validation" }]),
    ])
    .filter(({ loss }) => Number.isFinite(loss));
  const parts = PARTS.filter((part) => values.some((value) => value.part === part));
  const losses = values.map(({ loss }) => loss);
  const logarithmic = Math.min(...losses) > 0 && Math.max(...losses) > 4 * Math.min(...losses);
  return {
    width: 760,
    height: 260,
    data: { values },
    layer: [
      {
        mark: { type: "line", strokeWidth: 2, point: log.length === 1 ? { filled: true } : false },
        encoding: {
          x: epochAxis(log),
          y: {
            field: "loss",
            type: "quantitative",
            title: logarithmic ? "loss (logarithmic)" : "loss",
            scale: logarithmic
              ? { type: "log", nice: false, domain: [Math.min(...losses) / 1.1, Math.max(...losses) * 1.1] }
              : { zero: false },
            axis: { tickCount: 6, format: "~g" },
          },
          color: {
            field: "part",
            type: "nominal",
            title: null,
            scale: { domain: [...parts], range: parts.map((part) => LINE_COLOURS[part]) },
            legend: { orient: "top", symbolType: "stroke", symbolStrokeWidth: 3, symbolSize: 400 },
          },
        },
      },
      ...bestMark(log, bestEpoch),
    ],
  };
}
