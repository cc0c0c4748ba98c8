/** Metrics of the validation part that were watched in place of the loss, over the epochs. */
import type { TopLevelSpec } from "vega-lite";
import type { EpochRecord } from "@specloom/runtime/internal/training/state";
import { bestMark } from "./best-mark.ts";
import { COLOURS } from "./draw.ts";
import { epochAxis } from "./epoch-axis.ts";

export interface ScoreCurve {
  readonly specification: TopLevelSpec;
  readonly caption: string;
}

export function scoreCurves(log: readonly EpochRecord[], bestEpoch: number | null): readonly ScoreCurve[] {
  const names = new Set(log.flatMap((record) => Object.keys(record).filter(isScore)));
  return [...names].map((name) => {
    const title = name.replaceAll("_", " ");
    const values = log.flatMap((record) => {
      const value = record[name];
      return typeof value === "number" && Number.isFinite(value) ? [{ epoch: record.epoch, value }] : [];
    });
    return {
      caption: `The ${title} per epoch, which was watched: after the epoch's last update, on the scale of the file.`,
      specification: {
        width: 760,
        height: 160,
        data: { values },
        layer: [
          {
            mark: {
              type: "line",
              strokeWidth: 2,
              color: COLOURS.naive,
              point: values.length === 1 ? { filled: true } : false,
            },
            encoding: {
              x: epochAxis(log),
              y: {
                field: "value",
                type: "quantitative",
                title,
                scale: { zero: false },
                axis: { tickCount: 5, format: "~g" },
              },
            },
          },
          ...bestMark(log, bestEpoch),
        ],
      },
    };
  });
}

function isScore(key: string): key is `validation_${string}` {
  return key.startsWith("validation_") && key !== "validation_loss";
}
