/** What `writeSafetensors` is handed by a program: tensors and texts that a file can hold. */
import { Problem } from "./problem.ts";
import { ARRAY_OF_DTYPE } from "./safetensors-header.ts";
import { describe, isList, isNumberArray } from "./tensor.ts";

/** @throws Problem `invalid-tensor` saying what is no tensor, or no text */
export function checkContents(tensors: unknown, metadata: unknown): void {
  if (typeof tensors !== "object" || tensors === null || !(Symbol.iterator in tensors)) {
    throw invalid(`the tensors must be a list or map of [name, tensor], not ${describe(tensors)}.`);
  }
  if (typeof metadata !== "object" || metadata === null || Symbol.iterator in metadata) {
    throw invalid(`the metadata must be an object of texts, not ${describe(metadata)}.`);
  }
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text === "string") continue;
    throw invalid(`the metadata ${JSON.stringify(key)} must be a text, not ${describe(text)}.`);
  }
}

/** @throws Problem `invalid-tensor` */
export function checkEntry(entry: unknown): void {
  if (!isList(entry) || entry.length !== 2) {
    throw invalid(`an entry of the tensors must be [name, tensor], not ${describe(entry)}.`);
  }
  const [name, tensor] = entry as readonly unknown[];
  if (typeof name !== "string") throw invalid(`the name of a tensor must be a text, not ${describe(name)}.`);
  const label = `tensor ${JSON.stringify(name)}`;
  if (typeof tensor !== "object" || tensor === null || isList(tensor)) {
    throw invalid(`${label} must be an object with dtype, shape and data, not ${describe(tensor)}.`);
  }
  const { dtype, shape, data } = tensor as Readonly<Record<string, unknown>>;
  if (typeof dtype !== "string" || !Object.hasOwn(ARRAY_OF_DTYPE, dtype)) {
    throw invalid(`${label} has the dtype ${describe(dtype)}; known are ${Object.keys(ARRAY_OF_DTYPE).join(", ")}.`);
  }
  const isSize = (length: unknown): boolean => Number.isSafeInteger(length) && (length as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw invalid(`${label} must have a list of whole numbers from 0 as its shape, not ${describe(shape)}.`);
  }
  if (!isNumberArray(data)) throw invalid(`${label} must have a typed array as its data, not ${describe(data)}.`);
}

function invalid(message: string): Problem {
  return new Problem({ code: "invalid-tensor", message });
}
