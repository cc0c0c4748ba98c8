/** Functions of what plans do for several layers alike, or for one layer in several programs. */
import type { AnyProgramName } from "@specloom/runtime/internal/contract";
import type { PlanFunction, PlanParameter } from "../../code-text/gpu-module.ts";
import { commonName } from "../../code-text/layer-names.ts";
import { filled, stringLiteral } from "../../code-text/literals.ts";
import { identifierFrom, NameScope } from "../../code-text/names.ts";
import type { Origin } from "../../ir/program.ts";
import { claimFor } from "./occasions.ts";
import { layerSuffix, type Group } from "./plan-outline.ts";
import { printStatements } from "./plan-print.ts";
import { contextMembers, contextNames, givenBy, readIn, type Section, type Value } from "./plan-statements.ts";

/** A group of equal sections as a function. */
export interface LayerFunction {
  readonly group: Group;
  readonly function: PlanFunction;
  /** Whether it is told which layer it is for. */
  readonly asksLayer: boolean;
  /** What each value is called that it gives; one alone is given as it is, several as an object. */
  readonly gives: ReadonlyMap<number, string>;
}

/**
 * @param taken names of the module's other functions, and all that plans use
 * @param programOf the program of a section
 */
export function layerFunctions(
  groups: readonly Group[],
  taken: Iterable<string>,
  programOf: (section: Section) => AnyProgramName,
): ReadonlyMap<Section, LayerFunction> {
  const scope = new NameScope(taken);
  const known = new Map<Section, LayerFunction>();
  // In order of execution: what a group reads of others has been written.
  for (const group of groups) {
    const [first] = group.sites;
    const name = claimFor(scope, functionName(layersOf(group), first.section.phase), programOf(first.section));
    const written = layerFunction(name, group, known);
    for (const { section } of group.sites) known.set(section, written);
  }
  return known;
}

function layerFunction(name: string, group: Group, known: ReadonlyMap<Section, LayerFunction>): LayerFunction {
  const { section, reads: read, takes: taken } = group.sites[0];
  const layers = layersOf(group);
  const isOwn = (value: Value): boolean => layerSuffix(value, section.layer) !== undefined;
  const asksLayer = layers.length > 1 && readIn(section.statements).some(isOwn);
  const scope = new NameScope(
    contextNames.filter((name) => name !== "context"),
    "script",
  );
  const reads = read.map((home) => readParameter(home, scope, known.get(home)));
  const takes = taken.map((value) => ({ value, name: scope.claim(takenName(value, section)) }));
  const own = new Map(givenBy(section.statements).map((value) => [value.name, scope.claim(value.ownName)]));
  const nameOf = (value: Value): string => {
    const suffix = layerSuffix(value, section.layer);
    if (suffix !== undefined)
      return `tensors[${asksLayer ? `\`\${layer}${suffix}\`` : stringLiteral(value.external ?? "")}]`;
    const others = reads.flatMap(({ nameOf: asRead }) => asRead(value) ?? []);
    const named = own.get(value.name) ?? others[0] ?? takes.find(({ value: one }) => one.name === value.name)?.name;
    return named ?? value.name;
  };
  const gives = new Map(
    [...own.values()].flatMap((local, place): [number, string][] =>
      group.gives.includes(place) ? [[place, local]] : [],
    ),
  );
  const given = [...gives.values()];
  return {
    group,
    asksLayer,
    gives,
    function: {
      name,
      documentation: [
        `${passages[section.phase]} ${section.layer}${layers.length > 1 ? `, and the same for ${layersText(layers.slice(1))}` : ""}.`,
      ],
      members: contextMembers(section.statements, isOwn),
      parameters: [
        ...(asksLayer ? [{ name: "layer", type: "layer" } as const] : []),
        ...reads.map(({ parameter }) => parameter),
        ...takes.map(({ value, name: taking }, place): PlanParameter => ({
          name: taking,
          type: group.sites.some((site) => site.takes[place]?.external !== undefined) ? "argument" : value.form,
        })),
      ],
      statements: [
        ...printStatements(section.statements, nameOf, [...own.values()]),
        "",
        ...(given.length === 1 ? [`return ${given[0] ?? ""};`] : filled("return { ", given, " };")),
      ],
    },
  };
}

/** What a function is given of the section of another function. */
function readParameter(home: Section, scope: NameScope, from: LayerFunction | undefined) {
  const places = new Map(givenBy(home.statements).map(({ name }, place) => [name, place]));
  const [only, second] = [...(from?.gives ?? [])];
  const isAlone = only !== undefined && second === undefined;
  const name = scope.claim(isAlone ? only[1] : phaseWords[home.phase].toLowerCase());
  const parameter: PlanParameter = { name, type: { givenBy: from?.function.name ?? "" } };
  const nameOf = (value: Value): string | undefined => {
    const member = from?.gives.get(places.get(value.name) ?? -1);
    if (member === undefined) return undefined;
    return isAlone ? name : `${name}.${member}`;
  };
  return { parameter, nameOf };
}

/** What comes out of one layer goes into the next. */
function takenName({ layer, ownName, role }: Value, section: Section): string {
  if (role === "random") return "random";
  return layer !== section.layer && section.phase === "forward" && ownName === "output" ? "input" : ownName;
}

const phaseWords: Readonly<Record<Origin["phase"], string>> = {
  forward: "Forward",
  loss: "Loss",
  backward: "Backward",
  clip: "Clipping",
  update: "Update",
};

const passages: Readonly<Record<Origin["phase"], string>> = {
  forward: "Forward through",
  loss: "The loss",
  backward: "Backward through",
  clip: "Clipping of",
  update: "The update by",
};

/** Of a call: what the plan calls that which the function gives. */
export function callName({ layer, phase }: Section): string {
  if (phase === "forward") return identifierFrom(layer);
  return phase === "backward" ? identifierFrom(`${layer}_gradients`) : functionName([layer], phase);
}

/** `transformerBlockForward` of blocks.1.transformer_block_1 and its like. */
function functionName(layers: readonly string[], phase: Origin["phase"]): string {
  const word = phaseWords[phase];
  const layer = identifierFrom(commonName(layers));
  return layer.toLowerCase().endsWith(word.toLowerCase()) ? `${layer}Steps` : `${layer}${word}`;
}

function layersOf({ sites }: Group): readonly string[] {
  return [...new Set(sites.map(({ section }) => section.layer))];
}

function layersText(layers: readonly string[]): string {
  const last = layers.at(-1) ?? "";
  return layers.length < 3 ? layers.join(" and ") : `${layers[0] ?? ""} to ${last}`;
}
