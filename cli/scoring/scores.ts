/** Scores of a model, always with those of a baseline that needs no model. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { Problem } from "@specloom/runtime/internal/problem";
import type {
  ClassMetric,
  ClassPairs,
  Metric,
  NumberMetric,
  QuantileColumn,
  QuantileMetric,
  Score,
} from "../../compiler/metrics/define.ts";
import { metricNamed, metrics } from "../../compiler/metrics/index.ts";
import { scoreLevels, type QuantileScores } from "../../compiler/metrics/quantiles.ts";

export interface MetricScore {
  /** Null where the metric is not defined; `note` says why. */
  readonly model: number | null;
  readonly naive: number | null;
  readonly note?: string;
}

export type MetricScores = Readonly<Record<string, MetricScore>>;

/** Plain JSON: what `metrics.json` holds for one part. */
export interface Scores {
  /** What the baseline does: `repeat the last value`, `most frequent class`, `mean of the training part`. */
  readonly baseline: string;
  /** How many values (or classes) were scored. */
  readonly count: number;
  /** How many more were forecast that the file has no value of; absent where there are none. */
  readonly missing?: number;
  readonly metrics: MetricScores;
  /** Per column, where there are several. */
  readonly columns?: Readonly<Record<string, MetricScores>>;
  /** Of a target of which quantiles are predicted; per column too, where there are several. */
  readonly quantiles?: QuantileScores & { readonly columns?: Readonly<Record<string, QuantileScores>> };
}

/** Column-wise numbers of model, baseline and truth. */
export interface NumberComparison {
  readonly baseline: string;
  readonly columns: readonly {
    readonly name: string;
    readonly prediction: ArrayLike<number>;
    readonly naive: ArrayLike<number>;
    readonly truth: ArrayLike<number>;
    readonly training?: ArrayLike<number> | undefined;
  }[];
  /** Values that were forecast and are not known, so that they are not among the columns'. */
  readonly missing?: number;
}

/** @throws Problem `metric-kind` for a metric of classes */
export function scoreNumbers(comparison: NumberComparison, names: readonly string[]): Scores {
  const chosen = names.map((name) => ofKind(metricNamed(name), "numbers"));
  const score = (columns: NumberComparison["columns"]): MetricScores =>
    Object.fromEntries(
      chosen.map((metric) => [
        metric.kind,
        compare(
          metric.score(columns),
          metric.score(columns.map((column) => ({ ...column, prediction: column.naive }))),
        ),
      ]),
    );
  const { columns, baseline, missing = 0 } = comparison;
  return {
    baseline,
    count: columns.reduce((count, { truth }) => count + truth.length, 0),
    ...(missing === 0 ? {} : { missing }),
    metrics: score(columns),
    ...(columns.length > 1
      ? { columns: Object.fromEntries(columns.map((column) => [column.name, score([column])])) }
      : {}),
  };
}

export interface ClassComparison extends ClassPairs {
  /** The class that is most frequent in the training part; undefined when it holds none. */
  readonly majority: number | undefined;
  /** True when some score of the model was not a number, so that it predicts no class. */
  readonly undefinedPrediction: boolean;
  /** Natural logarithm of the share of each true class in the training part: what a model without inputs would give it. */
  readonly logFrequencies: ArrayLike<number>;
}

/** @throws Problem `metric-kind` for a metric of numbers */
export function scoreClasses(comparison: ClassComparison, names: readonly string[]): Scores {
  const { predicted, truth, logProbabilities, majority, undefinedPrediction, logFrequencies } = comparison;
  const always = new Float64Array(truth.length).fill(majority ?? Number.NaN);
  return {
    baseline: `most frequent class of the training part${majority === undefined ? "" : ` (${String(majority)})`}`,
    count: truth.length,
    metrics: Object.fromEntries(
      names.map((name) => {
        const metric = ofKind(metricNamed(name), "classes");
        const model = undefinedPrediction
          ? { value: null, reason: "a score of the model is not a number" }
          : metric.score({ predicted, truth, logProbabilities });
        const naive = metric.score({ predicted: always, truth, logProbabilities: logFrequencies });
        return [metric.kind, compare(model, naive)];
      }),
    ),
  };
}

/**
 * Every level by itself, whatever metrics are asked for.
 * @param comparisons one per level, of the same columns
 * @throws Problem `metric-kind` for a metric of classes; those of numbers need the level 0.5 and are left out without it
 */
export function scoreQuantiles(
  levels: readonly number[],
  comparisons: readonly NumberComparison[],
  names: readonly string[],
): Scores {
  const [first] = comparisons;
  if (first === undefined) throw new Error("there are no levels.");
  const median = comparisons[levels.indexOf(0.5)];
  const isOfLevels = (name: string): boolean => metricNamed(name).of === "quantiles";
  const points = scoreNumbers(median ?? first, median === undefined ? [] : names.filter((name) => !isOfLevels(name)));
  const chosen = names.filter(isOfLevels).map((name) => ofKind(metricNamed(name), "quantiles"));
  const columns = first.columns.map(({ name, truth, naive }, column) => {
    const predictions = comparisons.map((comparison) => comparison.columns[column]?.prediction ?? []);
    const model: QuantileColumn = { levels, truth, predictions };
    return { name, model, naive: { levels, truth, predictions: levels.map(() => naive) } };
  });
  const of = (which: typeof columns) => {
    const [model, naive] = [which.map((column) => column.model), which.map((column) => column.naive)];
    const scores = chosen.map((metric) => [metric.kind, compare(metric.score(model), metric.score(naive))] as const);
    return { scores: Object.fromEntries(scores), quantiles: scoreLevels(model, naive) };
  };
  const inOrder = (scores: MetricScores): MetricScores =>
    Object.fromEntries(Object.entries(scores).sort(([a], [b]) => names.indexOf(a) - names.indexOf(b)));
  const all = of(columns);
  const each = columns.map((column) => [column.name, of([column])] as const);
  return {
    ...points,
    metrics: inOrder({ ...points.metrics, ...all.scores }),
    ...(each.length > 1
      ? {
          columns: Object.fromEntries(
            each.map(([name, own]) => [name, inOrder({ ...memberOf(points.columns ?? {}, name), ...own.scores })]),
          ),
        }
      : {}),
    quantiles: {
      ...all.quantiles,
      ...(each.length > 1 ? { columns: Object.fromEntries(each.map(([name, own]) => [name, own.quantiles])) } : {}),
    },
  };
}

function compare(model: Score, naive: Score): MetricScore {
  const note = model.reason ?? naive.reason;
  return { model: model.value, naive: naive.value, ...(note === undefined ? {} : { note }) };
}

function ofKind(metric: Metric, kind: "numbers"): NumberMetric;
function ofKind(metric: Metric, kind: "classes"): ClassMetric;
function ofKind(metric: Metric, kind: "quantiles"): QuantileMetric;
function ofKind(metric: Metric, kind: Metric["of"]): Metric {
  if (metric.of === kind) return metric;
  const fitting = metrics.filter(({ of }) => of === kind).map((one) => one.kind);
  throw new Problem({
    code: "metric-kind",
    message: `the metric ${metric.kind} is one of ${metric.of}, but the model predicts ${kind}.`,
    help: `use ${fitting.slice(0, -1).join(", ")} or ${fitting.slice(-1).join("")}.`,
    pointer: "/metrics",
  });
}

/** The columns of row-major numbers, [rows, width]. */
export function columnOf(values: ArrayLike<number>, width: number, column: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, row) => values[row * width + column] ?? Number.NaN);
}
