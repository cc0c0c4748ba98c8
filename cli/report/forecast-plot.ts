/** Forecasts of the test part beside the truth and the naive forecast, on the scale of the file. */
import type { TopLevelSpec } from "vega-lite";
import { COLOURS } from "./draw.ts";
import type { ForecastFacts, RowAxis } from "./facts.ts";

const LINES = ["truth", "model", "naive"] as const;

/** Colour and dashes say the same and share a legend. */
const LEGEND = { orient: "top", symbolType: "stroke", symbolStrokeWidth: 3, symbolSize: 400 } as const;

/** @param column position in `facts.columns` */
export function forecastPlot(facts: ForecastFacts, column: number): TopLevelSpec {
  const { axis, horizon } = facts;
  const { name = "", truth = [], windows = [] } = facts.columns[column] ?? {};
  const point = (row: number, value: number | null, line: (typeof LINES)[number]) => ({
    ...place(axis, row),
    value,
    line,
  });
  // With a horizon of one row the forecasts are points of one line; longer ones are pieces, each from one window, with a
  // gap before the next.
  const isForecast = windows.some(({ model }) => Array.from(model).some((value) => Number.isFinite(value)));
  const drawn = LINES.filter((line) => line !== "model" || isForecast);
  const pieces = windows.flatMap(({ row, model, naive }) =>
    drawn.flatMap((line) =>
      line === "truth"
        ? []
        : [
            ...Array.from({ length: horizon }, (_, step) =>
              point(row + step, (line === "model" ? model : naive)[step] ?? Number.NaN, line),
            ),
            ...(horizon === 1 ? [] : [{ ...between(axis, row + horizon - 1), value: null, line }]),
          ],
    ),
  );
  const values = [...truth.map(({ row, value }) => point(row, value, "truth")), ...pieces];
  const band = windows.flatMap(({ row, band: edges }, index) =>
    Array.from(edges?.low ?? [], (low, step) => ({
      ...place(axis, row + step),
      low,
      high: edges?.high[step] ?? Number.NaN,
      // A horizon of one row has one band, longer ones have one per window.
      piece: horizon === 1 ? 0 : index,
    })),
  );
  const first = windows[0]?.row;
  const rows = rowChannel(axis, dateFormat(truth.map(({ row }) => place(axis, row).at)));
  return {
    width: 760,
    height: 280,
    data: { values },
    layer: [
      ...(band.length === 0
        ? []
        : [
            {
              data: { values: band },
              mark: { type: "area" as const, opacity: 0.25, color: COLOURS.model },
              encoding: {
                x: rows,
                y: { field: "low", type: "quantitative" as const },
                y2: { field: "high" },
                detail: { field: "piece", type: "nominal" as const },
              },
            },
          ]),
      {
        mark: {
          type: "line",
          invalid: "break-paths-filter-domains",
          strokeWidth: 2,
          point: horizon === 1 && truth.length <= 80 ? { size: 18 } : false,
        },
        encoding: {
          x: rows,
          y: {
            field: "value",
            type: "quantitative",
            title: name,
            scale: { zero: false },
            axis: { format: numberFormat(values) },
          },
          color: {
            field: "line",
            type: "nominal",
            title: null,
            scale: { domain: [...drawn], range: drawn.map((line) => COLOURS[line]) },
            legend: LEGEND,
          },
          strokeDash: {
            field: "line",
            type: "nominal",
            title: null,
            legend: LEGEND,
            scale: {
              domain: [...drawn],
              range: drawn.map((line) => (line === "naive" ? [4, 3] : [1, 0])),
            },
          },
        },
      },
      ...(first === undefined
        ? []
        : [
            {
              data: { values: [{ ...place(axis, first), text: "test part" }] },
              mark: { type: "rule" as const, strokeDash: [4, 4], color: COLOURS.quiet },
              encoding: { x: rows },
            },
            {
              data: { values: [{ ...place(axis, first), text: "test part \u2192" }] },
              mark: { type: "text" as const, align: "left" as const, dx: 6, y: 8, color: COLOURS.note, fontSize: 12 },
              encoding: { x: rows, text: { field: "text", type: "nominal" as const } },
            },
          ]),
    ],
  };
}

function place({ time }: RowAxis, row: number): { readonly at: number } {
  return { at: time === undefined ? row + 1 : time(row) };
}

/** Half a row further. */
function between(axis: RowAxis, row: number): { readonly at: number } {
  const [before, after] = [place(axis, row).at, place(axis, row + 1).at];
  // Behind the last row of the file there is no date.
  return { at: Number.isFinite(after) ? (before + after) / 2 : before };
}

function rowChannel({ title, time }: RowAxis, format: string) {
  return time === undefined
    ? ({
        field: "at",
        type: "quantitative",
        title,
        scale: { zero: false, nice: false },
        axis: { format: "d" },
      } as const)
    : ({ field: "at", type: "temporal", title, scale: { type: "utc" }, axis: { format, labelOverlap: true } } as const);
}

const DAY = 86_400_000;

/** As many digits as ticks differ in: a series far from 0 would have the same label at every tick. */
export function numberFormat(points: readonly { readonly value: number | null }[]): string {
  const finite = points.map(({ value }) => value ?? Number.NaN).filter((value) => Number.isFinite(value));
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const range =
    finite.reduce((most, value) => Math.max(most, value), -Infinity) -
    finite.reduce((least, value) => Math.min(least, value), Infinity);
  const digits = range > 0 ? Math.ceil(Math.log10(largest / range)) + 3 : 0;
  return digits > USUAL_DIGITS ? `.${String(Math.min(digits, MOST_DIGITS))}~s` : "~s";
}

/** Of d3's format `s`. */
const USUAL_DIGITS = 6;
/** What tells every float64 from its neighbours. */
const MOST_DIGITS = 17;

/** As much of a date as its neighbours on the axis differ in. */
function dateFormat(times: readonly number[]): string {
  const days = (Math.max(...times) - Math.min(...times)) / DAY;
  if (days > 20 * 365) return "%Y";
  if (days > 200) return "%Y-%m";
  return days > 5 ? "%Y-%m-%d" : "%m-%d %H:%M";
}
