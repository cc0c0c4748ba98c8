/** Gathers what a report of a run shows, and writes it. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { isRecord } from "../../compiler/support/plain.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { ModelDefinition } from "@specloom/runtime/internal/contract";
import type { Dataset } from "../data/dataset.ts";
import { forecastPart, type ForecastData, type PartForecast } from "../data/forecast.ts";
import { parseJson } from "@specloom/runtime/internal/json-text";
import { NAIVE_FORECAST } from "../scoring/forecast.ts";
import { metricNamed } from "../../compiler/metrics/index.ts";
import { outermost, type QuantileScores } from "../../compiler/metrics/quantiles.ts";
import type {
  ConfusionFacts,
  ForecastFacts,
  ReportFacts,
  RowAxis,
  SamplesFacts,
  ScoreFacts,
  StepErrors,
} from "../report/facts.ts";
import { writeFileAtomically } from "../run/atomic-write.ts";
import { runFile } from "../run/directory.ts";
import { ignoredClass, levelOf, pointPrediction } from "@specloom/runtime/internal/model/loss";
import type { EpochRecord } from "@specloom/runtime/internal/training/state";
import { comparedText, type Evaluation, type PartScores } from "./evaluation.ts";
import { keptText } from "./kept-text.ts";
import { attentionFacts } from "./report-attention.ts";
import { numbersFacts } from "./report-numbers.ts";
import { rowAxis } from "./row-axis.ts";
import type { StoredMetrics } from "./run-metrics.ts";
import type { Subject } from "./subject.ts";
import { groupedText } from "./table.ts";

export interface ReportRequest {
  readonly subject: Subject;
  readonly dataset: Dataset;
  readonly log: readonly EpochRecord[];
  readonly metrics: StoredMetrics;
  readonly test: Evaluation | undefined;
  /** What a model that writes wrote. */
  readonly samples: SamplesFacts | undefined;
  /** What else there is to say of the run. */
  readonly notes?: readonly string[];
  /** Where `report.html` goes. */
  readonly directory: string;
}

export async function writeReport(request: ReportRequest): Promise<void> {
  // Vega is large; only a report needs it.
  const { reportPage } = await import("../report/page.ts");
  await writeFileAtomically(path.join(request.directory, "report.html"), await reportPage(reportFacts(request)));
}

/** The epochs of `log.jsonl`; a line that is cut off or damaged is left out. */
export async function readLog(directory: string): Promise<EpochRecord[]> {
  const text = await readFile(runFile(directory, "log"), "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      const value: unknown = parseJson(line);
      return isRecord(value) && typeof value["epoch"] === "number" ? [value as unknown as EpochRecord] : [];
    } catch {
      return [];
    }
  });
}

function reportFacts({ subject, dataset, log, metrics, test, samples, notes = [] }: ReportRequest): ReportFacts {
  const { definition } = subject.handle;
  const axis = rowAxis(dataset.forecast?.labels);
  return {
    name: subject.name,
    description: definition.description,
    summary: summaryOf(metrics),
    log,
    bestEpoch: metrics.best_epoch,
    kept: keptSentence(metrics),
    scores: [...scoreFacts("test", metrics.test), ...scoreFacts("validation", metrics.validation)],
    notes: [...notes, ...dataset.notes, ...(metrics.test?.notes ?? [])],
    forecast: test && dataset.forecast && forecastFacts(dataset.forecast, definition, test, axis),
    numbers: test === undefined ? [] : numbersFacts(dataset, definition, test),
    samples,
    attention: test === undefined ? [] : attentionFacts(dataset, definition, test, axis),
    confusion: test && confusionFacts(dataset, definition, test),
    backend: metrics.backend,
    spec: subject.specText,
  };
}

function keptSentence({
  watched = null,
  best_epoch: bestEpoch,
  epochs: epoch,
  kept,
}: StoredMetrics): string | undefined {
  if (kept !== undefined) return keptText(kept, { watched, bestEpoch, epoch });
  return bestEpoch === null ? undefined : `the weights of epoch ${String(bestEpoch)} are kept`;
}

function summaryOf(metrics: StoredMetrics): ReportFacts["summary"] {
  const { train, validation, test } = metrics.examples;
  const outcome = { finished: "", stopped_early: ", stopped early", interrupted: ", not ended" }[metrics.outcome];
  return [
    ["parameters", groupedText(metrics.parameters)],
    ["epochs", `${String(metrics.epochs)}${outcome}`],
    ["updates", groupedText(metrics.steps)],
    ["batch size", String(metrics.batch_size)],
    ["time", `${metrics.seconds.toFixed(1)} s`],
    ["examples", `${String(train)} training, ${String(validation)} validation, ${String(test)} test`],
    ["seed", String(metrics.seed)],
    ["backend", metrics.backend.backend],
  ];
}

function scoreFacts(part: string, scores: PartScores | null): ScoreFacts[] {
  return (scores?.targets ?? []).map(({ count, missing, baseline, metrics, quantiles, ...compared }) => ({
    part,
    target: comparedText(compared),
    count,
    missing,
    baseline,
    rows: [
      ...Object.entries(metrics).map(([name, { model, naive, note }]) => {
        const { title, formula, unit, better } = metricNamed(name);
        return { title, formula, unit, better, model, naive, note };
      }),
      ...quantileRows(quantiles),
    ],
  }));
}

function quantileRows(quantiles: QuantileScores | undefined): ScoreFacts["rows"] {
  if (quantiles === undefined) return [];
  const { levels, interval } = quantiles;
  const { title, formula } = metricNamed("coverage");
  return [
    ...levels.map(({ level, pinball, coverage }) => ({
      title: `Pinball loss of level ${String(level)}`,
      formula: `mean max(${String(level)} (y - p), ${String(level)} (y - p) - (y - p))`,
      unit: "data",
      better: "lower" as const,
      ...pinball,
      note: coverage === null ? undefined : `${(100 * coverage).toFixed(1)} % of the values lie at or below it`,
    })),
    ...(interval === undefined
      ? []
      : [
          {
            title: `${title} from level ${String(interval.from)} to ${String(interval.to)}`,
            formula,
            unit: "ratio",
            better: "nominal" as const,
            model: interval.coverage,
            naive: null,
            note: `${String(interval.nominal)} is right`,
          },
        ]),
  ];
}

/** Columns of a series that are drawn; a file can have hundreds. */
const MOST_COLUMNS = 40;
/** Forecast rows per column, and rows of truth before them: fewer where there are many columns, so that the page stays light. */
const MOST_ROWS = 400;
const MOST_POINTS = 2000;

function forecastFacts(
  data: ForecastData,
  definition: ModelDefinition,
  test: Evaluation,
  axis: RowAxis,
): ForecastFacts | undefined {
  const [loss] = definition.losses;
  const given = memberOf(test.outputs, loss?.input ?? "");
  if (loss === undefined || given === undefined) return undefined;
  const levels = loss.quantiles?.levels;
  const point = pointPrediction(loss, given);
  const ofLevel = (level: number): PartForecast => forecastPart(data, "test", levelOf(given, levels ?? [], level));
  // Without the median there is no forecast to draw, only where the levels lie.
  const part = point === undefined ? withoutForecast(ofLevel(0)) : forecastPart(data, "test", point);
  const edges = levels === undefined || levels.length < 2 ? undefined : outermost(levels);
  const band = edges && { low: ofLevel(edges.lowest).prediction, high: ofLevel(edges.highest).prediction };
  const { targets, horizon, count, rows, prediction, naive } = part;
  const width = targets.length;
  const mostRows = Math.floor(Math.min(MOST_ROWS, MOST_POINTS / Math.min(width, MOST_COLUMNS)));
  const shown = Math.max(1, Math.min(Math.ceil(count / horizon), Math.floor(mostRows / horizon)));
  // Side by side, the last window being the last of the part.
  const windows = Array.from({ length: shown }, (_, index) => count - 1 - (shown - 1 - index) * horizon).filter(
    (window) => window >= 0,
  );
  const first = rows[windows[0] ?? 0] ?? 0;
  const end = (rows[count - 1] ?? 0) + horizon;
  const before = Math.max(0, first - Math.min(mostRows, Math.max(24, end - first)));
  const cells = (values: Float64Array, window: number, target: number): Float64Array =>
    Float64Array.from({ length: horizon }, (_, step) => values[(window * horizon + step) * width + target] ?? NaN);
  return {
    axis,
    baseline: NAIVE_FORECAST,
    horizon,
    ...(levels === undefined || edges === undefined
      ? {}
      : { levels: { from: levels[edges.lowest] ?? 0, to: levels[edges.highest] ?? 1 } }),
    columns: targets.slice(0, MOST_COLUMNS).map((name, target) => ({
      name,
      truth: Array.from({ length: end - before }, (_, index) => ({
        row: before + index,
        value: data.series.truth(before + index, target),
      })).filter(({ value }) => !Number.isNaN(value)),
      windows: windows.map((window) => ({
        row: rows[window] ?? 0,
        model: cells(prediction, window, target),
        naive: cells(naive, window, target),
        ...(band === undefined
          ? {}
          : { band: { low: cells(band.low, window, target), high: cells(band.high, window, target) } }),
      })),
      errors: stepErrors(part, target),
    })),
    left: [
      ...(targets.length > MOST_COLUMNS ? [`Not drawn, but scored: ${targets.slice(MOST_COLUMNS).join(", ")}.`] : []),
      ...(windows.length * horizon < count
        ? [`Only the last ${String(windows.length * horizon)} rows are drawn.`]
        : []),
    ],
  };
}

function withoutForecast(part: PartForecast): PartForecast {
  return { ...part, prediction: new Float64Array(part.prediction.length).fill(Number.NaN) };
}

/** Mean absolute error of one column at each step of the horizon, over all windows. */
function stepErrors({ horizon, count, targets, prediction, naive, truth }: PartForecast, target: number): StepErrors {
  const mean = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: horizon }, (_, step) => {
      let sum = 0;
      let counted = 0;
      for (let window = 0; window < count; window += 1) {
        const cell = (window * horizon + step) * targets.length + target;
        const error = Math.abs((values[cell] ?? Number.NaN) - (truth[cell] ?? Number.NaN));
        // What the file does not have is no truth.
        if (Number.isNaN(error)) continue;
        sum += error;
        counted += 1;
      }
      return sum / counted;
    });
  return { model: mean(prediction), naive: mean(naive) };
}

/** Classes that a matrix of counts stays readable with. */
const MOST_CLASSES = 40;

function confusionFacts(dataset: Dataset, definition: ModelDefinition, test: Evaluation): ConfusionFacts | undefined {
  const [loss] = definition.losses;
  const fact = definition.inputs.find(({ name, dtype }) => name === loss?.target && dtype === "int32");
  const output = memberOf(test.outputs, loss?.input ?? "");
  const labels = fact && memberOf(dataset.test.tensors, fact.name);
  // A label per step comes with lengths or padding, which the scores know how to leave out; here one per example is drawn.
  if (fact === undefined || output === undefined || labels === undefined || fact.shape.length > 0) return undefined;
  const classes = output.length / labels.length;
  if (!Number.isInteger(classes) || classes > MOST_CLASSES) return undefined;
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const ignored = ignoredClass(definition, fact.name);
  labels.forEach((label, example) => {
    const row = counts[label];
    if (label === ignored || row === undefined) return;
    const scores = output.subarray(example * classes, (example + 1) * classes);
    const predicted = scores.indexOf(Math.max(...scores));
    row[predicted] = (row[predicted] ?? 0) + 1;
  });
  return { target: fact.name, classes, counts };
}
