import type { QuantileMetric } from "./define.ts";
import { outermost, shareWithin } from "./quantiles.ts";

/** Edges count as inside. Of a single level: the share of values at or below it. */
export const coverage: QuantileMetric = {
  name: "coverage",
  of: "quantiles",
  title: "Coverage",
  formula: "share of y from the lowest level to the highest",
  unit: "ratio",
  better: "nominal",
  score: (columns) => {
    const [{ levels } = { levels: [] }] = columns;
    const { lowest, highest } = outermost(levels);
    return shareWithin(columns, levels.length > 1 ? lowest : undefined, highest);
  },
};
