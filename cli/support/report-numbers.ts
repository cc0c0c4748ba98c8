/** Targets of numbers that are no series, for a report: some examples, and the errors of all. */
import type { InputFact, ModelDefinition } from "@specloom/runtime/internal/contract";
import type { Dataset } from "../data/dataset.ts";
import { pointPrediction } from "@specloom/runtime/internal/model/loss";
import { countedPositions, lengthsOfTarget, meanExample } from "../scoring/part.ts";
import type { NumbersFacts, StepErrors } from "../report/facts.ts";
import { exampleText, sizeOf } from "@specloom/runtime/internal/tensor";
import { comparedText, type Evaluation } from "./evaluation.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { comparedIn } from "./scored-losses.ts";

/** Examples that are drawn: as lines, and as points. */
const MOST_LINES = 4;
const MOST_POINTS = 400;
/** More lines in one drawing, or steps of one line, say nothing. */
const MOST_CHANNELS = 8;
const MOST_STEPS = 400;

export function numbersFacts(dataset: Dataset, definition: ModelDefinition, test: Evaluation): NumbersFacts[] {
  if (dataset.forecast !== undefined) return [];
  return comparedIn(definition).flatMap(({ loss, name }) => {
    const fact = definition.inputs.find((input) => input.name === loss.target && input.dtype === "float32");
    const output = memberOf(test.outputs, loss.input);
    const truth = memberOf(dataset.test.tensors, loss.target);
    if (fact === undefined || output === undefined || truth === undefined) return [];
    const model = pointPrediction(loss, output);
    // A loss may compare what is not of one size (a mixture's parameters with numbers): that is no prediction to draw.
    if (model?.length !== truth.length) return [];
    const title = comparedText({ name, target: loss.target, output: loss.input });
    return [{ ...numbersOf(dataset, definition, fact, truth, model), target: title }];
  });
}

function numbersOf(
  dataset: Dataset,
  definition: ModelDefinition,
  fact: InputFact,
  truth: Float32Array,
  model: Float32Array,
): Omit<NumbersFacts, "target"> {
  const size = sizeOf(fact.shape);
  const steps = fact.shape.length > 0 && size > 1 ? (fact.shape[0] ?? 1) : 1;
  const channels = size / steps;
  const { count } = dataset.test;
  const lengths = lengthsOfTarget(dataset.test, fact, definition.inputs);
  const drawnSteps = Math.min(steps, MOST_STEPS);
  const shown = Math.min(count, steps > 1 ? MOST_LINES : MOST_POINTS);
  const of = (values: Float32Array, example: number): number[] => {
    const end = Math.min(drawnSteps, steps > 1 ? (lengths?.[example] ?? steps) : 1);
    return Array.from({ length: end * Math.min(channels, MOST_CHANNELS) }, (_, cell) => {
      const drawn = Math.min(channels, MOST_CHANNELS);
      const position = example * size + Math.floor(cell / drawn) * channels + (cell % drawn);
      return values[position] ?? Number.NaN;
    });
  };
  const examples = Array.from({ length: shown }, (_, index) => {
    // From all over the part: its first examples may be alike.
    const example = Math.floor((index * count) / shown);
    return { label: exampleText(example), truth: of(truth, example), model: of(model, example) };
  });
  return {
    channels: Math.min(channels, MOST_CHANNELS),
    steps: drawnSteps,
    examples,
    errors: steps > 1 ? stepErrors(dataset, definition, fact, truth, model) : undefined,
    baseline: "mean of the training part",
    left: [
      ...(channels > MOST_CHANNELS
        ? [`Of ${String(channels)} numbers a step the first ${String(MOST_CHANNELS)} are drawn.`]
        : []),
      ...(steps > drawnSteps ? [`Of ${String(steps)} steps the first ${String(drawnSteps)} are drawn.`] : []),
    ],
  };
}

function stepErrors(
  dataset: Dataset,
  { inputs }: ModelDefinition,
  fact: InputFact,
  truth: Float32Array,
  model: Float32Array,
): StepErrors {
  const size = sizeOf(fact.shape);
  const steps = fact.shape[0] ?? 1;
  const naive = meanExample(dataset.train, fact, inputs);
  const sums = { model: new Float64Array(steps), naive: new Float64Array(steps) };
  const counts = new Float64Array(steps);
  for (const position of countedPositions(dataset.test, fact, inputs)) {
    const step = Math.floor((position % size) / (size / steps));
    const value = truth[position] ?? Number.NaN;
    counts[step] = (counts[step] ?? 0) + 1;
    sums.model[step] = (sums.model[step] ?? 0) + Math.abs(value - (model[position] ?? Number.NaN));
    sums.naive[step] = (sums.naive[step] ?? 0) + Math.abs(value - (naive[position % size] ?? Number.NaN));
  }
  const mean = (values: Float64Array): Float64Array => values.map((sum, step) => sum / (counts[step] ?? 0));
  return { model: mean(sums.model), naive: mean(sums.naive) };
}
