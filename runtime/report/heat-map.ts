/** Attention over time and confusion of classes, as fields of colour. */
import type { TopLevelSpec } from "vega-lite";
import type { AttentionFacts, ConfusionFacts } from "./facts.ts";

/** Cells of one drawing: more make the file large and show nothing more. */
const MOST_STEPS = 96;
const MOST_WINDOWS = 60;

export interface HeatMap {
  readonly specification: TopLevelSpec;
  readonly caption: string;
}

/** Every drawing of one output that holds attention weights; none for a shape that is not one of attention. */
export function attentionMaps(facts: AttentionFacts): readonly HeatMap[] {
  const [first = 0, second] = facts.shape;
  if (facts.count === 0) return [];
  if (facts.shape.length === 1) return [overWindows(facts, first)];
  if (facts.shape.length !== 2 || second === undefined) return [];
  const last = facts.count - 1;
  const row = facts.row?.(last, first - 1);
  const which = row === undefined ? "the last test example" : `the last test window (up to ${facts.axis.label(row)})`;
  return [
    square(facts, { queries: first, keys: second, window: last, which }),
    ...(facts.count > 1
      ? [
          square(facts, {
            queries: first,
            keys: second,
            window: undefined,
            which: `${String(facts.count)} test windows`,
          }),
        ]
      : []),
  ];
}

interface Square {
  readonly queries: number;
  readonly keys: number;
  /** One window; undefined: the mean of all. */
  readonly window: number | undefined;
  readonly which: string;
}

/** Rows: the step that looks. Columns: the step that is looked at. */
function square(facts: AttentionFacts, { queries, keys, window, which }: Square): HeatMap {
  const { row, values } = facts;
  const dated = window !== undefined && row !== undefined;
  const label = (step: number): string => (dated ? facts.axis.label(row(window, step)) : String(step + 1));
  const from = Math.max(0, Math.max(queries, keys) - MOST_STEPS);
  const causal = facts.scope === "prefix";
  const cells: object[] = [];
  for (let query = from; query < queries; query += 1) {
    for (let key = from; key < keys; key += 1) {
      if (causal && key > query) continue;
      cells.push({ query: label(query), key: label(key), weight: weightAt(values, facts, window, query * keys + key) });
    }
  }
  const size = Math.max(220, Math.min(520, (queries - from) * 20));
  const axisTitle = dated ? facts.axis.title : "step of the window";
  const labels = (count: number): string[] => Array.from({ length: count - from }, (_, step) => label(step + from));
  const cut = from > 0 ? ` Only the last ${String(MOST_STEPS)} steps are drawn.` : "";
  return {
    specification: field({
      cells,
      title: window === undefined ? `mean of ${which}` : which,
      x: { field: "key", title: `${axisTitle}: looked at`, order: labels(keys), size },
      y: { field: "query", title: `${axisTitle}: looking`, order: labels(queries), size },
      unit: WEIGHT,
      scale: "sqrt",
    }),
    caption:
      `${facts.name}, ${window === undefined ? `mean over ${which}` : which}. Each row is one step and shows how it ` +
      `divides its attention over ${causal ? "the steps up to itself" : "all steps"}; a row adds up to 1. The colour follows the square root of the weight.${cut}`,
  };
}

/** One weight per step and window. Rows: windows, by the row they forecast. Columns: steps back from the forecast. */
function overWindows(facts: AttentionFacts, steps: number): HeatMap {
  const { row, values, count, axis } = facts;
  const windows = Math.min(count, MOST_WINDOWS);
  const fromWindow = count - windows;
  const from = Math.max(0, steps - MOST_STEPS);
  const column = (step: number): string => (row === undefined ? String(step + 1) : String(step - steps));
  const line = (window: number): string =>
    row === undefined ? String(window + 1) : axis.label(row(window, steps - 1) + 1);
  const cells: object[] = [];
  for (let window = fromWindow; window < count; window += 1) {
    for (let step = from; step < steps; step += 1) {
      cells.push({ query: line(window), key: column(step), weight: values[window * steps + step] ?? 0 });
    }
  }
  const cut = windows < count ? ` The last ${String(windows)} of ${String(count)} are drawn.` : "";
  const alone = facts.scope === "step" ? "each step attends to itself alone, with weight 1" : "a row adds up to 1";
  return {
    specification: field({
      cells,
      title: "attention per step",
      x: {
        field: "key",
        title: row === undefined ? "step" : "step, counted back from the row that is forecast",
        order: Array.from({ length: steps - from }, (_, step) => column(step + from)),
        size: Math.max(260, Math.min(760, (steps - from) * 22)),
      },
      y: {
        field: "query",
        title: row === undefined ? "test example" : `forecast of ${axis.title}`,
        order: Array.from({ length: windows }, (_, window) => line(window + fromWindow)),
        size: Math.max(120, Math.min(620, windows * 16)),
      },
      unit: WEIGHT,
      scale: "linear",
    }),
    caption: `${facts.name} for every ${row === undefined ? "test example" : "test window"}: how it divides its attention over the steps it reads; ${alone}.${cut}`,
  };
}

function weightAt(
  values: Float32Array,
  { count, shape }: AttentionFacts,
  window: number | undefined,
  cell: number,
): number {
  const size = shape.reduce((product, length) => product * length, 1);
  if (window !== undefined) return values[window * size + cell] ?? 0;
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += values[index * size + cell] ?? 0;
  return sum / count;
}

interface FieldAxis {
  readonly field: string;
  readonly title: string;
  readonly order: readonly string[];
  readonly size: number;
}

interface Field {
  readonly cells: readonly object[];
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

const WEIGHT = { title: "weight", format: ".2f" } as const;

function field({ cells, title, x, y, unit, scale, numbered = false }: Field): TopLevelSpec {
  return {
    width: x.size,
    height: y.size,
    title,
    data: { values: [...cells] },
    encoding: {
      x: {
        field: x.field,
        type: "ordinal",
        sort: null,
        title: x.title,
        scale: { domain: [...x.order] },
        axis: { labelAngle: longest(x.order) > 3 ? -90 : 0, values: spaced(x.order, x.size / 18), grid: false },
      },
      y: {
        field: y.field,
        type: "ordinal",
        sort: null,
        title: y.title,
        scale: { domain: [...y.order] },
        axis: { values: spaced(y.order, y.size / 16), grid: false },
      },
    },
    layer: [
      {
        mark: { type: "rect", stroke: "#ffffff", strokeWidth: 0.5 },
        encoding: {
          color: {
            field: "weight",
            type: "quantitative",
            title: unit.title,
            scale: { scheme: "blues", type: scale, domainMin: 0 },
            legend: { format: unit.format, gradientLength: Math.max(60, Math.min(200, y.size)) },
          },
        },
      },
      ...(numbered
        ? [
            {
              mark: { type: "text" as const, fontSize: 12, stroke: "#ffffff", strokeWidth: 3, strokeOpacity: 0.8 },
              encoding: { text: { field: "weight", type: "quantitative" as const, format: unit.format } },
            },
            {
              mark: { type: "text" as const, fontSize: 12, fill: "#1f2933" },
              encoding: { text: { field: "weight", type: "quantitative" as const, format: unit.format } },
            },
          ]
        : []),
    ],
  };
}

function longest(labels: readonly string[]): number {
  return Math.max(0, ...labels.map((label) => label.length));
}

/** Every label, or every second, third ... where they would touch. */
function spaced(labels: readonly string[], most: number): string[] {
  const stride = Math.max(1, Math.ceil(labels.length / Math.max(1, most)));
  return labels.filter((_, index) => index % stride === 0);
}

export function confusionMap({ classes, counts, target }: ConfusionFacts): HeatMap {
  const names = Array.from({ length: classes }, (_, index) => String(index));
  const cells = counts.flatMap((row, truth) =>
    row.map((count, predicted) => ({ query: String(truth), key: String(predicted), weight: count })),
  );
  const size = Math.max(200, Math.min(480, classes * 40));
  return {
    specification: field({
      cells,
      title: `${target}: true and predicted classes`,
      x: { field: "key", title: "predicted class", order: names, size },
      y: { field: "query", title: "true class", order: names, size },
      unit: { title: "examples", format: "d" },
      scale: "linear",
      numbered: classes <= 20,
    }),
    caption:
      "Test part. Each row is a true class and shows how often each class was predicted for it; right answers lie on the diagonal.",
  };
}
