/** Codes of stage 1: the text of a spec is not what a spec may be written in. */
import { quote } from "../../support/words.ts";
import type { Wording } from "./define.ts";

export const textCodes = {
  "yaml-syntax": (facts: { readonly problem: string }): Wording => ({
    message: `this is not valid YAML: ${facts.problem}.`,
    help: "check the indentation, the quotes and the brackets up to this place.",
  }),

  "tab-indentation": (): Wording => ({
    message: "YAML does not allow tabs for indentation.",
    help: "indent with spaces.",
  }),

  "duplicate-key": (facts: { readonly key: string; readonly where?: string }): Wording => ({
    message: `the key ${quote(facts.key)} is given twice ${facts.where ?? "in one mapping"}.`,
    help: "keep one of the two.",
  }),

  "reserved-key": (facts: { readonly key: string }): Wording => ({
    message: `${quote(facts.key)} cannot be a key: JavaScript gives it a meaning of its own.`,
    help: "choose another name.",
  }),

  "key-not-text": (facts: { readonly found: string }): Wording => ({
    message: `a key must be text, but this one is ${facts.found}.`,
    help: "put quotes around the key, or write a word.",
  }),

  "merge-key": (): Wording => ({
    message: 'the merge key "<<" belongs to YAML 1.1; specs are YAML 1.2.',
    help: 'repeat the keys, or inherit a file with "extends".',
  }),

  "yaml-tag": (facts: { readonly tag: string }): Wording => ({
    message: `the tag ${quote(facts.tag)} is not allowed in a spec.`,
    help: "remove the tag; plain values, lists and mappings are all a spec needs.",
  }),

  "yaml-version": (facts: { readonly version: string }): Wording => ({
    message: `specs are YAML 1.2, but this file declares YAML ${facts.version}.`,
    help: "remove the %YAML line.",
  }),

  "too-many-aliases": (facts: { readonly count: number; readonly limit: number }): Wording => ({
    message: `this spec uses ${facts.count} aliases; at most ${facts.limit} are allowed.`,
    help: 'write the values out, or move what is shared into a file that is inherited with "extends".',
  }),

  "alias-bomb": (facts: { readonly limit: number }): Wording => ({
    message: `with its aliases written out this spec has more than ${facts.limit} values.`,
    help: "aliases of aliases multiply; write the values out instead.",
  }),

  "unknown-alias": (facts: { readonly name: string }): Wording => ({
    message: `the alias ${quote(`*${facts.name}`)} has no anchor ${quote(`&${facts.name}`)} before it.`,
    help: "an anchor must stand above the aliases that use it.",
  }),

  "recursive-alias": (facts: { readonly name: string }): Wording => ({
    message: `the alias ${quote(`*${facts.name}`)} stands inside its own anchor, so its value would never end.`,
    help: "write the value out.",
  }),

  "too-large": (facts: { readonly limit: number }): Wording => ({
    message: `this spec is longer than ${facts.limit} characters.`,
    help: "a spec describes a model; put data into a file of its own and name it under data.",
  }),

  "too-many-values": (facts: { readonly limit: number }): Wording => ({
    message: `this spec has more than ${facts.limit} values.`,
    help: "a spec describes a model; put data into a file of its own and name it under data.",
  }),

  "too-deep": (facts: { readonly limit: number }): Wording => ({
    message: `this spec nests deeper than ${facts.limit} levels.`,
    help: "check for unclosed brackets.",
  }),

  "several-documents": (): Wording => ({
    message: "a spec file holds one YAML document, but a second one starts here.",
    help: 'remove the "---" line, or put the second document into a file of its own.',
  }),

  "empty-spec": (): Wording => ({
    message: "this spec is empty.",
    help: "a spec needs at least the keys specloom, data, layers, loss and optimizer; `specloom init` writes one to start from.",
  }),

  "not-a-mapping": (facts: { readonly found: string }): Wording => ({
    message: `a spec is a mapping of keys to values, but this file holds ${facts.found}.`,
    help: 'start with the line "specloom: 1", then one key per line.',
  }),

  "number-beyond-range": (facts: { readonly found: string }): Wording => ({
    message: `${facts.found} is beyond the range of float32, in which models compute.`,
    help: "use a number between 1.2e-38 and 3.4e38 in size, or 0.",
  }),

  "number-not-finite": (facts: { readonly found: string }): Wording => ({
    message: `${facts.found} is not a number that a spec can use.`,
    help: "write a finite number.",
  }),

  "number-not-exact": (facts: { readonly found: string }): Wording => ({
    message: `the whole number ${facts.found} is too large to be kept exactly.`,
    help: `whole numbers may go up to ${Number.MAX_SAFE_INTEGER}.`,
  }),

  "more-errors": (facts: { readonly count: number }): Wording => ({
    message: `there are ${facts.count} more errors.`,
    help: "correct those above first; many may follow from one.",
  }),

  "extends-not-found": (facts: { readonly path: string; readonly reason: string | undefined }): Wording => ({
    message: `the inherited file ${quote(facts.path)} cannot be read${facts.reason === undefined ? "" : `: ${facts.reason}`}.`,
    help: '"extends" is relative to the file it stands in; check that the file exists.',
  }),

  "extends-absolute": (facts: { readonly path: string }): Wording => ({
    message: `${quote(facts.path)} is an absolute path; "extends" takes a path relative to this file.`,
    help: "write the path relative to this file.",
  }),

  "extends-cycle": (facts: { readonly chain: readonly string[] }): Wording => ({
    message: `this file inherits itself: ${facts.chain.join(" -> ")}.`,
    help: 'remove one of the "extends".',
  }),

  "extends-too-long": (facts: { readonly limit: number }): Wording => ({
    message: `more than ${facts.limit} files inherit one another.`,
    help: "join some of the files on the way.",
  }),

  "set-syntax": (facts: { readonly argument: string }): Wording => ({
    message: `--set takes path=value, but is given ${quote(facts.argument)}.`,
    help: "write for instance --set train.epochs=5 or --set layers.encoder.hidden_size=32.",
  }),

  "set-path": (facts: { readonly path: string; readonly problem: string }): Wording => ({
    message: `--set cannot reach ${quote(facts.path)}: ${facts.problem}.`,
    help: "a path names keys joined by dots; an item of a list is named by its name or by its index, counted from 0.",
  }),
};
