/** Made-up examples of a model's shapes: what a step costs does not depend on what the numbers are. */
import type { InputFact, ModelDefinition } from "@specloom/runtime/internal/contract";
import { predictedInputs } from "@specloom/runtime/internal/model/stand-ins";
import { fillUniform, initialisationStream } from "@specloom/runtime/internal/random";
import { lengthsOf } from "@specloom/runtime/internal/shared/names";

export interface SyntheticExamples {
  /** Inputs and targets, [count, ...shape] each, and the lengths of those that have some. */
  readonly train: Readonly<Record<string, Float32Array | Int32Array>>;
  /** The inputs alone. */
  readonly predict: Readonly<Record<string, Float32Array | Int32Array>>;
}

/** The same numbers for the same seed. The numbers of an example do not depend on how many there are. */
export function syntheticExamples(
  { inputs }: Pick<ModelDefinition, "inputs">,
  count: number,
  seed: number,
): SyntheticExamples {
  const of = (facts: readonly InputFact[]): SyntheticExamples["train"] =>
    Object.fromEntries(facts.flatMap((fact) => tensorsOf(fact, count, seed)));
  return { train: of(inputs), predict: of(predictedInputs({ inputs })) };
}

type Tensor = readonly [name: string, values: Float32Array | Int32Array];

function tensorsOf(
  { name, role, shape, dtype, vocabulary, lengths }: InputFact,
  count: number,
  seed: number,
): Tensor[] {
  const numbers = uniformNumbers(
    name,
    shape.reduce((size, length) => size * length, count),
    seed,
  );
  const tensors: Tensor[] = [[name, dtype === "int32" ? wholeNumbers(numbers, 0, vocabulary ?? 1) : numbers]];
  // Targets lie in [0, 1), which every loss takes; inputs around zero, as they are after normalising.
  if (dtype === "float32" && role === "input") numbers.forEach((value, index) => (numbers[index] = 2 * value - 1));
  if (lengths) {
    const longest = shape[0] ?? 1;
    const shortest = Math.ceil(longest / 2);
    const drawn = uniformNumbers(lengthsOf(name), count, seed);
    tensors.push([lengthsOf(name), wholeNumbers(drawn, shortest, longest - shortest + 1)]);
  }
  return tensors;
}

/** In [0, 1), a stream for each tensor. */
function uniformNumbers(name: string, size: number, seed: number): Float32Array {
  return fillUniform(new Float32Array(size), seed, initialisationStream(`made up: ${name}`));
}

/** `choices` whole numbers from `least`, equally likely. */
function wholeNumbers(numbers: Float32Array, least: number, choices: number): Int32Array {
  return Int32Array.from(numbers, (value) => least + Math.min(choices - 1, Math.floor(value * choices)));
}
