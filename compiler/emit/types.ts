/**
 * The border of a model as types that a module writes down by name: `NextNumberInputs` is what an editor shows and a mistake names.
 * Types, not interfaces: a tool that takes any model takes one whose inputs are a type (it stands for a record by name), and none
 * whose inputs are an interface.
 */
import type { InputFact, OutputFact } from "@specloom/runtime/internal/contract";
import { lengthsOf } from "@specloom/runtime/internal/shared/names";
import { propertyKey } from "../code-text/literals.ts";
import { typeNameFrom } from "../code-text/names.ts";
import { comment } from "./comments.ts";
import type { RuntimeSymbol } from "./symbols.ts";

interface Border {
  readonly name: string;
  readonly inputs: readonly InputFact[];
  readonly outputs: readonly OutputFact[];
}

/** Writes the name of something of the runtime, which is imported from then on. */
type Use = (symbol: RuntimeSymbol) => string;

/** What `predict` takes, what training takes, and what comes out, as statements of a module. */
export function borderTypes({ name, inputs, outputs }: Border, use: Use): readonly string[] {
  const { given, learned, found } = namesOf(name);
  const predicted = inputs.filter(({ role, trainingOnly }) => role === "input" && trainingOnly !== true);
  const others = inputs.filter((input) => !predicted.includes(input));
  const members = (facts: readonly InputFact[]): string[] => facts.flatMap((fact) => inputMembers(fact, use));
  return [
    declaration(
      given,
      "What `predict` takes, of any number n of examples: row-major numbers, flat or nested.",
      "",
      members(predicted),
    ),
    declaration(learned, "What `trainStep`, `evaluate` and `gradients` take.", `${given} & `, members(others)),
    declaration(
      found,
      "What `predict` returns, row-major and flat.",
      "",
      outputs.flatMap((fact) => member(fact.name, shapeLegend(fact), "Float32Array")),
    ),
  ];
}

/** The type of the handle that the module exports. */
export function handleType(name: string, use: Use): string {
  const { given, learned, found } = namesOf(name);
  return `${use("ModelHandle")}<${given}, ${learned}, ${found}>`;
}

function namesOf(model: string): { readonly given: string; readonly learned: string; readonly found: string } {
  const stem = typeNameFrom(model);
  return { given: `${stem}Inputs`, learned: `${stem}TrainInputs`, found: `${stem}Outputs` };
}

function declaration(name: string, text: string, base: string, members: readonly string[]): string {
  const own = members.length === 0 ? "" : `{\n${members.map((line) => `  ${line}\n`).join("")}}`;
  const type = own === "" ? base.replace(/ & $/, "") || "Record<never, never>" : `${base}${own}`;
  return `\n${comment([text])}\nexport type ${name} = ${type};`;
}

function inputMembers(fact: InputFact, use: Use): readonly string[] {
  const { name, dtype, vocabulary, lengths, mayBeEmpty } = fact;
  const range = vocabulary === undefined ? "" : `, 0 to ${vocabulary - 1}`;
  const least = mayBeEmpty === true ? 0 : 1;
  return [
    ...member(name, `${dtype}${range}: ${shapeLegend(fact)}`, use("TensorInput")),
    ...(lengths ? member(lengthsOf(name), `int32, ${least} to ${fact.shape[0] ?? 0}: [n]`, use("TensorInput")) : []),
  ];
}

function member(name: string, text: string, type: string): readonly string[] {
  return [comment([text]), `readonly ${propertyKey(name)}: ${type};`];
}

/** `[n, T, C] = [n, 24, 1]`; without names of axes `[n, 24, 1]`. */
function shapeLegend({ shape, axes }: Pick<InputFact, "shape" | "axes">): string {
  const [named, sizes] = [["n", ...axes].join(", "), ["n", ...shape].join(", ")];
  return named === sizes ? `[${sizes}]` : `[${named}] = [${sizes}]`;
}
