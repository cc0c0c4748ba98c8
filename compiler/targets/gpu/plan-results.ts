/** Results that the functions of equal layers give, such as gradients: named by a function that is told the layer. */
import type { PlanFunction } from "../../code-text/gpu-module.ts";
import type { NameScope } from "../../code-text/names.ts";
import type { Body } from "./plan-outline.ts";
import type { LayerFunction } from "./plan-layers.ts";
import { givenBy, type Section } from "./plan-statements.ts";

/** A call that gives some of a plan's results. */
export interface ResultCall {
  readonly function: string;
  readonly section: Section;
  /** Names of the results. */
  readonly results: ReadonlySet<string>;
}

export interface ResultFunctions {
  readonly functions: readonly PlanFunction[];
  readonly calls: ReadonlyMap<Body, readonly ResultCall[]>;
}

/** A result of a layer: what stands before and behind the layer in its name, and what of the layer's values it is. */
interface Entry {
  readonly before: string;
  readonly behind: string;
  readonly place: number;
}

/** Fewer results than this are named where they are given. */
const leastResults = 3;

/** @param bodies with all sections that a plan calls, those that it begins with among them */
export function resultFunctions(
  bodies: readonly { readonly body: Body; readonly sections: readonly Section[] }[],
  layers: ReadonlyMap<Section, LayerFunction>,
  scope: NameScope,
): ResultFunctions {
  const functions: PlanFunction[] = [];
  const calls = new Map<Body, ResultCall[]>();
  for (const { body, sections } of bodies) {
    const alike = new Map<string, { section: Section; entries: readonly Entry[] }[]>();
    for (const section of sections) {
      const layer = layers.get(section);
      const entries = layer !== undefined && layer.gives.size > 1 ? entriesOf(section, body) : [];
      if (layer === undefined || entries.length < leastResults) continue;
      const key = JSON.stringify([layer.function.name, entries]);
      alike.set(key, [...(alike.get(key) ?? []), { section, entries }]);
    }
    for (const [first, second, ...others] of alike.values()) {
      if (first === undefined || second === undefined) continue;
      const layer = layers.get(first.section);
      if (layer === undefined) continue;
      const name = scope.claim(`${layer.function.name}Results`);
      functions.push(resultFunction(name, layer, first.entries));
      const called = [first, second, ...others].map(({ section, entries }): ResultCall => {
        const results = entries.map(({ before, behind }) => `${before}${section.layer}${behind}`);
        return { function: name, section, results: new Set(results) };
      });
      calls.set(body, [...(calls.get(body) ?? []), ...called]);
    }
  }
  return { functions, calls };
}

function entriesOf(section: Section, { results }: Body): readonly Entry[] {
  const own = givenBy(section.statements).map(({ name }) => name);
  return results.flatMap(({ name, value }): Entry[] => {
    const place = own.indexOf(value.name);
    const at = name.indexOf(section.layer);
    if (place < 0 || at < 0) return [];
    return [{ before: name.slice(0, at), behind: name.slice(at + section.layer.length), place }];
  });
}

function resultFunction(name: string, layer: LayerFunction, entries: readonly Entry[]): PlanFunction {
  const lines = entries.map(
    ({ before, behind, place }) => `  [\`${before}\${layer}${behind}\`]: given.${layer.gives.get(place) ?? ""},`,
  );
  return {
    name,
    documentation: [`What ${layer.function.name} gives of the results, by their names.`],
    members: undefined,
    parameters: [
      { name: "layer", type: "layer" },
      { name: "given", type: { givenBy: layer.function.name } },
    ],
    statements: ["return {", ...lines, "};"],
  };
}
