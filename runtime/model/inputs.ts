/** The border of a model: what a caller hands over becomes flat float32 tensors of exactly the right size, or a Problem. */
import type { InputFact, ModelDefinition } from "../contract.ts";
import type { TensorInput } from "../contract-live.ts";
import { expectationsOf, isWithin, legend, limitsText, type Expectation } from "../expectation.ts";
import { memberOf, setMember } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import {
  describe,
  firstNotFinite,
  flattenInto,
  isIntegerArray,
  isList,
  isNumberArray,
  placeText,
  shapeText,
  sizeOf,
  suggestedShape,
} from "../tensor.ts";
import { checkAlignments } from "./alignments.ts";
import { ignoredClass } from "./loss.ts";
import { predictedInputs } from "./stand-ins.ts";
import { maskOf, withoutLengths } from "../shared/names.ts";

/** Checked inputs: tensors by name, [count, ...shape] each, row-major; of targets that may be missing `<name>.mask` too. */
export interface CheckedInputs {
  readonly count: number;
  readonly tensors: Readonly<Record<string, Float32Array>>;
}

type Use = "predict" | "train" | "stream" | "decode";

/** What the calls of one model take: `predict` the model's inputs, `train` its targets too. */
export class InputCheck {
  readonly #definition: ModelDefinition;
  readonly #spare = new Map<string, Float32Array>();
  readonly #expected: Readonly<Record<"predict" | "train", readonly Expectation[]>>;

  constructor(definition: ModelDefinition) {
    this.#definition = definition;
    const { inputs } = definition;
    const expected = (facts: readonly InputFact[]): readonly Expectation[] =>
      facts.flatMap((fact) => expectations(definition, fact));
    this.#expected = { predict: expected(predictedInputs(definition)), train: expected(inputs) };
  }

  /**
   * @param isIdle no other call is under way: the tensors may lie where those of the call before did
   * @throws Problem naming every missing and unknown input, or the first wrong length or value with its place
   */
  check(inputs: unknown, use: "predict" | "train", isIdle = false): CheckedInputs {
    return checkInputs(this.#definition, inputs, this.#expected[use], use, isIdle ? this.#copyToSpare : copied);
  }

  /** Small models are called so often that new arrays, and their collection, would be a tenth of the time. */
  readonly #copyToSpare: Copy = (name, values) => {
    let spare = this.#spare.get(name);
    if (spare?.length !== values.length) {
      spare = new Float32Array(values.length);
      this.#spare.set(name, spare);
    }
    spare.set(values);
    return spare;
  };
}

/** Copies what a caller gave for an input: the caller may change its array while the call waits for its turn. */
type Copy = (name: string, values: Float32Array) => Float32Array;

const copied: Copy = (_name, values) => values.slice();

/**
 * Checks inputs that are not all of the model's, or not whole.
 * @param call whose they are, for messages
 */
export function checkFacts(
  definition: ModelDefinition,
  inputs: unknown,
  facts: readonly InputFact[],
  call: "stream" | "decode",
): CheckedInputs {
  const expected = facts.flatMap((fact) => expectations(definition, fact));
  return checkInputs(definition, inputs, expected, call, copied);
}

function checkInputs(
  definition: ModelDefinition,
  inputs: unknown,
  expected: readonly Expectation[],
  use: Use,
  copy: Copy,
): CheckedInputs {
  if (typeof inputs !== "object" || inputs === null || isList(inputs)) {
    throw wrongInputs(`the inputs must be an object of tensors by name, not ${describe(inputs)}.`);
  }
  checkNames(definition, Object.keys(inputs), expected, use);
  const tensors: Record<string, Float32Array> = {};
  const counts: { readonly name: string; readonly count: number }[] = [];
  for (const expectation of expected) {
    const { count, values } = flatten(
      expectation,
      memberOf(inputs as Record<string, TensorInput>, expectation.name),
      copy,
    );
    if (expectation.mayBeMissing === true) setMember(tensors, maskOf(expectation.name), takeMask(values));
    checkValues(expectation, values);
    counts.push({ name: expectation.name, count });
    setMember(tensors, expectation.name, values);
  }
  const first = counts[0];
  if (first === undefined) throw wrongInputs("this model has no inputs, so there is nothing to run it on.");
  if (counts.some(({ count }) => count !== first.count)) {
    const found = counts.map(({ name, count }) => `"${name}" has ${String(count)}`).join(", ");
    throw wrongInputs(`the inputs differ in their number of examples: ${found}.`);
  }
  if (use === "train") checkAlignments(definition, tensors);
  return { count: first.count, tensors };
}

function expectations(definition: ModelDefinition, fact: InputFact): readonly Expectation[] {
  return expectationsOf(fact, fact.role === "target" ? ignoredClass(definition, fact.name) : undefined);
}

function checkNames(
  definition: ModelDefinition,
  given: readonly string[],
  expected: readonly Expectation[],
  use: Use,
): void {
  if (given.length === expected.length && expected.every(({ name }) => given.includes(name))) return;
  const wanted = expected.map(({ name }) => name);
  const missing = wanted.filter((name) => !given.includes(name));
  const unknown = given.filter((name) => !wanted.includes(name));
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`missing: ${missing.join(", ")}`);
  if (unknown.length > 0) parts.push(`unknown: ${unknown.join(", ")}`);
  const predicted = predictedInputs(definition);
  const targets = definition.inputs.filter((input) => !predicted.includes(input)).map(({ name }) => name);
  const isTarget = (name: string): boolean => targets.includes(withoutLengths(name));
  const note = use === "predict" && unknown.some(isTarget) ? " Targets are not given to predict." : "";
  throw new Problem({
    code: "wrong-inputs",
    message: `the inputs have the wrong names (${parts.join("; ")}).${note}`,
    help: `this call takes ${expected.map(signature).join(", ")}.`,
  });
}

/** `series [n, T, C] = [n, 24, 1]` */
function signature(expectation: Expectation): string {
  return `${expectation.name} ${legend(expectation, "n")}`;
}

function flatten(
  expectation: Expectation,
  given: TensorInput | undefined,
  copy: Copy,
): { readonly count: number; readonly values: Float32Array } {
  const { name, shape } = expectation;
  const size = sizeOf(shape);
  if (!isList(given)) {
    throw wrongInputs(`input "${name}" must be ${signature(expectation)}, but it is ${describe(given)}.`);
  }
  if (given.length === 0) throw wrongInputs(`input "${name}" is empty; at least one example is needed.`);
  if (isNumberArray(given) || typeof given[0] === "number" || typeof given[0] === "bigint") {
    if (given.length % size !== 0) {
      throw wrongInputs(
        `input "${name}" must be ${signature(expectation)}, a multiple of ${String(size)} numbers, ` +
          `but ${String(given.length)} were given.`,
      );
    }
    const count = given.length / size;
    if (given instanceof Float32Array) return { count, values: copy(name, given) };
    return { count, values: nested(expectation, given, [given.length], count) };
  }
  return { count: given.length, values: nested(expectation, given, [given.length, ...shape], given.length) };
}

/** 1 where a value is known. What is not known is NaN, and 0 from here on: no number that a device must not meet. */
function takeMask(values: Float32Array): Float32Array {
  const mask = new Float32Array(values.length).fill(1);
  values.forEach((value, position) => {
    if (!Number.isNaN(value)) return;
    mask[position] = 0;
    values[position] = 0;
  });
  return mask;
}

/** Reads through float64, so that a number float32 cannot hold is seen and not silently made another. */
function nested(expectation: Expectation, given: unknown, shape: readonly number[], count: number): Float32Array {
  const { name } = expectation;
  const wide = new Float64Array(count * sizeOf(expectation.shape));
  const fault = flattenInto(wide, given as readonly number[], shape);
  if (fault !== undefined) {
    throw wrongInputs(
      `input "${name}" must be ${signature(expectation)}, but ${name}${shapeText(fault.place)} is ${fault.found} ` +
        `where ${fault.expected} is expected (it looks like ${shapeText(suggestedShape(given))}).`,
    );
  }
  const values = Float32Array.from(wide);
  // A fraction is rounded to float32, as everywhere; who hands over integers means exactly these.
  const isExact = expectation.limits?.whole === true || isIntegerArray(given);
  for (let position = 0; position < wide.length; position += 1) {
    const value = wide[position] ?? 0;
    const narrow = values[position] ?? 0;
    const changed = isExact && narrow !== value;
    if ((Number.isFinite(value) && !Number.isFinite(narrow)) || (changed && Number.isFinite(value))) {
      throw wrongInputs(`${locate(expectation, position)} is ${String(value)}, which float32 cannot hold.`);
    }
  }
  return values;
}

function checkValues(expectation: Expectation, values: Float32Array): void {
  const { limits } = expectation;
  if (limits === undefined && firstNotFinite(values) < 0) return;
  for (let position = 0; position < values.length; position += 1) {
    const value = values[position] ?? 0;
    if (!Number.isFinite(value)) {
      throw wrongInputs(`${locate(expectation, position)} is ${String(value)}; every number must be finite.`);
    }
    if (limits !== undefined && !isWithin(limits, value)) {
      throw wrongInputs(`${locate(expectation, position)} is ${String(value)}; ${limitsText(limits)} is expected.`);
    }
  }
}

/** `series[3, 0, 1]`: example first. */
function locate({ name, shape }: Expectation, position: number): string {
  const size = sizeOf(shape);
  const example = Math.floor(position / size);
  return `${name}${placeText(position, [example + 1, ...shape])}`;
}

function wrongInputs(message: string): Problem {
  return new Problem({ code: "wrong-inputs", message });
}
