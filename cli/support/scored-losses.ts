/** Which of a model's losses can be scored, and by which metrics. */
import type { LossFact, ModelFacts } from "@specloom/runtime/internal/contract";
import { metricNamed } from "../../compiler/metrics/index.ts";
import type { Dataset } from "../data/dataset.ts";
import { comparable, hasForecast, ignoredClass } from "@specloom/runtime/internal/model/loss";
import { scorePart, type ScorePartOptions } from "../scoring/part.ts";
import type { Scores } from "../scoring/scores.ts";

/** A loss whose output is held against its target. */
export interface Compared {
  readonly loss: LossFact;
  /** The target's name; with the output's where several outputs are compared with it. */
  readonly name: string;
}

/** Every output beside its target, once, however many losses compare the two. */
export function comparedIn({ losses }: ModelFacts): readonly Compared[] {
  const pairs = losses.filter((loss, index) => losses.findIndex((other) => isSamePair(loss, other)) === index);
  return pairs.map((loss) => {
    const isAlone = pairs.every(({ target }, index) => target !== loss.target || pairs[index] === loss);
    return { loss, name: isAlone ? loss.target : `${loss.target}.${loss.input}` };
  });
}

function isSamePair(one: LossFact, other: LossFact): boolean {
  return one.input === other.input && one.target === other.target;
}

/** Whether each of a target's labels belongs to one prediction; those of ctc lie anywhere in the input. */
export function hasPlaces(definition: ModelFacts, target: string): boolean {
  return definition.alignments?.some((alignment) => alignment.target === target) !== true;
}

/** Metrics score classes, numbers (of quantiles the median), or the levels of quantiles. */
export function metricSuits(definition: ModelFacts, loss: LossFact, metric: string): boolean {
  if (!hasPlaces(definition, loss.target)) return false;
  const fact = definition.inputs.find(({ name }) => name === loss.target);
  const { of } = metricNamed(metric);
  if ((of === "classes") !== (fact?.dtype === "int32")) return false;
  if (of === "quantiles") return loss.quantiles !== undefined;
  return of === "classes" || hasForecast(loss);
}

/** Scores of what a loss reads, `output`, as numbers like its target's. */
export function scoreOf(
  definition: ModelFacts,
  dataset: Dataset,
  loss: LossFact,
  { output, ...asked }: Pick<ScorePartOptions, "part" | "output" | "metrics" | "scale">,
): Scores {
  return scorePart({
    ...asked,
    dataset,
    inputs: definition.inputs,
    target: loss.target,
    output: comparable(loss, output),
    levels: loss.quantiles?.levels,
    ignored: ignoredClass(definition, loss.target),
  });
}
