/** Attention for a report: which outputs hold it, and how much of an example is data. */
import type { ModelDefinition, OutputFact } from "@specloom/runtime/internal/contract";
import type { Dataset } from "../data/dataset.ts";
import type { AttentionFacts, RowAxis } from "../report/facts.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { Evaluation } from "./evaluation.ts";
import { lengthsOf } from "@specloom/runtime/internal/shared/names";

/** What the layers call the outputs that hold weights: of attention, of heads, of a decoder. */
const ENDING = /\.(weights|cross_weights|attention)$/;

export function attentionFacts(
  dataset: Dataset,
  definition: ModelDefinition,
  test: Evaluation,
  axis: RowAxis,
): AttentionFacts[] {
  const starts = dataset.forecast?.windows.test;
  return definition.outputs
    .filter(({ name }) => ENDING.test(name))
    .flatMap((output) => {
      const values = memberOf(test.outputs, output.name);
      if (values === undefined) return [];
      return [
        {
          name: output.name,
          scope: output.scope,
          count: test.scores.examples,
          shape: output.shape,
          values,
          extent: extentOf(dataset, definition, output),
          row: starts && ((window: number, step: number) => (starts.at(window) ?? 0) + step),
          axis,
        },
      ];
    });
}

/** The last axis is looked at; the one before it looks, where there is one. */
function extentOf(
  dataset: Dataset,
  definition: ModelDefinition,
  { shape, axes }: OutputFact,
): AttentionFacts["extent"] {
  const tensors = dataset.test.tensors;
  const lengthsAt = (position: number): ((example: number) => number) => {
    const size = shape[position] ?? 1;
    const padded = definition.inputs.filter((input) => input.lengths && input.shape[0] === size);
    // By the name of the axis; layers may name theirs otherwise, and then the one input of that length is meant.
    const named = padded.filter((input) => input.axes[0] === axes[position]);
    const [input, another] = named.length > 0 ? named : padded;
    const lengths = input === undefined || another !== undefined ? undefined : tensors[lengthsOf(input.name)];
    return (example) => lengths?.[example] ?? size;
  };
  const keys = lengthsAt(shape.length - 1);
  const queries = shape.length > 1 ? lengthsAt(shape.length - 2) : () => 1;
  return (example) => ({ queries: queries(example), keys: keys(example) });
}
