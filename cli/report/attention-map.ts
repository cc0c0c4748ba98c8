/** Where attention looked, over the steps that are data. */
import type { AttentionFacts } from "./facts.ts";
import type { FieldAxis, HeatMap } from "./heat-map.ts";

/** Cells of one drawing: more show nothing more. */
const MOST_STEPS = 96;
const MOST_WINDOWS = 60;
const MOST_HEADS = 8;

const WEIGHT = { title: "weight", format: ".2f" } as const;

/** Every drawing of one output that holds attention weights; none for a shape that is not one of attention. */
export function attentionMaps(facts: AttentionFacts): readonly HeatMap[] {
  const { count, shape } = facts;
  const [first = 0, second = 0] = shape;
  if (count === 0) return [];
  if (shape.length === 1) return [overExamples(facts, first)];
  if (shape.length === 2) {
    const matrix = (example: number): Matrix => matrixOf(facts, example, 0, first, second);
    return [oneExample(facts, matrix), ...(count > 1 ? [meanOfAll(facts, matrix)] : [])];
  }
  return shape.length === 3 ? [heads(facts)] : [];
}

/** [queries][keys]: how much each step that looks attends to each step that is looked at; NaN where it may not look. */
type Matrix = readonly Float64Array[];

/** Of an example, the queries and keys that are data; with a prefix a step looks at nothing behind itself. */
function matrixOf(facts: AttentionFacts, example: number, head: number, queries: number, keys: number): Matrix {
  const { extent, scope, shape, values } = facts;
  const size = shape.reduce((product, length) => product * length, 1);
  const start = example * size + head * queries * keys;
  const data = extent(example);
  return Array.from({ length: Math.min(queries, data.queries) }, (_, query) =>
    Float64Array.from({ length: Math.min(keys, data.keys) }, (__, key) =>
      scope === "prefix" && key > query ? Number.NaN : (values[start + query * keys + key] ?? Number.NaN),
    ),
  );
}

/** The last test example, whose steps have names where it is a window of a series. */
function oneExample(facts: AttentionFacts, matrix: (example: number) => Matrix): HeatMap {
  const { axis, name, row, count, scope } = facts;
  const example = count - 1;
  const rows = matrix(example);
  const label = (step: number): string => (row === undefined ? String(step + 1) : axis.label(row(example, step)));
  const which =
    row === undefined
      ? "the last test example"
      : `the last test window (up to ${axis.label(row(example, rows.length - 1))})`;
  const step = row === undefined ? "step" : axis.title;
  const { drawn, cut } = lastSteps(rows, label);
  return {
    fields: [{ ...drawn(step), title: which, unit: WEIGHT, scale: "sqrt" }],
    caption: `${name}, ${which}. ${explained(scope)}${cut}`,
  };
}

/** A weight is averaged over the examples that have data at both its steps. */
function meanOfAll(facts: AttentionFacts, matrix: (example: number) => Matrix): HeatMap {
  const { count, name, row, scope } = facts;
  const sums: number[][] = [];
  const counts: number[][] = [];
  for (let example = 0; example < count; example += 1) {
    matrix(example).forEach((line, query) => {
      const sum = (sums[query] ??= []);
      const seen = (counts[query] ??= []);
      line.forEach((weight, key) => {
        sum[key] = (sum[key] ?? 0) + weight;
        seen[key] = (seen[key] ?? 0) + 1;
      });
    });
  }
  const mean = sums.map((line, query) => Float64Array.from(line, (sum, key) => sum / (counts[query]?.[key] ?? 0)));
  const width = Math.max(0, ...mean.map((line) => line.length));
  const rows = mean.map((line) => Float64Array.from({ length: width }, (_, key) => line[key] ?? Number.NaN));
  const which = `${String(count)} test ${row === undefined ? "examples" : "windows"}`;
  const { drawn, cut } = lastSteps(rows, (step) => String(step + 1));
  return {
    fields: [
      {
        ...drawn(row === undefined ? "step" : "step of the window"),
        title: `mean of ${which}`,
        unit: WEIGHT,
        scale: "sqrt",
      },
    ],
    caption: `${name}, mean over ${which}, of each weight over those that have data there. ${explained(scope)}${cut}`,
  };
}

/** The heads of the last test example side by side, in one scale of colours. */
function heads(facts: AttentionFacts): HeatMap {
  const { name, scope, shape, count } = facts;
  const [all = 0, queries = 0, keys = 0] = shape;
  const shown = Math.min(all, MOST_HEADS);
  const matrices = Array.from({ length: shown }, (_, head) => matrixOf(facts, count - 1, head, queries, keys));
  const left = shown < all ? ` The first ${String(shown)} of ${String(all)} heads are drawn.` : "";
  return {
    fields: matrices.map((rows, head) => {
      const { x, y, rows: cells } = lastSteps(rows, (step) => String(step + 1)).drawn("step");
      const small = (axis: FieldAxis): FieldAxis => ({ ...axis, size: Math.min(axis.size, 260) });
      return { rows: cells, x: small(x), y: small(y), title: `head ${String(head + 1)}`, unit: WEIGHT, scale: "sqrt" };
    }),
    caption: `${name}, the heads of the last test example. ${explained(scope)}${left}${lastSteps(matrices[0] ?? [], String).cut}`,
  };
}

function explained(scope: string | undefined): string {
  const over = scope === "prefix" ? "the steps up to itself" : "all steps";
  return `Each row is one step and shows how it divides its attention over ${over}; a row adds up to 1. The colour follows the square root of the weight.`;
}

/** The last rows and columns, as many as a drawing holds, and their axes. */
function lastSteps(rows: Matrix, label: (step: number) => string) {
  const keys = rows[0]?.length ?? 0;
  const from = Math.max(0, Math.max(rows.length, keys) - MOST_STEPS);
  const fromQuery = rows.length > MOST_STEPS ? from : 0;
  const fromKey = keys > MOST_STEPS ? from : 0;
  const labels = (start: number, end: number): string[] =>
    Array.from({ length: Math.max(0, end - start) }, (_, step) => label(step + start));
  const size = (length: number): number => Math.max(120, Math.min(520, length * 20));
  const axis = (title: string, start: number, end: number): FieldAxis => ({
    title,
    labels: labels(start, end),
    size: size(end - start),
  });
  return {
    drawn: (step: string) => ({
      rows: rows.slice(fromQuery).map((line) => line.subarray(fromKey)),
      x: axis(`${step}: looked at`, fromKey, keys),
      y: axis(`${step}: looking`, fromQuery, rows.length),
    }),
    cut: from > 0 ? ` Only the last ${String(MOST_STEPS)} steps are drawn.` : "",
  };
}

/** One weight per step and example. Rows: windows, by the row they forecast. Columns: steps back from the forecast. */
function overExamples(facts: AttentionFacts, steps: number): HeatMap {
  const { row, values, count, axis, extent } = facts;
  const windows = Math.min(count, MOST_WINDOWS);
  const fromWindow = count - windows;
  const examples = Array.from({ length: windows }, (_, index) => index + fromWindow);
  const longest = Math.max(...examples.map((example) => Math.min(steps, extent(example).keys)));
  const from = Math.max(0, longest - MOST_STEPS);
  const columns = Array.from({ length: longest - from }, (_, step) => step + from);
  const rows = examples.map((example) =>
    Float64Array.from(columns, (step) =>
      step < extent(example).keys ? (values[example * steps + step] ?? Number.NaN) : Number.NaN,
    ),
  );
  const left = windows < count ? ` The last ${String(windows)} of ${String(count)} are drawn.` : "";
  const cut = from > 0 ? ` Only the last ${String(MOST_STEPS)} steps are drawn.` : "";
  const alone = facts.scope === "step" ? "each step attends to itself alone, with weight 1" : "a row adds up to 1";
  return {
    fields: [
      {
        rows,
        title: "attention per step",
        x: {
          title: row === undefined ? "step" : "step, counted back from the row that is forecast",
          labels: columns.map((step) => (row === undefined ? String(step + 1) : String(step - steps))),
          size: Math.max(260, Math.min(700, columns.length * 22)),
        },
        y: {
          title: row === undefined ? "test example" : `forecast of ${axis.title}`,
          labels: examples.map((example) =>
            row === undefined ? String(example + 1) : axis.label(row(example, steps - 1) + 1),
          ),
          size: Math.max(120, Math.min(620, windows * 16)),
        },
        unit: WEIGHT,
        scale: "linear",
      },
    ],
    caption: `${facts.name} for every ${row === undefined ? "test example" : "test window"}: how it divides its attention over the steps it reads; ${alone}.${left}${cut}`,
  };
}
