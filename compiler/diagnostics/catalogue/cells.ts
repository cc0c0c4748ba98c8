/** Codes of cells: layers that a spec defines by equations. */
import { countOf, quote } from "../../support/words.ts";
import { didYouMean } from "../suggest.ts";
import type { Wording } from "./define.ts";

export const cellCodes = {
  "cell-syntax": (facts: {
    readonly expected: string;
    readonly found: string;
    readonly help: string | undefined;
  }): Wording => ({
    message: `expected ${facts.expected}, found ${facts.found}.`,
    ...(facts.help === undefined ? {} : { help: facts.help }),
  }),

  "cell-unknown-name": (facts: {
    readonly name: string;
    readonly what: string;
    readonly known: readonly string[];
    /** Whether an equation below computes it. */
    readonly later: boolean;
  }): Wording => ({
    message: `${quote(facts.name)} is not ${facts.what} here.`,
    help: facts.later
      ? `${facts.name} is computed further down: equations are read from above; move that one up.`
      : didYouMean(facts.name, facts.known, "names"),
  }),

  "cell-unknown-function": (facts: { readonly name: string; readonly known: readonly string[] }): Wording => ({
    message: `${quote(facts.name)} is not a function.`,
    help: didYouMean(facts.name, facts.known, "functions"),
  }),

  "cell-operand-count": (facts: {
    readonly name: string;
    readonly least: number;
    readonly most: number;
    readonly found: number;
  }): Wording => ({
    message: `${quote(facts.name)} takes ${
      facts.least === facts.most ? countOf(facts.least, "operand") : `${facts.least} to ${facts.most} operands`
    }, but is given ${facts.found}.`,
    help: "operands stand in brackets with commas between them: max(a, b).",
  }),

  "cell-shape": (facts: { readonly what: string; readonly problem: string; readonly help: string }): Wording => ({
    message: `${quote(facts.what)} does not fit: ${facts.problem}.`,
    ...(facts.help === "" ? {} : { help: facts.help }),
  }),

  "cell-not-a-size": (facts: { readonly problem: string }): Wording => ({
    message: `this is not a size: ${facts.problem}.`,
    help: "sizes are made of whole numbers and keys with +, - and *, and divided by whole numbers: 4 * hidden_size.",
  }),

  "cell-computed-twice": (facts: { readonly name: string }): Wording => ({
    message: `${quote(facts.name)} is computed twice.`,
    help: "give one of the two another name.",
  }),

  "cell-not-assignable": (facts: {
    readonly name: string;
    readonly reason: string;
    readonly help: string;
  }): Wording => ({
    message: `${quote(facts.name)} cannot be computed here: ${facts.reason}.`,
    help: facts.help,
  }),

  "cell-name-taken": (facts: { readonly name: string; readonly what: string; readonly taken: string }): Wording => ({
    message: `${quote(facts.name)} cannot be the name of ${facts.what}: it is ${facts.taken}.`,
    help: "choose another name.",
  }),

  "cell-no-next-state": (facts: { readonly state: string }): Wording => ({
    message: `no equation says what the state ${quote(facts.state)} is after a step.`,
    help: `add an equation ${facts.state}' = ...`,
  }),

  "cell-unused": (facts: { readonly what: string; readonly name: string }): Wording => ({
    message: `nothing reads ${facts.what} ${quote(facts.name)}.`,
    help: "use it in an equation, or remove it.",
  }),

  "cell-no-output": (): Wording => ({
    message: "this layer has no state and several names in its last equation, so it is not clear what it gives.",
    help: "add output: with an expression.",
  }),

  "cell-size": (facts: {
    readonly layer: string;
    readonly meaning: string;
    readonly size: string;
    readonly found: number;
    readonly least: number;
    readonly values: string;
  }): Wording => ({
    message: `in layer ${quote(facts.layer)} ${facts.meaning} is ${facts.size} = ${facts.found}; it must be a whole number of at least ${facts.least}.`,
    help: `the sizes are ${facts.values}.`,
  }),
};
