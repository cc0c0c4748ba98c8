/** Numbers that are no series: predictions of some examples beside the truth. */
import type { TopLevelSpec } from "vega-lite";
import { COLOURS } from "./draw.ts";
import type { NumbersFacts } from "./facts.ts";

/** Examples over steps are lines; single numbers are points, right where they lie on the diagonal. */
export function numbersPlot(facts: NumbersFacts): TopLevelSpec {
  return facts.steps > 1 ? linesOver(facts) : pointsOf(facts);
}

function linesOver({ target, channels, examples }: NumbersFacts): TopLevelSpec {
  const lines = ["truth", "model"] as const;
  const values = examples.flatMap((example) =>
    lines.flatMap((line) =>
      Array.from(example[line], (value, cell) => ({
        example: example.label,
        step: Math.floor(cell / channels) + 1,
        value,
        line,
        piece: `${line} ${String(cell % channels)}`,
      })),
    ),
  );
  return {
    data: { values },
    facet: { field: "example", type: "nominal", title: null, sort: null, header: { labelColor: COLOURS.truth } },
    columns: 2,
    spec: {
      width: 350,
      height: 140,
      mark: { type: "line", strokeWidth: 2 },
      encoding: {
        x: { field: "step", type: "quantitative", title: "step", axis: { tickMinStep: 1, format: "d" } },
        y: { field: "value", type: "quantitative", title: target, scale: { zero: false }, axis: { format: "~s" } },
        color: {
          field: "line",
          type: "nominal",
          title: null,
          scale: { domain: [...lines], range: lines.map((line) => COLOURS[line]) },
          legend: { orient: "top", symbolType: "stroke", symbolStrokeWidth: 3, symbolSize: 400 },
        },
        detail: { field: "piece", type: "nominal" },
      },
    },
  };
}

function pointsOf({ target, channels, examples }: NumbersFacts): TopLevelSpec {
  const values = examples.flatMap(({ truth, model }) =>
    Array.from(truth, (value, channel) => ({
      truth: value,
      model: model[channel] ?? Number.NaN,
      channel: String(channel + 1),
    })),
  );
  const all = values.flatMap(({ truth, model }) => [truth, model]).filter((value) => Number.isFinite(value));
  const ends = [Math.min(...all), Math.max(...all)].map((value) => ({ truth: value, model: value }));
  const axis = { format: "~s" } as const;
  const scale = { zero: false } as const;
  return {
    width: 360,
    height: 360,
    layer: [
      {
        data: { values: ends },
        mark: { type: "line", strokeDash: [4, 4], color: COLOURS.quiet },
        encoding: {
          x: { field: "truth", type: "quantitative", title: `${target}: truth`, scale, axis },
          y: { field: "model", type: "quantitative", title: `${target}: model`, scale, axis },
        },
      },
      {
        data: { values },
        mark: { type: "circle", opacity: 0.6, color: COLOURS.model },
        encoding: {
          x: { field: "truth", type: "quantitative" },
          y: { field: "model", type: "quantitative" },
          ...(channels > 1 ? { shape: { field: "channel", type: "nominal" as const, title: "number" } } : {}),
        },
      },
    ],
  };
}
