/** Whether a file's tensors are those a model reads: names, shapes, types, ranges and the number of examples. */
import type { InputFact } from "../contract.ts";
import { Problem, ProblemList } from "../problem.ts";
import { placeText, shapeText, sizeOf } from "../tensor.ts";
import { nameHelp } from "./suggest.ts";
import type { FileTensor, TensorFile } from "./tensor-file.ts";

/** Whole numbers up to here are exact in float32. */
const LARGEST_WHOLE = 2 ** 24;

/** One tensor a file must hold. Shape without the examples' axis. */
interface Expectation {
  readonly name: string;
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  /** Undefined: any finite number. `also`: one more value that is allowed. */
  readonly range: { readonly from: number; readonly to: number; readonly also: number | undefined } | undefined;
}

/** Tensors of one file, checked. */
export interface CheckedTensors {
  readonly count: number;
  /** [count, ...shape] each. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
  /** Number of elements per example, by name. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** @throws Problem or Problems: everything in the file that does not fit the model's inputs */
export function checkTensors(
  { file, tensors }: TensorFile,
  inputs: readonly InputFact[],
  ignored: Readonly<Record<string, number>>,
): CheckedTensors {
  const expected = inputs.flatMap((input) => expectationsOf(input, ignored[input.name]));
  const problems = new ProblemList();
  checkNames(file, [...tensors.keys()], expected, problems);
  for (const expectation of expected) {
    const tensor = tensors.get(expectation.name);
    if (tensor !== undefined) checkTensor(file, expectation, tensor, problems);
  }
  problems.throwIfAny();
  const count = exampleCount(file, expected, tensors);
  const checked: Record<string, Float32Array> = {};
  const sizes: Record<string, number> = {};
  for (const { name, shape } of expected) {
    checked[name] = Float32Array.from(tensors.get(name)?.values ?? []);
    sizes[name] = sizeOf(shape);
  }
  return { count, tensors: checked, sizes };
}

function expectationsOf(input: InputFact, also: number | undefined): Expectation[] {
  const { name, shape, axes, dtype, vocabulary, lengths, mayBeEmpty = false } = input;
  const whole = vocabulary === undefined ? [-LARGEST_WHOLE, LARGEST_WHOLE] : [0, vocabulary - 1];
  const range = dtype === "int32" ? { from: whole[0] ?? 0, to: whole[1] ?? 0, also } : undefined;
  const tensor = { name, shape, axes, range };
  if (!lengths) return [tensor];
  return [
    tensor,
    {
      name: `${name}.lengths`,
      shape: [],
      axes: [],
      range: { from: mayBeEmpty ? 0 : 1, to: shape[0] ?? 1, also: undefined },
    },
  ];
}

function checkNames(
  file: string,
  given: readonly string[],
  expected: readonly Expectation[],
  problems: ProblemList,
): void {
  const names = expected.map(({ name }) => name);
  for (const expectation of expected) {
    if (given.includes(expectation.name)) continue;
    problems.add(() => ({
      code: "missing-tensor",
      message: `the file has no tensor "${expectation.name}" ${legend(expectation)}.`,
      help: given.length === 0 ? "the file holds no tensor at all." : nameHelp(expectation.name, given, "tensors"),
      file,
    }));
  }
  for (const name of given) {
    if (names.includes(name)) continue;
    problems.add(() => ({
      code: "extra-tensor",
      message: `the file has a tensor "${name}" that the model does not read.`,
      help: `remove it, or declare it under inputs; read are ${names.map((known) => `"${known}"`).join(", ")}.`,
      file,
    }));
  }
}

/** `[examples, T, C] = [examples, 20, 3]` */
function legend({ shape, axes }: Expectation): string {
  const letters = axes.length === shape.length && axes.length > 0 ? `${shapeText(["examples", ...axes])} = ` : "";
  return `${letters}${shapeText(["examples", ...shape])}`;
}

function checkTensor(file: string, expectation: Expectation, tensor: FileTensor, problems: ProblemList): void {
  const { name, shape, range } = expectation;
  // Nested lists without examples have no further axes; the number of examples is checked for all tensors together.
  if (tensor.shape[0] === 0) return;
  if (tensor.shape.length !== shape.length + 1 || shape.some((length, axis) => tensor.shape[axis + 1] !== length)) {
    problems.add(() => ({
      code: "tensor-shape",
      message: `tensor "${name}" is ${shapeText(tensor.shape)}, but the model reads ${legend(expectation)}.`,
      help: `change the file, or the shape of "${name}" under inputs.`,
      file,
    }));
    return;
  }
  if (range !== undefined && tensor.numbers === "real") {
    problems.add(() => ({
      code: "tensor-dtype",
      message: `tensor "${name}" holds floating point numbers, but its input is int32.`,
      help: "save it as I32 or I64.",
      file,
    }));
    return;
  }
  for (let position = 0; position < tensor.values.length; position += 1) {
    const value = tensor.values[position] ?? Number.NaN;
    const fault = range === undefined ? realFault(value, tensor.numbers) : wholeFault(value, range);
    if (fault === undefined) continue;
    const place = placeText(position, tensor.shape).replaceAll(", ", "][");
    problems.add(() => ({ ...fault, message: `${name}${place} is ${String(value)}; ${fault.message}`, file }));
  }
}

interface ValueFault {
  readonly code: "not-finite" | "tensor-value";
  readonly message: string;
  readonly help?: string;
}

function realFault(value: number, numbers: FileTensor["numbers"]): ValueFault | undefined {
  if (!Number.isFinite(Math.fround(value))) {
    return { code: "not-finite", message: "a finite number within float32 was expected." };
  }
  if (numbers === "whole" && Math.abs(value) > LARGEST_WHOLE) {
    return { code: "tensor-value", message: "float32 is exact for whole numbers up to 16777216 only." };
  }
  return undefined;
}

function wholeFault(value: number, range: NonNullable<Expectation["range"]>): ValueFault | undefined {
  if (value === range.also) return undefined;
  if (Number.isInteger(value) && value >= range.from && value <= range.to) return undefined;
  const also = range.also === undefined ? "" : ` (or ${String(range.also)}, which the loss ignores)`;
  return {
    code: "tensor-value",
    message: `a whole number from ${String(range.from)} to ${String(range.to)}${also} was expected.`,
  };
}

function exampleCount(
  file: string,
  expected: readonly Expectation[],
  tensors: ReadonlyMap<string, FileTensor>,
): number {
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
