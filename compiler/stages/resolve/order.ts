/** Layers read only what stands above them: later layers and circles are found here. */
import { pointerTo } from "../../support/pointer.ts";
import type { ResolveContext } from "./context.ts";
import { isLayer } from "./names.ts";
import type { NamedLayer, Names } from "./names.ts";

/** What a layer's `from` says, as a list; undefined when it is left to the default. */
export function writtenSources(context: ResolveContext, layer: NamedLayer): readonly string[] | undefined {
  const from = context.spec.layers[layer.index]?.from;
  return from === undefined ? undefined : typeof from === "string" ? [from] : from;
}

/** Pointer of the text of the position-th source. */
export function sourcePointer(context: ResolveContext, layer: NamedLayer, position: number): string {
  const from = context.spec.layers[layer.index]?.from;
  return typeof from === "string" ? `${layer.pointer}/from` : pointerTo(layer.pointer, "from", position);
}

/**
 * Reports every reference to a layer that does not stand above, once per circle.
 * @returns the layers that have such a reference
 */
export function checkOrder(context: ResolveContext, names: Names): ReadonlySet<NamedLayer> {
  const { report } = context;
  const bad = new Set<NamedLayer>();
  const told = new Set<string>();
  for (const layer of names.layers) {
    (writtenSources(context, layer) ?? []).forEach((text, position) => {
      const read = names.peek(text);
      if (!read || !isLayer(read) || read.index < layer.index) return;
      bad.add(layer);
      const pointer = sourcePointer(context, layer, position);
      const cycle = circleOf(context, names, layer, read);
      if (!cycle) {
        report("later-layer", { name: layer.name, read: read.name }, { pointer });
        return;
      }
      const identity = Array.from(new Set(cycle)).sort().join(" ");
      if (!told.has(identity)) report("layer-cycle", { cycle }, { pointer });
      told.add(identity);
    });
  }
  return bad;
}

/** The names from `layer` over `read` back to `layer`, each reading the next; undefined when there is no way back. */
function circleOf(
  context: ResolveContext,
  names: Names,
  layer: NamedLayer,
  read: NamedLayer,
): readonly string[] | undefined {
  const reachedFrom = new Map<NamedLayer, NamedLayer | undefined>([[read, undefined]]);
  const open = [read];
  for (let current = open.shift(); current; current = open.shift()) {
    if (current === layer) {
      const back: string[] = [];
      for (let step: NamedLayer | undefined = current; step; step = reachedFrom.get(step)) back.push(step.name);
      return [layer.name, ...back.reverse()];
    }
    for (const next of layersReadBy(context, names, current)) {
      if (reachedFrom.has(next)) continue;
      reachedFrom.set(next, current);
      open.push(next);
    }
  }
  return undefined;
}

function layersReadBy(context: ResolveContext, names: Names, layer: NamedLayer): readonly NamedLayer[] {
  const above = names.layers[layer.index - 1];
  const written = writtenSources(context, layer);
  const owners = written ? written.map((text) => names.peek(text)) : [above];
  return owners.filter((owner) => owner !== undefined).filter(isLayer);
}
