/** Scores of a model on one part of its data, beside a baseline that needs no model. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import type { Dataset } from "../data/dataset.ts";
import type { Scale } from "../data/forecast.ts";
import type { PartName } from "@specloom/runtime/internal/contract-data";
import { metricNamed } from "../../compiler/metrics/index.ts";
import type { Scores } from "../scoring/scores.ts";
import { hasForecast, labelSmoothing, lossReduction } from "@specloom/runtime/internal/model/loss";
import { comparedIn, hasPlaces, metricSuits, scoreOf } from "./scored-losses.ts";

/** Plain JSON: what `metrics.json` holds of one part. */
export interface PartScores {
  /** Null where nothing counts, or where it is no number. */
  readonly loss: number | null;
  /** Where a loss smooths its labels, by how much: the loss above is of the smoothed labels then. */
  readonly label_smoothing?: number;
  readonly examples: number;
  readonly targets: readonly TargetScores[];
  /** Why a target has no scores. */
  readonly notes?: readonly string[];
}

export interface TargetScores extends Scores {
  /** Where several outputs are compared with the target: what tells them apart. */
  readonly name?: string;
  readonly target: string;
  /** The layer's output that was compared with it. */
  readonly output: string;
}

/** What scores are of, in words. */
export function comparedText({ name, target, output }: Pick<TargetScores, "name" | "target" | "output">): string {
  return name === undefined || name === target ? target : `${target} beside ${output}`;
}

export interface Evaluation {
  readonly scores: PartScores;
  /** Outputs for all examples of the part, [examples, ...shape] row-major, scaled as the model sees them. */
  readonly outputs: Readonly<Record<string, Float32Array>>;
}

/** Why a loss is null in `PartScores`. */
function lossNotes(part: PartName, count: number, loss: number): string[] {
  if (count === 0) return [`there is no loss: nothing in the ${part} part counts for it.`];
  return Number.isFinite(loss) ? [] : [`the loss over the ${part} part is not finite: it is ${String(loss)}.`];
}

/** @returns undefined when the part has no examples */
export async function evaluatePart(
  live: LiveModel,
  dataset: Dataset,
  part: PartName,
  scale: Scale = "file",
): Promise<Evaluation | undefined> {
  const examples = dataset[part];
  if (examples.count === 0) return undefined;
  const { definition } = live;
  const inputs = examples.tensors;
  const { loss: value, count, outputs } = await live.evaluate(inputs);
  // As the log has it: a loss that is a sum is told per example. Of a part in which nothing counts, the 0 is no loss.
  const loss = count === 0 ? Number.NaN : lossReduction(definition) === "sum" ? value / count : value;
  const smoothing = labelSmoothing(definition);
  const { metrics: names } = definition;
  const targets: TargetScores[] = [];
  const notes: string[] = lossNotes(part, count, loss);
  for (const { loss, name } of comparedIn(definition)) {
    const { input, target } = loss;
    // Quantiles are told level by level, whatever metrics are listed.
    if (names.length === 0 && loss.quantiles === undefined) continue;
    const output = memberOf(outputs, input);
    if (output === undefined) {
      notes.push(`"${name}" is not scored: add ${input} to outputs in the spec.`);
      continue;
    }
    if (!hasPlaces(definition, target)) {
      notes.push(`"${target}" is not scored: its loss leaves open at which step a label lies.`);
      continue;
    }
    const numbers = names.filter((name) => metricNamed(name).of === "numbers");
    if (numbers.length > 0 && !hasForecast(loss)) {
      notes.push(
        `"${target}" has no forecast, since no level of its quantiles is 0.5: ${numbers.join(", ")} ${numbers.length === 1 ? "is" : "are"} not scored, each level is.`,
      );
    }
    const metrics = names.filter((name) => metricSuits(definition, loss, name));
    const scores = scoreOf(definition, dataset, loss, { part, output, metrics, scale });
    targets.push({ ...(name === target ? {} : { name }), target, output: input, ...scores });
  }
  return {
    scores: {
      loss: Number.isFinite(loss) ? loss : null,
      ...(smoothing === 0 ? {} : { label_smoothing: smoothing }),
      examples: examples.count,
      targets,
      ...(notes.length === 0 ? {} : { notes }),
    },
    outputs,
  };
}
