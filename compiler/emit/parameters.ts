/** The parameters of a model as a table; what equal layers have alike stands in a function once. */
import type { ParameterFact } from "@specloom/runtime/internal/contract";
import { commonName } from "../code-text/layer-names.ts";
import { dataLiteral, filled, stringLiteral } from "../code-text/literals.ts";
import { identifierFrom, NameScope } from "../code-text/names.ts";
import type { Model } from "../contracts/model.ts";
import { parameterFacts } from "./facts.ts";
import type { Links } from "./layout.ts";
import { constant, functionStatement, type Statement } from "./statements.ts";

export const parametersName = "parameters";

/** What the parameters of one layer are, with the layer's name taken out of theirs. */
interface Table {
  readonly layer: string;
  readonly facts: readonly ParameterFact[];
  /** Equal for layers that differ in their name alone; undefined where the names are not made of the layer's. */
  readonly form: string | undefined;
}

/** Fewer rows than this are not worth a function. */
const leastRows = 3;

/** @param taken names of the part that the table stands in */
export function parametersPart(model: Model, taken: readonly string[], links: Links): readonly Statement[] {
  const fact = links.use("ParameterFact");
  const tables = tablesOf(model);
  const alike = new Map<string, Table[]>();
  for (const table of tables) {
    if (table.form !== undefined) alike.set(table.form, [...(alike.get(table.form) ?? []), table]);
  }
  const scope = new NameScope(taken, "script");
  const functions = new Map<string, string>();
  for (const [form, [first, second, ...others]] of alike) {
    if (first === undefined || second === undefined || first.facts.length < leastRows) continue;
    const layers = [first, second, ...others].map(({ layer }) => layer);
    functions.set(form, scope.claim(identifierFrom(`${commonName(layers)}_parameters`)));
  }
  const lines: string[] = [];
  for (let place = 0; place < tables.length;) {
    const { facts, form } = tables[place] as Table;
    const called = functions.get(form ?? "");
    if (called === undefined) {
      lines.push(...facts.map((one) => rowOf(one)));
      place += 1;
      continue;
    }
    const behind = tables.slice(place).findIndex((other) => other.form !== form);
    const run = tables.slice(place, behind < 0 ? tables.length : place + behind);
    const layers = run.map(({ layer }) => stringLiteral(layer));
    lines.push(...filled("...[", layers, `].flatMap(${called}),`));
    place += run.length;
  }
  return [
    constant(parametersName, {
      value: `[\n${lines.map((line) => `  ${line}\n`).join("")}] as const satisfies readonly ${fact}[]`,
    }),
    ...[...functions].map(([form, name]) => tableFunction(name, alike.get(form)?.[0], fact)),
  ];
}

function rowOf(fact: ParameterFact): string {
  return `${dataLiteral(fact, "", Number.POSITIVE_INFINITY)},`;
}

/** Parameters that follow one another and are of one layer. */
function tablesOf(model: Model): readonly Table[] {
  const facts = parameterFacts(model);
  const runs: { layer: string; facts: ParameterFact[] }[] = [];
  model.parameters.forEach(({ layer }, place) => {
    const fact = facts[place] as ParameterFact;
    const last = runs.at(-1);
    if (last?.layer === layer) last.facts.push(fact);
    else runs.push({ layer, facts: [fact] });
  });
  return runs.map(({ layer, facts: own }) => {
    const isPrefixed = own.every(({ name }) => name.startsWith(`${layer}.`));
    return {
      layer,
      facts: own,
      form: isPrefixed ? JSON.stringify(own.map((fact) => ofNoLayer(fact, layer))) : undefined,
    };
  });
}

function ofNoLayer(fact: ParameterFact, layer: string): ParameterFact {
  return { ...fact, name: fact.name.slice(layer.length) };
}

function tableFunction(name: string, table: Table | undefined, fact: string): Statement {
  const { layer = "", facts = [] } = table ?? {};
  const lines = facts.map(({ name: parameter, ...others }) => {
    const rest = dataLiteral(others, "", Number.POSITIVE_INFINITY).slice(2);
    return `  { name: \`\${layer}${parameter.slice(layer.length)}\`, ${rest},\n`;
  });
  return functionStatement(name, {
    documentation: [`Of ${layer} and of those like it.`],
    parameters: [{ name: "layer", type: "string" }],
    returnType: `readonly ${fact}[]`,
    statements: [`return [\n${lines.join("")}];`],
  });
}
