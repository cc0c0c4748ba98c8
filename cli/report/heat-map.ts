/** Fields of colour: attention over time, and confusion of classes. */
import type { TopLevelSpec } from "vega-lite";
import type { ConfusionFacts } from "./facts.ts";
import { raster, SCHEME } from "./raster.ts";

export interface HeatMap {
  /** One, or several side by side in one scale of colours. */
  readonly fields: readonly Field[];
  readonly caption: string;
}

export interface FieldAxis {
  readonly title: string;
  readonly labels: readonly string[];
  /** Pixels. */
  readonly size: number;
}

export interface Field {
  /** A row per label of `y`, a number per label of `x`; NaN where there is no cell. */
  readonly rows: readonly ArrayLike<number>[];
  readonly title: string;
  readonly x: FieldAxis;
  readonly y: FieldAxis;
  /** What a cell's number is. */
  readonly unit: { readonly title: string; readonly format: string };
  /** `sqrt` keeps small numbers apart beside a few large ones. */
  readonly scale: "linear" | "sqrt";
  /** Numbers in the cells; there must be room. */
  readonly numbered?: boolean;
}

type UnitSpec = Extract<TopLevelSpec, { layer: unknown }>;

export function heatMapPlot({ fields }: HeatMap): TopLevelSpec {
  const most = Math.max(...fields.map(({ rows }) => largest(rows)));
  const [first] = fields;
  return fields.length === 1 && first !== undefined
    ? fieldPlot(first, most)
    : { columns: 2, concat: fields.map((field) => fieldPlot(field, most)) };
}

/** One picture of all cells under the axes of Vega. @param most number of the deepest colour */
function fieldPlot(field: Field, most: number): UnitSpec {
  const { rows, title, x, y, unit, scale, numbered = false } = field;
  const corner = { x: x.labels[0] ?? "", y: y.labels[0] ?? "", weight: 0 };
  return {
    width: x.size,
    height: y.size,
    title,
    data: { values: [corner] },
    encoding: {
      x: {
        field: "x",
        type: "ordinal",
        sort: null,
        title: x.title,
        scale: { domain: [...x.labels] },
        axis: { labelAngle: longest(x.labels) > 3 ? -90 : 0, values: spaced(x.labels, x.size / 18), grid: false },
      },
      y: {
        field: "y",
        type: "ordinal",
        sort: null,
        title: y.title,
        scale: { domain: [...y.labels] },
        axis: { values: spaced(y.labels, y.size / 16), grid: false },
      },
    },
    layer: [
      {
        mark: { type: "image", aspect: false, width: x.size, height: y.size },
        encoding: {
          x: { value: x.size / 2 },
          y: { value: y.size / 2 },
          url: { value: raster(rows, most, scale) },
        },
      },
      {
        // Nothing to see: it brings the legend of the picture's colours.
        mark: { type: "rect", fillOpacity: 0 },
        encoding: {
          color: {
            field: "weight",
            type: "quantitative",
            title: unit.title,
            scale: { scheme: SCHEME, type: scale, domain: [0, most] },
            legend: { format: unit.format, gradientLength: Math.max(60, Math.min(200, y.size)) },
          },
        },
      },
      ...(numbered ? numbers(field) : []),
    ],
  };
}

/** Dark letters with a pale rim can be read on every colour of a cell, whatever the colours of the page. */
function numbers({ rows, x, y, unit }: Field): UnitSpec["layer"] {
  const values = rows.flatMap((row, line) =>
    x.labels.map((label, column) => ({ x: label, y: y.labels[line], weight: row[column] })),
  );
  const encoding = { text: { field: "weight", type: "quantitative" as const, format: unit.format } };
  const data = { values };
  const rim = { fontSize: 12, stroke: "#fefefe", strokeWidth: 3, strokeOpacity: 0.8 };
  return [
    { data, mark: { type: "text", ...rim }, encoding },
    { data, mark: { type: "text", fontSize: 12, fill: "#1f2934" }, encoding },
  ];
}

export function confusionMap({ classes, counts, target }: ConfusionFacts): HeatMap {
  const labels = Array.from({ length: classes }, (_, index) => String(index));
  const size = Math.max(200, Math.min(480, classes * 40));
  return {
    fields: [
      {
        rows: counts,
        title: `${target}: true and predicted classes`,
        x: { title: "predicted class", labels, size },
        y: { title: "true class", labels, size },
        unit: { title: "examples", format: "d" },
        scale: "linear",
        numbered: classes <= 20,
      },
    ],
    caption:
      "Test part. Each row is a true class and shows how often each class was predicted for it; right answers lie on the diagonal.",
  };
}

function largest(rows: readonly ArrayLike<number>[]): number {
  let most = 0;
  for (const row of rows) {
    for (let index = 0; index < row.length; index += 1) if ((row[index] ?? 0) > most) most = row[index] ?? 0;
  }
  return most;
}

function longest(labels: readonly string[]): number {
  return Math.max(0, ...labels.map((label) => label.length));
}

/** Every label, or every second, third ... where they would touch. */
function spaced(labels: readonly string[], most: number): string[] {
  const stride = Math.max(1, Math.ceil(labels.length / Math.max(1, most)));
  return labels.filter((_, index) => index % stride === 0);
}
