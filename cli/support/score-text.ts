/** Scores as a table: the model beside its baseline. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { LevelScore } from "../../compiler/metrics/quantiles.ts";
import { metricNamed } from "../../compiler/metrics/index.ts";
import { comparedText, type PartScores, type TargetScores } from "./evaluation.ts";
import type { MetricScore } from "../scoring/scores.ts";
import { numberText, table } from "./table.ts";

/** @param part `test`, `validation`, `train` */
export function scoreText(part: string, scores: PartScores): string {
  const blocks = scores.targets.map((target) => targetText(part, target));
  const { label_smoothing: smoothing } = scores;
  const smoothed = smoothing === undefined ? "" : `, with label smoothing of ${String(smoothing)}`;
  const loss = `${part} loss ${numberText(scores.loss)} over ${String(scores.examples)} examples${smoothed}`;
  return [...blocks, ...(scores.notes ?? []), loss].join("\n");
}

function targetText(part: string, scores: TargetScores): string {
  const columns = Object.entries(scores.columns ?? {});
  const rows = Object.entries(scores.metrics).flatMap(([name, score]) => [
    scoreRow(name, name, score),
    // Columns can have units of their own; their common score is then only a number to watch.
    ...columns.flatMap(([column, own]) => {
      const columnScore = memberOf(own, name);
      return columnScore === undefined ? [] : [scoreRow(`  ${column}`, name, columnScore)];
    }),
  ]);
  const heading = `${part} part, ${countText(scores)}; naive: ${scores.baseline}`;
  const metrics = table([["metric", "model", "naive", "model/naive", ""], ...rows], { right: [1, 2, 3] });
  const text = [heading, ...(rows.length === 0 ? [] : [metrics]), ...quantileText(scores)].join("\n");
  return losesEverywhere(scores) ? `${text}\nnote: the naive forecast is better; ${advice}` : text;
}

/** `29 values of next`, and how many rows were forecast of which the file has no value. */
function countText({ count, missing, ...compared }: TargetScores): string {
  const lacked = missing === undefined ? "" : ` (${String(missing)} more are missing in the file and not scored)`;
  return `${String(count)} values of ${comparedText(compared)}${lacked}`;
}

function betterText(metric: string): string {
  const { better } = metricNamed(metric);
  return better === "nominal" ? "what the levels span is best" : `${better} is better`;
}

/** Each level by itself, on the scale that is scored, and how much lies where the levels say. */
function quantileText({ quantiles }: TargetScores): string[] {
  if (quantiles === undefined) return [];
  const columns = Object.entries(quantiles.columns ?? {});
  const rows = quantiles.levels.flatMap((level, index) => [
    levelRow(String(level.level), level),
    ...columns.flatMap(([column, { levels }]) => {
      const own = levels[index];
      return own === undefined ? [] : [levelRow(`  ${column}`, own)];
    }),
  ]);
  const heading = ["level", "pinball", "naive", "model/naive", "at or below"];
  const { interval } = quantiles;
  const inside =
    interval === undefined
      ? []
      : [
          `  from level ${String(interval.from)} to ${String(interval.to)} lie ${shareText(interval.coverage)} of the values; ${shareText(interval.nominal)} is right`,
        ];
  return [table([heading, ...rows], { right: [1, 2, 3, 4] }), ...inside];
}

function levelRow(title: string, { pinball: { model, naive }, coverage }: LevelScore): string[] {
  const ratio = model === null || naive === null || naive === 0 ? "-" : numberText(model / naive);
  return [title, numberText(model), numberText(naive), ratio, shareText(coverage)];
}

/** `85 %` */
function shareText(share: number | null): string {
  return share === null ? "-" : `${String(Number((100 * share).toPrecision(4)))} %`;
}

const advice = "try a transform (such as { difference: 1 }), normalize, more epochs, or a longer window.";

function scoreRow(title: string, metric: string, { model, naive, note }: MetricScore): string[] {
  return [
    title,
    withUnit(metric, model),
    withUnit(metric, naive),
    model === null || naive === null || naive === 0 ? "-" : numberText(model / naive),
    [betterText(metric), ...(note === undefined ? [] : [note])].join("; "),
  ];
}

function losesEverywhere({ metrics }: TargetScores): boolean {
  const scores = Object.entries(metrics).filter(([name]) => metricNamed(name).better !== "nominal");
  return (
    scores.length > 0 &&
    scores.every(([name, { model, naive }]) => {
      if (model === null || naive === null) return false;
      return metricNamed(name).better === "lower" ? model > naive : model < naive;
    })
  );
}

function withUnit(name: string, value: number | null): string {
  return metricNamed(name).unit === "percent" && value !== null ? `${numberText(value)} %` : numberText(value);
}
