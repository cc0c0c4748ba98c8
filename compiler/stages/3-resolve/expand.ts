/** From the items of `layers`, of which some are groups of layers, to a flat list in the order in which they are built. */
import type { LayerSpec, Spec } from "../../contracts/spec.ts";
import { groups } from "../../layers/groups.ts";
import type { GroupDefinition } from "../../layers/groups.ts";
import { isRecord } from "../../support/plain.ts";
import { pointerTo } from "../../support/pointer.ts";
import { isBroken } from "./context.ts";

/** What a layer reads, as a text that is still to be looked up. */
export interface SourceText {
  readonly text: string;
  /** Name of the group inside which the text is looked up first; "" outside of all. */
  readonly scope: string;
  readonly pointer: string;
}

export interface NamedLayer {
  /** With the names of the groups around it, as PyTorch names modules inside of modules: `blocks.0.attention`. */
  readonly name: string;
  readonly kind: string;
  readonly index: number;
  readonly pointer: string;
  readonly spec: LayerSpec;
  readonly isNamed: boolean;
  /** Name of the group around it. */
  readonly scope: string;
  readonly frozen: boolean;
  /** As written, or what stands above; undefined stands for the one input of the model. */
  readonly sources: readonly (SourceText | undefined)[];
  /** Whether `from` is written. */
  readonly isWritten: boolean;
  /** The same layer in the first copy of a repeated group. */
  readonly original: NamedLayer | undefined;
  /** Of the layer that ends a group: what the group reads, and the items of its first copy. */
  readonly groupInput: SourceText | undefined;
  readonly inner: readonly NamedLayer[];
}

type Source = SourceText | undefined;

interface Around {
  /** Name of the group, with a dot and the number of the copy. */
  readonly prefix: string;
  readonly frozen: boolean;
  readonly original: ReadonlyMap<string, NamedLayer> | undefined;
}

export function expandLayers(spec: Spec): readonly NamedLayer[] {
  return new Expansion(spec).all();
}

/** How many layers a model would have: groups inside groups multiply, and a recurrent layer is built once per run. */
export function countLayers(spec: Spec): number {
  const count = (items: readonly LayerSpec[], pointer: string): number =>
    items.reduce((sum, item, position) => {
      const place = pointerTo(pointer, position);
      const group = isBroken(spec, place) ? undefined : groupOf(item.kind);
      return (
        sum +
        (group === undefined && !isBroken(spec, place) ? runsOf(item) : 1) +
        (group === undefined ? 0 : (group.copies(item) ?? 1) * count(innerOf(item), pointerTo(place, "layers")))
      );
    }, 0);
  return count(spec.layers, "/layers");
}

/** Layers and directions of a recurrent layer, or of a decoder's cell; 1 of any other. */
function runsOf(item: LayerSpec): number {
  const cell = isRecord(item["cell"]) ? item["cell"] : item;
  const count = cell["num_layers"];
  return (typeof count === "number" ? count : 1) * (item["bidirectional"] === true ? 2 : 1);
}

function innerOf(item: LayerSpec): readonly LayerSpec[] {
  return Array.isArray(item["layers"]) ? (item["layers"] as readonly LayerSpec[]) : [];
}

export function groupOf(kind: string): GroupDefinition | undefined {
  return groups.find((group) => group.kind === kind);
}

class Expansion {
  readonly #spec: Spec;
  readonly #layers: NamedLayer[] = [];

  constructor(spec: Spec) {
    this.#spec = spec;
  }

  all(): readonly NamedLayer[] {
    this.#list(this.#spec.layers, "/layers", undefined, { prefix: "", frozen: false, original: undefined });
    return this.#layers;
  }

  /** @returns the items' own layers; a group's is the one that ends it */
  #list(items: readonly LayerSpec[], pointer: string, first: Source, around: Around): readonly NamedLayer[] {
    const own: NamedLayer[] = [];
    items.forEach((item, position) => {
      const above = own[own.length - 1];
      const place = pointerTo(pointer, position);
      const source = above === undefined ? first : { text: above.name, scope: "", pointer: pointerTo(place, "from") };
      own.push(this.#item(item, position, place, source, around));
    });
    return own;
  }

  #item(spec: LayerSpec, position: number, pointer: string, above: Source, around: Around): NamedLayer {
    const local = spec.name ?? `${spec.kind}_${position + 1}`;
    const name = around.prefix === "" ? local : `${around.prefix}.${local}`;
    const group = isBroken(this.#spec, pointer) ? undefined : groupOf(spec.kind);
    const sources = writtenSources(spec, pointer, around.prefix) ?? [above];
    const common = { name, kind: spec.kind, pointer, spec, isNamed: spec.name !== undefined, scope: around.prefix };
    const frozen = around.frozen || spec.freeze === true;
    const isWritten = spec.from !== undefined;
    const original = around.original?.get(local);
    if (group === undefined)
      return this.#add({ ...common, frozen, isWritten, original, sources, groupInput: undefined, inner: [] });
    const { last, inner } = this.#copies(group, spec, pointer, sources[0], { name, frozen, original });
    return this.#add({
      ...common,
      frozen,
      isWritten,
      original,
      sources: group.endReadsInput ? [sources[0], last] : [last],
      groupInput: sources[0],
      inner,
    });
  }

  #copies(
    group: GroupDefinition,
    spec: LayerSpec,
    pointer: string,
    input: Source,
    { name, frozen, original }: Pick<NamedLayer, "name" | "frozen" | "original">,
  ): { readonly last: Source; readonly inner: readonly NamedLayer[] } {
    const items = innerOf(spec);
    const copies = group.copies(spec);
    let last = input;
    let inner: readonly NamedLayer[] = original?.inner ?? [];
    for (let copy = 0; copy < (copies ?? 1); copy++) {
      const prefix = copies === undefined ? name : `${name}.${copy}`;
      const isFirst = copy === 0 && original === undefined;
      const known = isFirst ? undefined : new Map(inner.map((layer) => [localName(layer), layer]));
      const own = this.#list(items, pointerTo(pointer, "layers"), last, { prefix, frozen, original: known });
      if (isFirst) inner = own;
      const end = own[own.length - 1];
      if (end !== undefined) last = { text: end.name, scope: "", pointer: pointerTo(pointer, "layers") };
    }
    return { last, inner };
  }

  #add(layer: Omit<NamedLayer, "index">): NamedLayer {
    const added = { ...layer, index: this.#layers.length };
    this.#layers.push(added);
    return added;
  }
}

function localName({ name, scope }: NamedLayer): string {
  return scope === "" ? name : name.slice(scope.length + 1);
}

function writtenSources({ from }: LayerSpec, pointer: string, scope: string): readonly SourceText[] | undefined {
  if (from === undefined) return undefined;
  if (typeof from === "string") return [{ text: from, scope, pointer: pointerTo(pointer, "from") }];
  return from.map((text, position) => ({ text, scope, pointer: pointerTo(pointer, "from", position) }));
}

/** The places where a text inside a group is looked up: the group, the groups around it, and outside. */
export function scopesFrom(scope: string): readonly string[] {
  const segments = scope === "" ? [] : scope.split(".");
  return [...segments.map((_, position) => segments.slice(0, segments.length - position).join(".")), ""];
}
