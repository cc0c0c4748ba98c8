/** Whether a model can go step by step, and which layer it is that needs whole sequences. */
import type { LayerShape } from "../../contracts/layer.ts";
import type { Model, ResolvedLayer } from "../../contracts/model.ts";
import { quote } from "../../support/words.ts";
import { layerDefinition } from "./layer-definition.ts";
import { scopesFrom } from "./expand.ts";

type Steppable = Pick<Model, "inputs" | "layers" | "outputs"> & { readonly decode?: { readonly output: string } };

/** Layers that depend on what comes step by step. */
export function movingLayers({ layers }: Pick<Model, "layers">, stepped: ReadonlySet<string>): ReadonlySet<string> {
  const moving = new Set<string>();
  for (const { name, needs } of layers) {
    if (needs.some((need) => stepped.has(need) || moving.has(need))) moving.add(name);
  }
  return moving;
}

/** The layers and those they are made from, in their order. */
export function layersFor(layers: readonly ResolvedLayer[], ...names: readonly string[]): readonly ResolvedLayer[] {
  const needed = new Set(names);
  for (const { name, needs } of [...layers].reverse()) {
    if (needed.has(name)) for (const need of needs) needed.add(need);
  }
  return layers.filter(({ name }) => needed.has(name));
}

/**
 * Why the model cannot go step by step; undefined where it can.
 * @param stepped names of the inputs that come step by step
 */
export function streamObstacle(model: Steppable, stepped: ReadonlySet<string>): string | undefined {
  if (stepped.size === 0) return "no input has time";
  const moving = movingLayers(model, stepped);
  const lengths = new Set(model.inputs.filter(({ name }) => stepped.has(name)).map(({ shape }) => shape[0]));
  if (lengths.size > 1) return "its inputs have different numbers of steps";
  const isStep = (name: string): boolean => stepped.has(name) || moving.has(ownerOf(name, moving));
  for (const layer of model.layers) {
    if (!moving.has(layer.name)) continue;
    const definition = layerDefinition(layer);
    const title = `the ${layer.kind} layer ${quote(layer.name)}`;
    if (definition.stream === undefined) return `${title} needs whole sequences`;
    const inputs = layer.from.map((name, position) => ({
      shape: layer.inputs[position] as LayerShape,
      isStep: isStep(name),
    }));
    const reason = definition.stream(layer.config, inputs, (text) => isStep(neededAs(text, layer)));
    if (reason !== undefined) return `of ${title}: ${reason}`;
  }
  const isStreamed = ({ name, shape }: Model["outputs"][number]): boolean => isStep(name) && shape.time;
  return model.outputs.some(isStreamed) || moving.has(model.decode?.output ?? "") ? undefined : "no output has time";
}

/** `encoder.final_state` belongs to the longest of the names that begin it. */
export function ownerOf(name: string, owners: { readonly has: (name: string) => boolean }): string {
  let owner = name;
  while (!owners.has(owner) && owner.includes(".")) owner = owner.slice(0, owner.lastIndexOf("."));
  return owner;
}

/** What a text in a key of the layer stands for, in full: inside a group it may be shorter. */
function neededAs(text: string, { needs, scope }: ResolvedLayer): string {
  const isMeant = (name: string): boolean => needs.some((need) => name === need || name.startsWith(`${need}.`));
  return (
    scopesFrom(scope)
      .map((around) => (around === "" ? text : `${around}.${text}`))
      .find(isMeant) ?? text
  );
}
