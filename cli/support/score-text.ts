/** Scores as a table: the model beside its baseline. */
import { metricNamed } from "../../runtime/metrics/index.ts";
import type { PartScores, TargetScores } from "./evaluation.ts";
import { numberText, table } from "./table.ts";

/** @param part `test`, `validation`, `train` */
export function scoreText(part: string, scores: PartScores): string {
  const blocks = scores.targets.map((target) => targetText(part, target));
  const loss = `${part} loss ${numberText(scores.loss)} over ${String(scores.examples)} examples`;
  return [...blocks, ...(scores.notes ?? []), loss].join("\n");
}

function targetText(part: string, scores: TargetScores): string {
  const rows = Object.entries(scores.metrics).map(([name, { model, naive, note }]) => [
    name,
    withUnit(name, model),
    withUnit(name, naive),
    model === null || naive === null || naive === 0 ? "-" : numberText(model / naive),
    [`${metricNamed(name).better} is better`, ...(note === undefined ? [] : [note])].join("; "),
  ]);
  const heading = `${part} part, ${String(scores.count)} values of ${scores.target}; naive: ${scores.baseline}`;
  return `${heading}\n${table([["metric", "model", "naive", "model/naive", ""], ...rows], { right: [1, 2, 3] })}`;
}

function withUnit(name: string, value: number | null): string {
  return metricNamed(name).unit === "percent" && value !== null ? `${numberText(value)} %` : numberText(value);
}
