/** What a model says of every example of a part, beside what is true: numbers, classes, or what it writes. */
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import type { Dataset } from "../data/dataset.ts";
import { forecastPart, type Scale } from "../data/forecast.ts";
import type { PartName } from "@specloom/runtime/internal/contract-data";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { countedPositions } from "../scoring/part.ts";
import { comparable, ignoredClass, levelOf, pointPrediction } from "@specloom/runtime/internal/model/loss";
import { sizeOf } from "@specloom/runtime/internal/tensor";
import type { Evaluation } from "./evaluation.ts";
import { decodedExamplesOf, type DecodedPart } from "./decoded-part.ts";
import { comparedIn, hasPlaces, type Compared } from "./scored-losses.ts";

export interface AnswerRequest {
  readonly live: LiveModel;
  readonly dataset: Dataset;
  readonly part: PartName;
  readonly scale: Scale;
  readonly evaluation: Evaluation;
}

/** Numbers or classes of one target, [count, ...shape] row-major. */
export interface Answers {
  /** Of the target; with the output's where several outputs are compared with it. */
  readonly name: string;
  readonly target: string;
  /** The output that is compared with it. */
  readonly output: string;
  readonly count: number;
  readonly shape: readonly number[];
  /** Nine digits say all that a float32 holds; numbers on the file's scale are float64. */
  readonly isFloat32: boolean;
  /** Absent of quantiles without the median: none of them is the forecast. */
  readonly prediction?: ArrayLike<number>;
  readonly quantiles?: readonly { readonly level: number; readonly values: ArrayLike<number> }[];
  /** NaN where nothing is known, or nothing counts: padding, gaps of the file, ignored classes. */
  readonly truth: ArrayLike<number>;
  /** Of a series: what a forecast that repeats the last value says. */
  readonly naive?: ArrayLike<number>;
  /** Of a series: the names of the last axis, and per example what its first forecast row is called. */
  readonly columns?: readonly string[];
  readonly rows?: readonly string[];
}

export interface PartAnswers {
  readonly targets: readonly Answers[];
  /** Of a model that writes. */
  readonly written: DecodedPart | undefined;
}

export async function answersOf(request: AnswerRequest): Promise<PartAnswers> {
  const { live, dataset, part } = request;
  const { definition } = live;
  const written = await decodedExamplesOf(live, dataset[part]);
  const targets = comparedIn(definition).flatMap((compared) => {
    const { input, target } = compared.loss;
    const output = memberOf(request.evaluation.outputs, input);
    // What is written answers for the logits that it is searched in.
    if (output === undefined || written?.output === input || !hasPlaces(definition, target)) return [];
    const answers = dataset.forecast === undefined ? tensorAnswers : seriesAnswers;
    return answers(request, compared, output);
  });
  return { targets, written };
}

function seriesAnswers(
  { dataset, part, scale }: AnswerRequest,
  { loss, name }: Compared,
  output: Float32Array,
): readonly Answers[] {
  const { forecast: data } = dataset;
  if (data === undefined) return [];
  const { levels, median } = loss.quantiles ?? {};
  const parts = (levels ?? [undefined]).map((_, level) =>
    forecastPart(data, part, levels === undefined ? comparable(loss, output) : levelOf(output, levels, level), scale),
  );
  const [first] = parts;
  if (first === undefined) return [];
  const { targets, horizon, count, rows, truth, naive } = first;
  const point = levels === undefined ? first : parts[median ?? -1];
  const label = (row: number): string => data.labels?.at(row) ?? String(row + 1);
  const shape = [horizon, targets.length];
  return [
    {
      name,
      target: loss.target,
      output: loss.input,
      count,
      shape,
      isFloat32: scale === "model",
      ...(point === undefined ? {} : { prediction: point.prediction }),
      ...(levels === undefined
        ? {}
        : { quantiles: levels.map((level, index) => ({ level, values: parts[index]?.prediction ?? [] })) }),
      truth,
      naive,
      columns: targets,
      rows: rows.map(label),
    },
  ];
}

function tensorAnswers(
  { live, dataset, part }: AnswerRequest,
  { loss, name }: Compared,
  output: Float32Array,
): readonly Answers[] {
  const { definition } = live;
  const fact = definition.inputs.find(({ name }) => name === loss.target);
  const given = memberOf(dataset[part].tensors, loss.target);
  if (fact === undefined || given === undefined) return [];
  const { count } = dataset[part];
  const truth = new Float64Array(given.length).fill(Number.NaN);
  const ignored = ignoredClass(definition, fact.name);
  for (const position of countedPositions(dataset[part], fact, definition.inputs)) {
    if (given[position] !== ignored) truth[position] = given[position] ?? Number.NaN;
  }
  const common = { name, target: fact.name, output: loss.input, count, shape: fact.shape, truth, isFloat32: true };
  if (fact.dtype === "int32") return [{ ...common, prediction: classesOf(output, given.length) }];
  const levels = loss.quantiles?.levels;
  if (levels !== undefined) {
    const point = pointPrediction(loss, output);
    const quantiles = levels.map((level, index) => ({ level, values: levelOf(output, levels, index) }));
    return [{ ...common, ...(point === undefined ? {} : { prediction: point }), quantiles }];
  }
  const prediction = comparable(loss, output);
  // A loss may read several numbers per target (a mean and a variance): those are no predictions beside it.
  return prediction.length === given.length ? [{ ...common, prediction }] : [];
}

/** The class with the largest score, the first of equals. */
function classesOf(scores: Float32Array, count: number): Float64Array {
  const classes = scores.length / count;
  return Float64Array.from({ length: count }, (_, position) => {
    let best = 0;
    for (let index = 1; index < classes; index += 1) {
      if ((scores[position * classes + index] ?? 0) > (scores[position * classes + best] ?? 0)) best = index;
    }
    return best;
  });
}

/** Numbers per example. */
export function answerSize({ shape }: Answers): number {
  return sizeOf(shape);
}
