/**
 * Weights that were saved otherwise than this project saves them: in other floating-point types, and under names that all begin
 * alike, as a wrapped PyTorch model has them. They are understood where that is certain, and what was done is told.
 */
import { brainToNumber, halfToNumber } from "../half.ts";
import { Problem } from "../problem.ts";
import type { SafetensorsTensor } from "../safetensors.ts";
import { placeText } from "../tensor.ts";

type Tensors = ReadonlyMap<string, SafetensorsTensor>;

export interface Understood {
  readonly tensors: Tensors;
  /** What was made of the file, a sentence each; none for a file of this project. */
  readonly notices: readonly string[];
}

/**
 * The tensors under the model's names and as float32, where that can be told.
 *
 * @param expected names of the model's parameters
 * @throws Problem `wrong-weights` for numbers that float32 cannot hold
 */
export function understood(given: Tensors, expected: readonly string[]): Understood {
  const prefix = commonPrefix([...given.keys()], expected);
  const named = new Map([...given].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  const { tensors, counts } = asFloat32(named);
  const notices = [...counts].map(([dtype, count]) => {
    const noun = `${String(count)} ${count === 1 ? "tensor" : "tensors"} of ${dtype}`;
    return `${noun} ${count === 1 ? "was" : "were"} ${conversions[dtype]}.`;
  });
  if (prefix !== "")
    notices.unshift(`the names of all tensors begin with ${JSON.stringify(prefix)}, which was left out.`);
  return { tensors, notices };
}

/**
 * What every name of the file begins with and no name of the model lacks: `model.`, `module.`, `_orig_mod.`, or several of them.
 * Empty where a name fits as it is: the model may have a layer called `model`.
 */
function commonPrefix(given: readonly string[], expected: readonly string[]): string {
  const known = new Set(expected);
  const [first = ""] = given;
  if (given.some((name) => known.has(name))) return "";
  for (let end = first.indexOf("."); end >= 0; end = first.indexOf(".", end + 1)) {
    const prefix = first.slice(0, end + 1);
    if (!given.every((name) => name.startsWith(prefix))) return "";
    if (given.some((name) => known.has(name.slice(prefix.length)))) return prefix;
  }
  return "";
}

/** The types that float32 can stand for, and what becomes of their numbers. */
const conversions = {
  F64: "rounded to float32",
  F16: "converted to float32, exactly",
  BF16: "converted to float32, exactly",
} as const;
type Convertible = keyof typeof conversions;

function isConvertible(dtype: string): dtype is Convertible {
  return Object.hasOwn(conversions, dtype);
}

function asFloat32(given: Tensors): { readonly tensors: Tensors; readonly counts: ReadonlyMap<Convertible, number> } {
  const counts = new Map<Convertible, number>();
  const faults: string[] = [];
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, tensor] of given) {
    const { dtype, shape } = tensor;
    if (!isConvertible(dtype)) {
      tensors.set(name, tensor);
      continue;
    }
    const data = float32Of(tensor, dtype);
    const overflow = overflowOf(tensor, data);
    if (overflow >= 0) {
      const value = String(tensor.data[overflow]);
      faults.push(`${name}${placeText(overflow, shape)} is ${value}, which float32 cannot hold`);
    }
    tensors.set(name, { dtype: "F32", shape, data });
    counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  }
  if (faults.length === 0) return { tensors, counts };
  throw new Problem({
    code: "wrong-weights",
    message: `the weights do not fit float32, which this model computes with:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
    help: "look at how they were trained: parameters of a model that works are nowhere near 3.4e38.",
  });
}

function float32Of({ data }: SafetensorsTensor, dtype: Convertible): Float32Array {
  const numbers = data as ArrayLike<number>;
  switch (dtype) {
    case "F64":
      return Float32Array.from(numbers);
    case "F16":
      return Float32Array.from(numbers, halfToNumber);
    case "BF16":
      return Float32Array.from(numbers, brainToNumber);
    default:
      return dtype satisfies never;
  }
}

/** Position of a finite float64 that float32 has no number for, or -1. */
function overflowOf({ dtype, data }: SafetensorsTensor, converted: Float32Array): number {
  if (dtype !== "F64") return -1;
  return converted.findIndex((value, index) => !Number.isFinite(value) && Number.isFinite(data[index]));
}
