/** Codes of stage 3 about the data section, the inputs and their sizes. */
import { joinWords, quote } from "../../support/words.ts";
import { didYouMean, suggestions } from "../suggest.ts";
import type { Wording } from "./define.ts";

export const dataCodes = {
  "absolute-path": (facts: { readonly path: string }): Wording => ({
    message: `${quote(facts.path)} is an absolute path.`,
    help: "data files are named relative to the spec and must lie inside the project.",
  }),

  "path-outside-project": (facts: { readonly path: string; readonly root: string }): Wording => ({
    message: `${quote(facts.path)} leads out of the project${facts.root === "" ? "" : ` (${facts.root})`}.`,
    help: "copy the file into the project and name it relative to the spec.",
  }),

  "unknown-target-column": (facts: { readonly column: string; readonly columns: readonly string[] }): Wording => ({
    message: `the target ${quote(facts.column)} is not among the columns.`,
    help: didYouMean(facts.column, facts.columns, "columns"),
  }),

  "split-mixed": (): Wording => ({
    message: "a split is either fractions (at most 1) or numbers of rows, not both.",
    help: "write for instance {train: 0.7, validation: 0.1, test: 0.2} or {train: 700, validation: 100, test: 200}.",
  }),

  "split-too-large": (facts: { readonly sum: string }): Wording => ({
    message: `the fractions of this split add up to ${facts.sum}.`,
    help: "they may add up to 1 at most.",
  }),

  "split-without-training": (): Wording => ({
    message: "this split leaves nothing to train on.",
    help: "give train more than 0.",
  }),

  "split-counts-unsupported": (): Wording => ({
    message: "the split of tensors is given as fractions.",
    help: "write for instance {train: 0.8, validation: 0.2}.",
  }),

  "split-scattered-series": (): Wording => ({
    message:
      "a series is split in time order: windows share rows, so that scattered ones would carry held-out values into training.",
    help: "leave order out, or move the parts by their shares. Scattered are examples that stand by themselves, of kind tensors.",
  }),

  "split-seed-unused": (): Wording => ({
    message: "the seed of a split draws the parts of order: scattered, and these are consecutive.",
    help: "add order: scattered, or remove the seed.",
  }),

  "split-group": (facts: { readonly group: string; readonly known: readonly string[] }): Wording => ({
    message: `${quote(facts.group)} is no tensor of the data file with a whole number per example, to group them by.`,
    help:
      facts.known.length === 0
        ? "add one to the file, such as the number of the speaker or the document of each example."
        : didYouMean(facts.group, facts.known, "such tensors"),
  }),

  "split-beside-files": (facts: { readonly files: readonly string[] }): Wording => ({
    message: `the split divides one file, but ${joinWords(facts.files, "and")} ${facts.files.length === 1 ? "is" : "are"} given too.`,
    help: "remove the split, or the further files.",
  }),

  "missing-inputs": (facts: { readonly kind: string; readonly names: readonly string[] }): Wording => ({
    message: `data of kind ${facts.kind} does not imply the inputs, so they must be written out.`,
    help:
      facts.names.length === 0
        ? "add for instance inputs: {x: {shape: [time, 3]}, y: {shape: [1]}}."
        : `add inputs: with ${joinWords(facts.names, "and")} and the shape of each.`,
  }),

  "unknown-tensor": (facts: {
    readonly name: string;
    readonly known: readonly string[];
    /** Those that no input reads. */
    readonly unread: readonly string[];
  }): Wording => ({
    message: `the data file has no tensor named ${quote(facts.name)}.`,
    help: didYouMean(facts.name, facts.known, "tensors", facts.unread),
  }),

  "tensor-shape": (facts: { readonly name: string; readonly found: string; readonly declared: string }): Wording => ({
    message: `${quote(facts.name)} is declared as ${facts.declared}, but the data file holds ${facts.found}.`,
    help: "the first axis in the file counts the examples; the declared shape is that of one example.",
  }),

  "tensor-dtype": (facts: { readonly name: string }): Wording => ({
    message: `${quote(facts.name)} is declared as int32, but the data file holds floating-point numbers.`,
    help: "remove dtype: int32, or store whole numbers in an integer type (I32, I64, U8).",
  }),

  "tensor-examples": (facts: {
    readonly name: string;
    readonly found: number;
    readonly other: string;
    readonly expected: number;
  }): Wording => ({
    message: `${quote(facts.name)} holds ${facts.found} examples, but ${quote(facts.other)} holds ${facts.expected}.`,
    help: "all tensors of a data file need the same number of examples.",
  }),

  "missing-lengths": (facts: { readonly name: string; readonly unread: readonly string[] }): Wording => {
    const [meant] = suggestions(`${facts.name}.lengths`, facts.unread);
    return {
      message: `${quote(facts.name)} is declared with lengths, but the data file has no whole numbers ${quote(`${facts.name}.lengths`)}, one per example.`,
      help: `${meant === undefined ? "add the tensor" : `did you mean the tensor ${quote(meant)}? Then call it`} ${facts.name}.lengths, or remove lengths: true.`,
    };
  },

  "unknown-size": (facts: { readonly word: string; readonly known: readonly string[] }): Wording => ({
    message: `the size of ${quote(facts.word)} is not known.`,
    help: `${facts.known.length === 0 ? "" : `${didYouMean(facts.word, facts.known, "sizes")} Or `}add sizes: {${facts.word}: 20}.`,
  }),

  "conflicting-sizes": (facts: {
    readonly word: string;
    readonly found: number;
    readonly expected: number;
  }): Wording => ({
    message: `${quote(facts.word)} is ${facts.found} here, but ${facts.expected} elsewhere.`,
    help: "one word stands for one size; correct one of the two, or use two words.",
  }),

  "unused-size": (facts: { readonly word: string }): Wording => ({
    message: `no shape uses the size ${quote(facts.word)}.`,
    help: "remove it, or use the word in the shape of an input.",
  }),

  "size-is-input": (facts: { readonly word: string }): Wording => ({
    message: `${quote(facts.word)} already names an input.`,
    help: "choose another word for the size.",
  }),

  "restated-input": (facts: {
    readonly name: string;
    readonly declared: string;
    readonly implied: string;
  }): Wording => ({
    message: `the data implies ${quote(facts.name)} as ${facts.implied}, but it is declared as ${facts.declared}.`,
    help: "correct the declaration, or remove it: the data says enough.",
  }),

  "unknown-data-input": (facts: {
    readonly name: string;
    readonly kind: string;
    readonly known: readonly string[];
  }): Wording => ({
    message: `data of kind ${facts.kind} gives no input named ${quote(facts.name)}.`,
    help: didYouMean(facts.name, facts.known, "inputs"),
  }),

  "vocabulary-of-numbers": (facts: { readonly name: string }): Wording => ({
    message: `${quote(facts.name)} has a vocabulary, but holds real numbers.`,
    help: "add dtype: int32, or remove vocabulary.",
  }),

  "lengths-without-time": (facts: { readonly name: string }): Wording => ({
    message: `${quote(facts.name)} has lengths, but no axis that they could count.`,
    help: "the first axis of the shape is time: write for instance shape: [time, 3].",
  }),
};
