/** Whether a file's tensors are those a model reads: names, shapes, types, numbers and how many examples there are. */
import type { InputFact } from "../contract.ts";
import { expectationsOf, legend, type Expectation } from "../expectation.ts";
import { Problem, ProblemList } from "../problem.ts";
import { shapeText, sizeOf } from "../tensor.ts";
import { nearestName } from "./suggest.ts";
import type { FileTensor, TensorFile } from "./tensor-file.ts";
import { checkValues } from "./tensor-values.ts";

/** Tensors of one file, checked. */
export interface CheckedTensors {
  readonly count: number;
  /** [count, ...shape] each. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
  /** Number of elements per example, by name. */
  readonly sizes: Readonly<Record<string, number>>;
}

/**
 * @param optional names that the file might have held and does not
 * @throws Problem or Problems: everything in the file that does not fit the model's inputs
 */
export function checkTensors(
  file: TensorFile,
  inputs: readonly InputFact[],
  ignored: Readonly<Record<string, number>>,
  optional: readonly string[] = [],
): CheckedTensors {
  const { tensors } = file;
  const expected = inputs.flatMap((input) => expectationsOf(input, ignored[input.name], input.range));
  const problems = new ProblemList();
  checkNames(file, expected, optional, problems);
  for (const expectation of expected) {
    const tensor = tensors.get(expectation.name);
    if (tensor !== undefined) checkTensor(file, expectation, tensor, problems);
  }
  problems.throwIfAny();
  const count = exampleCount(file, expected);
  const checked: Record<string, Float32Array> = {};
  const sizes: Record<string, number> = {};
  for (const { name, shape } of expected) {
    checked[name] = Float32Array.from(tensors.get(name)?.values ?? []);
    sizes[name] = sizeOf(shape);
  }
  return { count, tensors: checked, sizes };
}

/** A tensor that is missing, and one of nearly its name that nobody reads, are one mistake. */
function checkNames(
  { file, tensors, placeOf }: TensorFile,
  expected: readonly Expectation[],
  optional: readonly string[],
  problems: ProblemList,
): void {
  const names = expected.map(({ name }) => name);
  const extra = new Set([...tensors.keys()].filter((name) => !names.includes(name)));
  for (const expectation of expected) {
    const { name } = expectation;
    if (tensors.has(name)) continue;
    const meant = nearestName(name, [...extra]);
    if (meant !== undefined) extra.delete(meant);
    problems.add(() => ({
      code: "missing-tensor",
      message: `the file has no tensor "${name}" ${legend(expectation, "examples")}.`,
      help:
        meant === undefined ? `add it; ${heldText([...tensors.keys()])}.` : `did you mean "${meant}"? Then rename it.`,
      pointer: pointerOf(expectation),
      ...(meant === undefined ? { file } : placeOf(meant)),
    }));
  }
  for (const name of extra) {
    const meant = nearestName(name, optional);
    problems.add(() => ({
      code: "extra-tensor",
      message: `the file has a tensor "${name}" that the model does not read.`,
      help:
        meant === undefined
          ? `remove it, or declare it under inputs; read are ${names.map((known) => `"${known}"`).join(", ")}.`
          : `did you mean "${meant}"? Then rename it.`,
      ...placeOf(name),
    }));
  }
}

function heldText(names: readonly string[]): string {
  if (names.length === 0) return "the file holds no tensor at all";
  const shown = names.slice(0, 20).map((name) => `"${name}"`);
  return `the file holds ${shown.join(", ")}${names.length > shown.length ? ` and ${String(names.length - shown.length)} more` : ""}`;
}

/** Where the spec declares it. */
function pointerOf({ name, lengthsOf }: Expectation): string {
  return lengthsOf === undefined ? `/inputs/${name}` : `/inputs/${lengthsOf}/lengths`;
}

function checkTensor(
  { placeOf }: TensorFile,
  expectation: Expectation,
  tensor: FileTensor,
  problems: ProblemList,
): void {
  const { name, shape, limits, lengthsOf } = expectation;
  const pointer = pointerOf(expectation);
  // Nested lists without examples have no further axes; the number of examples is checked for all tensors together.
  if (tensor.shape[0] === 0) return;
  if (tensor.shape.length !== shape.length + 1 || shape.some((length, axis) => tensor.shape[axis + 1] !== length)) {
    problems.add(() => ({
      code: "tensor-shape",
      message: `tensor "${name}" is ${shapeText(tensor.shape)}, but the model reads ${legend(expectation, "examples")}.`,
      help:
        lengthsOf === undefined
          ? `change the file, or the shape of "${name}" under inputs.`
          : `write one whole number per example: how many steps of its "${lengthsOf}" are data.`,
      ...placeOf(name),
      pointer,
    }));
    return;
  }
  if (limits?.whole === true && tensor.numbers === "real") {
    problems.add(() => ({
      code: "tensor-dtype",
      message: `tensor "${name}" holds floating point numbers, but its input is int32.`,
      help: "save it as I32 or I64.",
      ...placeOf(name),
      pointer,
    }));
    return;
  }
  for (const { indices, ...fault } of checkValues(expectation, tensor)) {
    problems.add(() => ({ ...fault, ...placeOf(name, indices), pointer }));
  }
}

function exampleCount({ file, tensors }: TensorFile, expected: readonly Expectation[]): number {
  const counts = expected.map(({ name }) => ({ name, count: tensors.get(name)?.shape[0] ?? 0 }));
  const first = counts[0]?.count ?? 0;
  const problem = (message: string): Problem =>
    new Problem({ code: "example-count", message, help: "the first axis of every tensor is the example.", file });
  if (counts.some(({ count }) => count !== first)) {
    const list = counts.map(({ name, count }) => `"${name}" ${String(count)}`).join(", ");
    throw problem(`the tensors have different numbers of examples: ${list}.`);
  }
  if (first === 0) throw problem("the tensors hold no examples.");
  return first;
}
