/** Layers read only what stands above them: later layers and circles are found here. */
import type { ResolveContext } from "./context.ts";
import { isLayer } from "./names.ts";
import type { NamedLayer, Names } from "./names.ts";

/**
 * Reports every reference to a layer that does not stand above, once per circle.
 * @returns the layers that have such a reference
 */
export function checkOrder(context: ResolveContext, names: Names): ReadonlySet<NamedLayer> {
  const { report } = context;
  const bad = new Set<NamedLayer>();
  const told = new Set<string>();
  for (const layer of names.layers) {
    for (const { text, scope, pointer } of layer.sources.filter((source) => source !== undefined)) {
      const read = names.peek(text, scope);
      if (!read || !isLayer(read) || read.index < layer.index) continue;
      bad.add(layer);
      if (layer.original !== undefined) continue;
      const cycle = circleOf(names, layer, read);
      if (!cycle) {
        report("later-layer", { name: layer.name, read: read.name }, { pointer });
        continue;
      }
      const identity = Array.from(new Set(cycle)).sort().join(" ");
      if (!told.has(identity)) report("layer-cycle", { cycle }, { pointer });
      told.add(identity);
    }
  }
  return bad;
}

/** The names from `layer` over `read` back to `layer`, each reading the next; undefined when there is no way back. */
function circleOf(names: Names, layer: NamedLayer, read: NamedLayer): readonly string[] | undefined {
  const reachedFrom = new Map<NamedLayer, NamedLayer | undefined>([[read, undefined]]);
  const open = [read];
  for (let current = open.shift(); current; current = open.shift()) {
    if (current === layer) {
      const back: string[] = [];
      for (let step: NamedLayer | undefined = current; step; step = reachedFrom.get(step)) back.push(step.name);
      return [layer.name, ...back.reverse()];
    }
    for (const next of layersReadBy(names, current)) {
      if (reachedFrom.has(next)) continue;
      reachedFrom.set(next, current);
      open.push(next);
    }
  }
  return undefined;
}

function layersReadBy(names: Names, layer: NamedLayer): readonly NamedLayer[] {
  const owners = layer.sources.map((source) => source && names.peek(source.text, source.scope));
  return owners.filter((owner) => owner !== undefined).filter(isLayer);
}
