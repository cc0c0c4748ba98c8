/** Scores of one part of a dataset, whatever its kind: the one call that training, `run` and `evaluate` make. */
import type { InputFact } from "@specloom/runtime/internal/contract";
import type { Dataset, Examples } from "../data/dataset.ts";
import type { Scale } from "../data/forecast.ts";
import type { PartName } from "@specloom/runtime/internal/contract-data";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { sizeOf } from "@specloom/runtime/internal/tensor";
import { levelOf } from "@specloom/runtime/internal/model/loss";
import { forecastAndScore, scoreForecastLevels } from "./forecast.ts";
import { scoreClasses, scoreNumbers, scoreQuantiles, type NumberComparison, type Scores } from "./scores.ts";
import { lengthsOf } from "@specloom/runtime/internal/shared/names";

export interface ScorePartOptions {
  readonly dataset: Dataset;
  readonly part: PartName;
  /** All inputs of the model: lengths mask what lies beyond them. */
  readonly inputs: readonly InputFact[];
  /** Name of the target that the output is compared with. */
  readonly target: string;
  /**
   * Output of the layer the loss reads, for all examples of the part in order; scores of classes on the last axis, or the
   * levels of a target side by side.
   */
  readonly output: Float32Array;
  /** Of quantiles. */
  readonly levels?: readonly number[] | undefined;
  readonly metrics: readonly string[];
  /** The class the loss skips (`ignore_index`). */
  readonly ignored?: number | undefined;
  /** Of a series: whether the numbers of the file are scored (the default), or those that the model sees. */
  readonly scale?: Scale | undefined;
}

/** @throws Problem `metric-kind` when a metric does not fit what the model predicts */
export function scorePart(options: ScorePartOptions): Scores {
  const { dataset, part, output, levels, metrics, scale } = options;
  const { forecast } = dataset;
  if (forecast !== undefined) {
    return levels === undefined
      ? forecastAndScore(forecast, part, output, metrics, scale).scores
      : scoreForecastLevels(forecast, part, output, levels, metrics, scale);
  }
  const fact = options.inputs.find((input) => input.name === options.target);
  if (fact === undefined) throw new Error(`there is no target ${options.target}.`);
  return fact.dtype === "int32" ? scoreLabels(options, fact) : scoreTensor(options, fact);
}

function scoreLabels({ dataset, part, inputs, output, metrics, ignored }: ScorePartOptions, fact: InputFact): Scores {
  const labels = memberOf(dataset[part].tensors, fact.name) ?? new Float32Array();
  const counted = countedPositions(dataset[part], fact, inputs).filter((position) => labels[position] !== ignored);
  const classes = output.length / labels.length;
  if (labels.length > 0 && !Number.isInteger(classes)) {
    throw new RangeError(
      `${String(output.length)} numbers are no scores of classes for ${String(labels.length)} labels.`,
    );
  }
  const scoresAt = (position: number): Float32Array => output.subarray(position * classes, (position + 1) * classes);
  const predicted = counted.map((position) => largest(scoresAt(position)));
  const training = memberOf(dataset.train.tensors, fact.name) ?? new Float32Array();
  const trained = countedPositions(dataset.train, fact, inputs)
    .map((position) => training[position] ?? Number.NaN)
    .filter((label) => label !== ignored);
  const truth = counted.map((position) => labels[position] ?? Number.NaN);
  const frequencies = countsOf(trained);
  return scoreClasses(
    {
      predicted,
      truth,
      logProbabilities: counted.map((position, index) => logSoftmaxAt(scoresAt(position), truth[index] ?? Number.NaN)),
      logFrequencies: truth.map((label) => Math.log((frequencies.get(label) ?? 0) / trained.length)),
      majority: mostFrequent(trained),
      undefinedPrediction: predicted.includes(-1),
    },
    metrics,
  );
}

function scoreTensor(options: ScorePartOptions, fact: InputFact): Scores {
  const { output, levels, metrics } = options;
  if (levels === undefined) return scoreNumbers(tensorComparison(options, fact, output), metrics);
  const comparisons = levels.map((_, level) => tensorComparison(options, fact, levelOf(output, levels, level)));
  return scoreQuantiles(levels, comparisons, metrics);
}

function tensorComparison(
  { dataset, part, inputs }: ScorePartOptions,
  fact: InputFact,
  output: Float32Array,
): NumberComparison {
  const truth = memberOf(dataset[part].tensors, fact.name) ?? new Float32Array();
  if (truth.length !== output.length) {
    throw new RangeError(`${String(output.length)} numbers cannot be compared with ${String(truth.length)}.`);
  }
  const counted = countedPositions(dataset[part], fact, inputs);
  const mean = meanExample(dataset.train, fact, inputs);
  const pick = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from(counted, (position) => values[position % values.length] ?? Number.NaN);
  return {
    baseline: "mean of the training part",
    columns: [{ name: fact.name, prediction: pick(output), naive: pick(mean), truth: pick(truth) }],
  };
}

/**
 * How many steps of each example a target has: the lengths of the target, or else of the input whose time axis it shares.
 * Undefined where every step counts.
 */
export function lengthsOfTarget(
  { tensors }: Examples,
  fact: InputFact,
  inputs: readonly InputFact[],
): Float32Array | undefined {
  const shares = (input: InputFact): boolean =>
    input.lengths && input.shape[0] === fact.shape[0] && input.axes[0] === fact.axes[0] && fact.axes[0] !== undefined;
  const masking = fact.lengths ? fact : inputs.find(shares);
  return masking === undefined ? undefined : tensors[lengthsOf(masking.name)];
}

/** Flat positions of a target's elements that count: those within its lengths. */
export function countedPositions(examples: Examples, fact: InputFact, inputs: readonly InputFact[]): number[] {
  const size = sizeOf(fact.shape);
  const lengths = lengthsOfTarget(examples, fact, inputs);
  const perStep = size / (fact.shape[0] ?? 1);
  const positions: number[] = [];
  for (let example = 0; example < examples.count; example += 1) {
    const end = lengths === undefined ? size : (lengths[example] ?? 0) * perStep;
    for (let element = 0; element < end; element += 1) positions.push(example * size + element);
  }
  return positions;
}

/** The mean over the training examples, one number per element of an example; NaN where none counts. */
export function meanExample(examples: Examples, fact: InputFact, inputs: readonly InputFact[]): Float64Array {
  const size = sizeOf(fact.shape);
  const sums = new Float64Array(size);
  const counts = new Float64Array(size);
  const values = memberOf(examples.tensors, fact.name);
  for (const position of countedPositions(examples, fact, inputs)) {
    const element = position % size;
    sums[element] = (sums[element] ?? 0) + (values?.[position] ?? Number.NaN);
    counts[element] = (counts[element] ?? 0) + 1;
  }
  return sums.map((sum, element) => sum / (counts[element] ?? 0));
}

/** Index of the largest number, the first of equals; -1 when one is not a number. */
function largest(values: Float32Array): number {
  let best = 0;
  for (let index = 0; index < values.length; index += 1) {
    if (Number.isNaN(values[index])) return -1;
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
}

/** The logarithm of a class's probability; scores that are log probabilities already stay what they are. */
function logSoftmaxAt(scores: Float32Array, label: number): number {
  const top = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
  return (scores[label] ?? Number.NaN) - top - Math.log(total);
}

/** The most frequent class, the smaller of equals; undefined without any. */
export function mostFrequent(labels: readonly number[]): number | undefined {
  const [first] = [...countsOf(labels)].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  return first?.[0];
}

function countsOf(labels: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
