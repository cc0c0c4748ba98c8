/** Codes of stage 2: keys and values that the schema does not allow. */
import { quote, withArticle } from "../../support/words.ts";
import { didYouMean } from "../suggest.ts";
import type { Wording } from "./define.ts";

export interface UnknownName {
  readonly found: string;
  readonly known: readonly string[];
}

const unknownKind =
  (noun: string) =>
  (facts: UnknownName & { readonly instead?: string | undefined }): Wording => ({
    message: `${quote(facts.found)} is not ${withArticle(noun)} kind.`,
    help: facts.instead ?? didYouMean(facts.found, facts.known, "kinds"),
  });

export const keyCodes = {
  "unknown-key": (facts: UnknownName & { readonly owner: string }): Wording => ({
    message: `${quote(facts.found)} is not a key of ${facts.owner}.`,
    help: didYouMean(facts.found, facts.known, "keys"),
  }),

  "missing-key": (facts: { readonly key: string; readonly owner: string; readonly meaning: string }): Wording => ({
    message: `${facts.owner} needs the key ${quote(facts.key)}.`,
    help: `add ${facts.key}: ${facts.meaning}`,
  }),

  "wrong-type": (facts: {
    readonly what: string;
    readonly expected: string;
    readonly found: string;
    readonly help?: string | undefined;
  }): Wording => ({
    message: `${facts.what} must be ${facts.expected}, but is ${facts.found}.`,
    ...(facts.help === undefined ? {} : { help: facts.help }),
  }),

  "out-of-range": (facts: { readonly what: string; readonly expected: string; readonly found: string }): Wording => ({
    message: `${facts.what} must be ${facts.expected}, but is ${facts.found}.`,
  }),

  "unknown-value": (facts: UnknownName & { readonly what: string }): Wording => ({
    message: `${quote(facts.found)} is not a value of ${facts.what}.`,
    help: didYouMean(facts.found, facts.known, "values"),
  }),

  "duplicate-item": (facts: { readonly what: string; readonly item: string }): Wording => ({
    message: `${facts.what} names ${facts.item} twice.`,
    help: "keep one of the two.",
  }),

  "invalid-name": (facts: { readonly name: string; readonly what: string; readonly rule: string }): Wording => ({
    message: `${quote(facts.name)} cannot be ${facts.what}.`,
    help: facts.rule,
  }),

  "reserved-name": (facts: { readonly name: string; readonly what: string }): Wording => ({
    message: `${quote(facts.name)} cannot be ${facts.what}: the generated code gives it a meaning of its own.`,
    help: "choose another name.",
  }),

  "name-is-not-file-name": (facts: { readonly name: string; readonly stem: string }): Wording => ({
    message: `the spec is named ${quote(facts.name)}, but its file is named ${quote(facts.stem)}.`,
    help: "rename one of the two, or leave name out: it is the file name without its extension.",
  }),

  "unsupported-version": (facts: { readonly found: string }): Wording => ({
    message: `${facts.found} is not a version of the spec language that this compiler knows.`,
    help: "write specloom: 1.",
  }),

  "unknown-layer-kind": unknownKind("layer"),
  "unknown-loss-kind": unknownKind("loss"),
  "unknown-optimizer-kind": unknownKind("optimizer"),
  "unknown-schedule-kind": unknownKind("schedule"),
  "unknown-data-kind": unknownKind("data"),
  "unknown-initializer-kind": unknownKind("initializer"),

  "unknown-metric": (facts: UnknownName): Wording => ({
    message: `${quote(facts.found)} is not a metric.`,
    help: didYouMean(facts.found, facts.known, "metrics"),
  }),
};
