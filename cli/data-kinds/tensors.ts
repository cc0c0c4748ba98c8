import { loadTensors } from "../data/tensors.ts";
import { predictTensors } from "../support/predict-tensors.ts";
import type { DataKind, SectionOf } from "./define.ts";

export const tensors: DataKind<SectionOf<"tensors">> = {
  load: (section, inputs, files, { ignored = {} }) => loadTensors(section, inputs, files, ignored),
  drawn: ({ split }) => {
    if (split?.order === undefined) return undefined;
    const { order, seed, group } = split;
    return { order, ...(seed === undefined ? {} : { seed }), ...(group === undefined ? {} : { group }) };
  },
  exampleFile: "examples.json",
  // A safetensors file starts with the eight bytes of a length, and then a brace. Whatever is neither is said to be no JSON.
  endingOf: (start) => {
    const isJson = /^\s*[{[]/.test(new TextDecoder().decode(start));
    return !isJson && start[8] === "{".charCodeAt(0) ? ".safetensors" : ".json";
  },
  predict: predictTensors,
};
