/** Inputs that what is asked for does not depend on, and that are left out: values that are allowed stand in for them. */
import type { InputFact, ModelDefinition, OutputFact } from "../contract.ts";
import { memberOf } from "../shared/member-of.ts";
import { sizeOf } from "../tensor.ts";
import { lengthsOf } from "../shared/names.ts";

type Tensors = Readonly<Record<string, Float32Array>>;

/** The inputs that `predict` takes. */
export function predictedInputs({ inputs }: Pick<ModelDefinition, "inputs">): readonly InputFact[] {
  return inputs.filter(({ role, trainingOnly }) => role === "input" && trainingOnly !== true);
}

/** `count` examples of the facts and of nothing else: zeros of what is not among the tensors, one step long where there are lengths. */
export function withStandIns(
  tensors: Tensors,
  facts: readonly InputFact[],
  count: number,
): Record<string, Float32Array> {
  const entries = facts.flatMap(({ name, shape, lengths }) => {
    const own = memberOf(tensors, name) ?? new Float32Array(count * sizeOf(shape));
    const ends = memberOf(tensors, lengthsOf(name)) ?? new Float32Array(count).fill(1);
    return lengths ? [[name, own] as const, [lengthsOf(name), ends] as const] : [[name, own] as const];
  });
  return Object.fromEntries(entries);
}

/** Whether an output is what it is, whatever stands in for what was not given. @param given names of tensors */
export function isDetermined({ needs }: OutputFact, definition: ModelDefinition, given: readonly string[]): boolean {
  return (needs ?? predictedInputs(definition).map(({ name }) => name)).every((name) => given.includes(name));
}
