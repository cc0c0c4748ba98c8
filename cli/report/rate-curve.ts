/** The learning rate over the epochs, where a schedule changes it. */
import type { TopLevelSpec } from "vega-lite";
import type { EpochRecord } from "@specloom/runtime/internal/training/state";
import { COLOURS } from "./draw.ts";
import { epochAxis } from "./epoch-axis.ts";

/** Undefined where the rate stays what it is. */
export function rateCurve(log: readonly EpochRecord[]): TopLevelSpec | undefined {
  const values = log
    .map(({ epoch, learning_rate: rate }) => ({ epoch, rate }))
    .filter(({ rate }) => Number.isFinite(rate));
  const rates = values.map(({ rate }) => rate);
  if (new Set(rates).size < 2) return undefined;
  const logarithmic = Math.min(...rates) > 0 && Math.max(...rates) > 20 * Math.min(...rates);
  return {
    width: 760,
    height: 120,
    data: { values },
    mark: { type: "line", strokeWidth: 2, color: COLOURS.truth, interpolate: "step-before" },
    encoding: {
      x: epochAxis(log),
      y: {
        field: "rate",
        type: "quantitative",
        title: logarithmic ? "learning rate (logarithmic)" : "learning rate",
        scale: logarithmic ? { type: "log", nice: false } : { zero: true },
        axis: { tickCount: 4, format: "~g" },
      },
    },
  };
}
