/** Whether the targets of a loss such as ctc can be read into their inputs at all. */
import type { AlignmentFact, ModelFacts } from "../contract.ts";
import { memberOf } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import { exampleText, sizeOf } from "../tensor.ts";
import { stepsOf } from "./sequence-steps.ts";
import { lengthsOf } from "../shared/names.ts";

/**
 * A target needs one step per label, and one more for the blank between equal neighbours.
 *
 * @param tensors whole numbers, [examples, ...] each, already of the right sizes
 * @param example what a message calls an example, such as `example 3 of the train part` for the index 2
 * @throws Problem `target-not-aligned` for the first label that is none, or the first target that cannot fit its input
 */
export function checkAlignments(
  definition: ModelFacts,
  tensors: Readonly<Record<string, Float32Array>>,
  example: (index: number) => string = exampleText,
): void {
  for (const alignment of definition.alignments ?? []) checkAlignment(definition, alignment, tensors, example);
}

function checkAlignment(
  definition: ModelFacts,
  alignment: AlignmentFact,
  tensors: Readonly<Record<string, Float32Array>>,
  example: (index: number) => string,
): void {
  const { target } = alignment;
  const size = sizeOf(definition.inputs.find(({ name }) => name === target)?.shape ?? []);
  const all = memberOf(tensors, target) ?? new Float32Array(0);
  for (let index = 0; index * size < all.length; index += 1) {
    const length = tensors[lengthsOf(target)]?.[index] ?? size;
    const labels = all.subarray(index * size, index * size + length);
    checkLabels(alignment, labels, index, example);
    if (alignment.mustFit) checkFit(alignment, labels, tensors, index, example);
  }
}

function checkLabels(
  { target, classes, blank, input }: AlignmentFact,
  labels: Float32Array,
  index: number,
  example: (index: number) => string,
): void {
  const place = labels.findIndex((label) => label < 0 || label >= classes || label === blank);
  if (place < 0) return;
  const label = labels[place] ?? 0;
  const fault = label === blank ? "which is the blank" : `but "${input}" has ${String(classes)} classes`;
  throw new Problem({
    code: "target-not-aligned",
    message: `${target} of ${example(index)} has the label ${String(label)} in place ${String(place + 1)}, ${fault}.`,
    help:
      `labels are whole numbers from 0 to ${String(classes - 1)} without the blank, ${String(blank)}` +
      `; what only fills a target up lies beyond its length (lengths: true under inputs).`,
  });
}

function checkFit(
  alignment: AlignmentFact,
  labels: Float32Array,
  tensors: Readonly<Record<string, Float32Array>>,
  index: number,
  example: (index: number) => string,
): void {
  const { target, input } = alignment;
  const repeats = labels.reduce((count, label, place) => count + (place > 0 && label === labels[place - 1] ? 1 : 0), 0);
  const needed = labels.length + repeats;
  const steps = stepsOf(alignment, tensors, index);
  if (needed <= steps) return;
  const blanks = repeats === 0 ? "" : ` and ${countOf(repeats, "blank")} between equal neighbours`;
  throw new Problem({
    code: "target-not-aligned",
    message:
      `${target} of ${example(index)} cannot fit its input: ${countOf(labels.length, "label")}${blanks} ` +
      `need ${countOf(needed, "step")}, but "${input}" has ${String(steps)}.`,
    help:
      "leave the example out, make the steps finer (smaller strides), or set zero_infinity: true in the loss, which " +
      "counts such examples as loss 0.",
  });
}

function countOf(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}
