/** How long a sequence is that layers made of an example. */
import type { LengthTable, OutputFact } from "../contract.ts";
import { lengthsOf } from "../shared/names.ts";

/**
 * @param given.steps how many there are at most
 * @param tensors of all examples, the lengths of inputs `[examples]` among them; where one is missing, it shortens nothing
 */
export function stepsOf(
  { steps, lengths }: { readonly steps: number; readonly lengths: readonly LengthTable[] },
  tensors: Readonly<Record<string, Float32Array>>,
  index: number,
): number {
  return lengths.reduce((least, { of, steps: table }) => {
    const length = tensors[lengthsOf(of)]?.[index];
    return length === undefined ? least : Math.min(least, table?.[length] ?? length);
  }, steps);
}

/** The shape of an output of one example, without the rows behind its length: those mean nothing. */
export function shapeOfExample(
  { shape, lengths = [] }: OutputFact,
  tensors: Readonly<Record<string, Float32Array>>,
  index: number,
): readonly number[] {
  const [steps, ...rest] = shape;
  return steps === undefined ? shape : [stepsOf({ steps, lengths }, tensors, index), ...rest];
}
