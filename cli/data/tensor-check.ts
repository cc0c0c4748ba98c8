/** Whether a file's tensors are those a model reads: names, shapes, types, numbers and how many examples there are. */
import type { InputFact } from "@specloom/runtime/internal/contract";
import { expectationsOf, legend, type Expectation } from "@specloom/runtime/internal/expectation";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { Problem, ProblemList } from "@specloom/runtime/internal/problem";
import { shapeText, sizeOf } from "@specloom/runtime/internal/tensor";
import { nearestName } from "@specloom/runtime/internal/nearest-name";
import type { TensorFile } from "./tensor-file.ts";
import type { FileTensor } from "./file-tensor.ts";
import { ValueCheck } from "./tensor-values.ts";

/** Tensors of one file, checked. */
export interface CheckedTensors {
  readonly count: number;
  /** [count, ...shape] each. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
  /** Number of elements per example, by name. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Names in the file that the model does not read. */
  readonly unread: readonly string[];
}

/**
 * Reads the tensors of the model's inputs, and no others.
 * @param optional names that the file might have held and does not
 * @throws Problem or Problems: everything in the file that does not fit the model's inputs
 */
export async function checkTensors(
  file: TensorFile,
  inputs: readonly InputFact[],
  ignored: Readonly<Record<string, number>>,
  optional: readonly string[] = [],
): Promise<CheckedTensors> {
  const { tensors } = file;
  const expected = inputs.flatMap((input) => expectationsOf(input, memberOf(ignored, input.name), input.range));
  const problems = new ProblemList();
  const unread = checkNames(file, expected, optional, problems);
  const checked = new Map<string, Float32Array>();
  const sizes = new Map<string, number>();
  for (const expectation of expected) {
    const { name, shape } = expectation;
    const tensor = tensors.get(name);
    if (tensor === undefined || !isOfItsInput(file, expectation, tensor, problems)) continue;
    const values = new Float32Array(sizeOf(tensor.shape));
    const check = new ValueCheck(expectation, tensor);
    await tensor.readInto(values, check.see);
    const pointer = pointerOf(expectation);
    for (const { indices, ...fault } of check.faults()) {
      problems.add(() => ({ ...fault, ...file.placeOf(name, indices), pointer }));
    }
    checked.set(name, values);
    sizes.set(name, sizeOf(shape));
  }
  problems.throwIfAny();
  return {
    count: exampleCount(file, expected),
    tensors: Object.fromEntries(checked),
    sizes: Object.fromEntries(sizes),
    unread,
  };
}

/**
 * A tensor that is missing, and one of nearly its name that nobody reads, are one mistake. Others that nobody reads are
 * none: files are made for several models.
 * @returns their names
 */
function checkNames(
  { file, tensors, placeOf }: TensorFile,
  expected: readonly Expectation[],
  optional: readonly string[],
  problems: ProblemList,
): readonly string[] {
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
    if (meant === undefined) continue;
    problems.add(() => ({
      code: "extra-tensor",
      message: `the file has a tensor "${name}" that the model does not read.`,
      help: `did you mean "${meant}"? Then rename it.`,
      ...placeOf(name),
    }));
  }
  return [...extra];
}

function heldText(names: readonly string[]): string {
  return names.length === 0 ? "the file holds no tensor at all" : `the file holds ${listText(names)}`;
}

/** `"x", "y" and 3 more` of many. */
export function listText(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => `"${name}"`);
  return `${shown.join(", ")}${names.length > shown.length ? ` and ${String(names.length - shown.length)} more` : ""}`;
}

/** Where the spec declares it. */
function pointerOf({ name, lengthsOf }: Expectation): string {
  return lengthsOf === undefined ? `/inputs/${name}` : `/inputs/${lengthsOf}/lengths`;
}

/** Whether shape and type are those of its input; its numbers are worth a look only then. */
function isOfItsInput(
  { placeOf }: TensorFile,
  expectation: Expectation,
  tensor: FileTensor,
  problems: ProblemList,
): boolean {
  const { name, shape, limits, lengthsOf } = expectation;
  const pointer = pointerOf(expectation);
  // Nested lists without examples have no further axes; the number of examples is checked for all tensors together.
  if (tensor.shape[0] === 0) return true;
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
    return false;
  }
  if (limits?.whole === true && tensor.numbers === "real") {
    problems.add(() => ({
      code: "tensor-dtype",
      message: `tensor "${name}" holds floating point numbers, but its input is int32.`,
      help: "save it as whole numbers, I32 for example.",
      ...placeOf(name),
      pointer,
    }));
    return false;
  }
  return true;
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
