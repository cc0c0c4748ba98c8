/** The names that compiled programs and the runtime know one another's tensors by. Both sides take them from here. */

/** The mask `[B]` that tells examples (1) from the rows that fill up a smaller batch (0). */
export const batchMask = "batch.mask";

export type LengthsOf<Name extends string> = `${Name}.lengths`;

/** Of an int32 tensor `[B]`: how many steps of an input count. */
export function lengthsOf<Name extends string>(input: Name): LengthsOf<Name> {
  return `${input}.lengths`;
}

const lengthsSuffix = lengthsOf("");

export function isLengths(name: string): boolean {
  return name.endsWith(lengthsSuffix);
}

/** The input whose lengths have that name, or the name itself. */
export function withoutLengths(name: string): string {
  return isLengths(name) ? name.slice(0, -lengthsSuffix.length) : name;
}

/** Of the tensor that is 1 where a target is known and 0 where it is not; of the target's shape. */
export function maskOf<Name extends string>(target: Name): `${Name}.mask` {
  return `${target}.mask`;
}

/** A program's loss: the sum of all. */
export const lossResult = "loss";

/** How many elements the first loss counts. */
export const lossCount = "loss.count";

/** Of several losses one by itself, from 0 on. */
export function lossPart(index: number): `loss.${string}` {
  return `loss.${String(index)}`;
}

export function lossPartCount(index: number): `loss.${string}` {
  return `${lossPart(index)}.count`;
}

/** Whether a result belongs to the losses without being their sum. */
export function isOfLosses(name: string): boolean {
  return name.startsWith("loss.");
}

const gradientPrefix = "gradient.";

export function gradientOf(parameter: string): string {
  return `${gradientPrefix}${parameter}`;
}

/** The parameter whose gradient has that name; undefined of what is no gradient. */
export function parameterOfGradient(name: string): string | undefined {
  return name.startsWith(gradientPrefix) ? name.slice(gradientPrefix.length) : undefined;
}

const slotMark = "#";

/** A tensor that is kept beside a parameter: a slot of the optimizer's state, or what is summed up over several batches. */
export function slotOf<Owner extends string>(owner: Owner, slot: string): `${Owner}#${string}` {
  return `${owner}${slotMark}${slot}`;
}

/** The two parts of such a name; undefined of what is no slot. */
export function slotParts(name: string): { readonly owner: string; readonly slot: string } | undefined {
  const mark = name.indexOf(slotMark);
  return mark < 0 ? undefined : { owner: name.slice(0, mark), slot: name.slice(mark + slotMark.length) };
}

/** The slot of the parameters' moving average. */
export const averageSlot = "average";

/** A scalar: 0 for the first batch of an update, which forgets the update before, else 1. */
export const accumulationKept = "accumulation.kept";

/**
 * A scalar, a power of two: the gradients are multiplied by it before their squares are added up. 1, and less for an update that
 * was refused because the squares of finite gradients were more than float32 holds.
 */
export const clipScale = "clip.scale";

/** A result of an update: the norm of all gradients before clipping, times the scale. */
export const gradientNormResult = "gradient_norm";

/** How many steps of a stream went before, `[1]`. */
export const streamPosition = "stream.position";
