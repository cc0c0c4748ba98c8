/** The best epoch, as a line through a drawing whose axis is the epochs. */
import type { EpochRecord } from "@specloom/runtime/internal/training/state";
import { COLOURS } from "./draw.ts";

/** Layers of a specification; none where no epoch of the log was the best. */
export function bestMark(log: readonly EpochRecord[], bestEpoch: number | null) {
  const best = log.find(({ epoch }) => epoch === bestEpoch);
  if (best === undefined) return [];
  const data = { values: [{ epoch: best.epoch, text: `best: epoch ${String(best.epoch)}` }] };
  const x = { field: "epoch", type: "quantitative" as const };
  const isRight = best.epoch > log.length / 2;
  return [
    { data, mark: { type: "rule" as const, strokeDash: [4, 4], color: COLOURS.quiet }, encoding: { x } },
    {
      data,
      mark: {
        type: "text" as const,
        align: isRight ? ("right" as const) : ("left" as const),
        dx: isRight ? -6 : 6,
        y: 8,
        color: COLOURS.note,
        fontSize: 12,
      },
      encoding: { x, text: { field: "text", type: "nominal" as const } },
    },
  ];
}
