/** How far off forecasts are at each step of the horizon. */
import type { TopLevelSpec } from "vega-lite";
import { COLOURS } from "./draw.ts";
import type { StepErrors } from "./facts.ts";

const LINES = ["model", "naive"] as const;

/** @param title what is forecast, in its unit */
export function stepErrorPlot({ model, naive }: StepErrors, title: string): TopLevelSpec {
  const values = LINES.flatMap((line) =>
    Array.from(line === "model" ? model : naive, (error, step) => ({ step: step + 1, error, line })),
  ).filter(({ error }) => Number.isFinite(error));
  return {
    width: 760,
    height: 120,
    data: { values },
    mark: { type: "line", strokeWidth: 2, point: model.length === 1 },
    encoding: {
      x: {
        field: "step",
        type: "quantitative",
        title: "step of the horizon",
        axis: { tickMinStep: 1, format: "d" },
        scale: { domain: [1, model.length], nice: false },
      },
      y: {
        field: "error",
        type: "quantitative",
        title: `error of ${title}`,
        scale: { zero: true },
        axis: { tickCount: 4, format: "~s" },
      },
      color: {
        field: "line",
        type: "nominal",
        title: null,
        scale: { domain: [...LINES], range: LINES.map((line) => COLOURS[line]) },
        legend: { orient: "top", symbolType: "stroke", symbolStrokeWidth: 3, symbolSize: 400 },
      },
    },
  };
}
