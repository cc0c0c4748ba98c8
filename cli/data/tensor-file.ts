/** A file of named tensors, JSON or safetensors, before anything is asked of it: shapes and numbers. */
import type { NestedNumbers } from "@specloom/runtime/internal/contract-live";
import { duplicateKey } from "@specloom/runtime/internal/duplicate-key";
import { JsonTooDeep, parseJson } from "@specloom/runtime/internal/json-text";
import { Problem, type ProblemPlace } from "@specloom/runtime/internal/problem";
import {
  describe,
  flattenInto,
  shapeText,
  sizeOf,
  suggestedShape,
  type NestingFault,
} from "@specloom/runtime/internal/tensor";
import type { FileReader } from "./byte-source.ts";
import { placeOfKey, placeOfValue } from "./json-place.ts";
import { placeInText, positionOf } from "./place.ts";
import type { FileTensor } from "./file-tensor.ts";
import { openBinary } from "./tensor-binary.ts";
import { decodeText } from "./text.ts";

export interface TensorFile {
  /** As messages show it. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** Where a name, or a part of its tensor, stands in the file: line and column of a text, else the file alone. */
  readonly placeOf: PlaceOf;
}

type PlaceOf = (name: string, indices?: readonly number[]) => ProblemPlace;

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
  if (ending === ".safetensors") {
    return { file, tensors: await openBinary(path, files, file), placeOf: () => ({ file }) };
  }
  const text = decodeText(await files.read(path), file);
  const placeOf: PlaceOf = (name, indices) => {
    const { offset, length } = indices === undefined ? placeOfKey(text, name) : placeOfValue(text, name, indices);
    return placeInText({ file, text, ...positionOf(text, offset), length });
  };
  return { file, tensors: readJson(text, file, placeOf), placeOf };
}

function readJson(text: string, file: string, placeOf: PlaceOf): Map<string, FileTensor> {
  const value = parsedJson(text, file);
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
  return new Map(Object.entries(value).map(([name, nested]) => [name, flatten(name, nested, placeOf)]));
}

function parsedJson(text: string, file: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonTooDeep) {
      throw new Problem({
        code: "broken-json",
        message: `${error.message} here.`,
        help: "write tensors as lists of numbers, one level of lists an axis.",
        ...placeInText({ file, text, ...positionOf(text, error.offset), length: 1 }),
      });
    }
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

function flatten(name: string, nested: unknown, placeOf: PlaceOf): FileTensor {
  const shape = suggestedShape(nested);
  if (shape.length === 0) {
    throw new Problem({
      code: "ragged-tensor",
      message: `${name} is ${describe(nested)}, but a list with one item per example was expected.`,
      help: `write a list, for a single example too: {${JSON.stringify(name)}: [1]}.`,
      ...placeOf(name, []),
    });
  }
  const values = new Float64Array(sizeOf(shape));
  const fault = flattenInto(values, nested as NestedNumbers, shape);
  if (fault !== undefined) throw ragged(name, fault, shape, placeOf);
  return {
    shape,
    numbers: "either",
    areWhole: () => values.every((value) => Number.isInteger(value)),
    readInto: (target, see) => {
      target.set(values);
      see(values, 0);
      return Promise.resolve();
    },
  };
}

function ragged(
  name: string,
  { place, expected, found }: NestingFault,
  shape: readonly number[],
  placeOf: PlaceOf,
): Problem {
  const areLists = place.length < shape.length && found.startsWith("a list");
  return new Problem({
    code: "ragged-tensor",
    message:
      `${name}${indexText(place)} is ${found}, but ${expected} was expected: ` +
      `the first elements have the shape ${shapeText(shape)}.`,
    help: areLists
      ? "all lists of one level need one length; pad shorter sequences and give their lengths (lengths: true)."
      : "tensors hold numbers alone, in lists of one depth.",
    ...placeOf(name, place),
  });
}

/** `[3][0]`, as a program would write it. */
export function indexText(indices: readonly number[]): string {
  return indices.map((index) => `[${String(index)}]`).join("");
}
