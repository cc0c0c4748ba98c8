/** The epochs of a log from left to right. */
import type { EpochRecord } from "@specloom/runtime/internal/training/state";

export function epochAxis(log: readonly EpochRecord[]) {
  const last = Math.max(2, ...log.map(({ epoch }) => epoch));
  return {
    field: "epoch" as const,
    type: "quantitative" as const,
    title: "epoch",
    axis: { tickMinStep: 1, format: "d" },
    scale: { domain: [1, last], nice: false },
  };
}
