/** A file of named tensors, JSON or safetensors, before anything is asked of it: shapes and numbers. */
import { duplicateKey } from "../duplicate-key.ts";
import { Problem } from "../problem.ts";
import { readSafetensors, type SafetensorsTensor } from "../safetensors.ts";
import { describe, isList, sizeOf, suggestedShape } from "../tensor.ts";
import type { FileReader } from "./dataset.ts";
import { placeInText, positionOf } from "./place.ts";
import { decodeText } from "./text.ts";

/** Row-major numbers; first axis: examples. */
export interface FileTensor {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  /** `real` and `whole` are what safetensors says; JSON numbers are either, whatever they are used as. */
  readonly numbers: "real" | "whole" | "either";
}

export interface TensorFile {
  /** As messages show it. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

/** @throws Problem `data-file-format`, `broken-json`, `ragged-tensor`, `tensor-dtype`, `invalid-safetensors` and others */
export async function readTensorFile(path: string, files: FileReader): Promise<TensorFile> {
  const file = files.display?.(path) ?? path;
  const ending = /\.[^./\\]*$/.exec(path.toLowerCase())?.[0] ?? "";
  if (ending !== ".json" && ending !== ".safetensors") {
    throw new Problem({
      code: "data-file-format",
      message: `tensors are not read from a file ending in "${ending}".`,
      help: "supported: .json with an object of named nested lists, and .safetensors.",
      file,
    });
  }
  const bytes = await files.read(path);
  return { file, tensors: ending === ".json" ? readJson(decodeText(bytes, file), file) : readBinary(bytes, file) };
}

function readBinary(bytes: Uint8Array, file: string): Map<string, FileTensor> {
  try {
    const tensors = [...readSafetensors(bytes).tensors];
    return new Map(tensors.map(([name, tensor]) => [name, numbersOf(name, tensor)]));
  } catch (error) {
    throw error instanceof Problem ? error.at({ file }) : error;
  }
}

function numbersOf(name: string, { dtype, shape, data }: SafetensorsTensor): FileTensor {
  if (dtype === "F32" || dtype === "F64") {
    return { shape, values: Float64Array.from(data as Float32Array | Float64Array), numbers: "real" };
  }
  if (dtype === "I32" || dtype === "I64") {
    const whole = data as Int32Array | BigInt64Array;
    // Beyond 2^53 the number changes here, but it stays beyond 2^24 and is refused for that.
    const values = new Float64Array(whole.length);
    for (let index = 0; index < whole.length; index += 1) values[index] = Number(whole[index]);
    return { shape, values, numbers: "whole" };
  }
  throw new Problem({
    code: "tensor-dtype",
    message: `tensor "${name}" is ${dtype}; F32, F64, I32 and I64 are read.`,
    help: "convert it before saving, for example with tensor.float() or tensor.int().",
  });
}

function readJson(text: string, file: string): Map<string, FileTensor> {
  const value = parseJson(text, file);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Problem({
      code: "broken-json",
      message: `the file holds ${describe(value)}, but an object of named nested lists was expected.`,
      help: 'for example {"x": [[1, 2], [3, 4]], "label": [0, 1]}.',
      file,
    });
  }
  const repeated = duplicateKey(text);
  if (repeated !== undefined) {
    throw new Problem({
      code: "duplicate-key",
      message: `the file has the key "${repeated}" twice.`,
      help: "keep one of them.",
      file,
    });
  }
  return new Map(Object.entries(value).map(([name, nested]) => [name, flatten(name, nested, file)]));
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Engines word their messages differently; the position is used where they give one.
    const end = text.trimEnd().length;
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const atEnd = position === undefined ? /end of|unterminated/i.test(String(error)) : Number(position) >= end;
    const offset = atEnd ? end : position === undefined ? undefined : Number(position);
    const place = offset === undefined ? { file } : placeInText({ file, text, ...positionOf(text, offset), length: 1 });
    throw new Problem({
      code: "broken-json",
      message: atEnd
        ? "the JSON ends too early."
        : offset === undefined
          ? "the file is not JSON."
          : "the file is not JSON from here on.",
      help: "JSON has double quotes, no comma behind the last item, and neither NaN nor Infinity.",
      ...place,
    });
  }
}

function flatten(name: string, nested: unknown, file: string): FileTensor {
  const shape = suggestedShape(nested);
  if (shape.length === 0) {
    throw new Problem({
      code: "ragged-tensor",
      message: `${name} is ${describe(nested)}, but a list with one item per example was expected.`,
      file,
    });
  }
  const values = new Float64Array(sizeOf(shape));
  let position = 0;
  const visit = (value: unknown, depth: number, place: string): void => {
    const expected = shape[depth];
    const fits = expected === undefined ? typeof value === "number" : isList(value) && value.length === expected;
    if (!fits) throw ragged(value, expected, place, shape, file);
    if (isList(value)) {
      value.forEach((item, index) => {
        visit(item, depth + 1, `${place}[${String(index)}]`);
      });
    } else {
      values[position] = value as number;
      position += 1;
    }
  };
  visit(nested, 0, name);
  return { shape, values, numbers: "either" };
}

function ragged(
  value: unknown,
  expected: number | undefined,
  place: string,
  shape: readonly number[],
  file: string,
): Problem {
  const isLength = expected !== undefined && isList(value);
  return new Problem({
    code: "ragged-tensor",
    message:
      `${place} is ${describe(value)}, but ${expected === undefined ? "a number" : `a list of ${String(expected)}`} was expected: ` +
      `the first elements have the shape [${shape.join(", ")}].`,
    help: isLength
      ? "all lists of one level need one length; pad shorter sequences and give their lengths (lengths: true)."
      : undefined,
    file,
  });
}
