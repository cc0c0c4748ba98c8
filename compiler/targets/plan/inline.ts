/**
 * Cheap tensors that are read once are computed where they are read: the sum of a product and a bias, say, which the gates
 * of a cell take apart. It saves writing and reading them.
 */
import { stridesOf } from "../../ir/graph.ts";
import { divideIndex, moduloIndex, namesOf } from "../../ir/index-expression.ts";
import type { Buffer, IndexExpression, LoopStep, Program } from "../../ir/program.ts";
import { affineOf, simplifyIndex, type Interval } from "./affine.ts";
import { readsPerCell } from "./extract.ts";
import { mapLists, readsOf, writesOf, type Item, type Work } from "./items.ts";
import { cellsOf, renamed, type Nest } from "./nest.ts";
import { indexReadsOf, loadsOf, nodesOf, readsOfIndex, type LoadValue, type Value, type ValueTable } from "./values.ts";

const cheap: ReadonlySet<string> = new Set(["negate", "abs", "add", "subtract", "multiply", "maximum", "minimum"]);
/** Operations beyond which a value is no longer cheap to have in the middle of others. */
const mostOperations = 6;

export function inlineCheap(items: readonly Item[], program: Program, table: ValueTable): readonly Item[] {
  const results = new Set(program.results.map(({ buffer }) => buffer));
  const places = new Places(placesIn(items));
  for (const place of places.all) {
    // As earlier inlinings left it.
    const nest = places.workAt(place);
    const readers = nest?.kind === "nest" ? inlined(nest, place, places, results, table) : undefined;
    if (readers === undefined) continue;
    places.change(place, undefined);
    for (const [reader, changed] of readers) places.change(reader, changed);
  }
  const now = new Map<Item, Item | undefined>(places.all.map((place) => [place.work, places.workAt(place)]));
  return mapLists(items, (list) => list.flatMap((item) => (item.kind === "loop" ? item : (now.get(item) ?? []))));
}

interface Place {
  /** What was there at first. */
  readonly work: Work;
  /** The loops around it, outermost first. */
  readonly loops: readonly LoopStep[];
  readonly turns: number;
  readonly ranges: ReadonlyMap<string, Interval>;
}

/** The places of a program by the tensors that are read and written there, kept up to date as their work changes. */
class Places {
  readonly #order = new Map<Place, number>();
  readonly #work = new Map<Place, Work>();
  readonly #readers = new Map<Buffer, Set<Place>>();
  readonly #writers = new Map<Buffer, Set<Place>>();

  constructor(readonly all: readonly Place[]) {
    for (const place of all) {
      this.#order.set(place, this.#order.size);
      this.change(place, place.work);
    }
  }

  workAt(place: Place): Work | undefined {
    return this.#work.get(place);
  }

  /** In the order of the program. */
  readersOf(buffer: Buffer): readonly Place[] {
    return this.#sorted(this.#readers.get(buffer));
  }

  writersOf(buffer: Buffer): readonly Place[] {
    return this.#sorted(this.#writers.get(buffer));
  }

  change(place: Place, work: Work | undefined): void {
    const before = this.#work.get(place);
    if (before !== undefined) {
      for (const { buffer } of readsOf(before)) this.#readers.get(buffer)?.delete(place);
      for (const { buffer } of writesOf(before)) this.#writers.get(buffer)?.delete(place);
    }
    this.#work.delete(place);
    if (work === undefined) return;
    this.#work.set(place, work);
    for (const { buffer } of readsOf(work)) setIn(this.#readers, buffer).add(place);
    for (const { buffer } of writesOf(work)) setIn(this.#writers, buffer).add(place);
  }

  #sorted(places: ReadonlySet<Place> = new Set()): readonly Place[] {
    const position = (place: Place): number => this.#order.get(place) ?? 0;
    return [...places].sort((left, right) => position(left) - position(right));
  }
}

function setIn(sets: Map<Buffer, Set<Place>>, buffer: Buffer): Set<Place> {
  const set = sets.get(buffer) ?? new Set();
  sets.set(buffer, set);
  return set;
}

function placesIn(
  items: readonly Item[],
  loops: readonly LoopStep[] = [],
  turns = 1,
  ranges: ReadonlyMap<string, Interval> = new Map<string, Interval>(),
): readonly Place[] {
  return items.flatMap((item) => {
    if (item.kind !== "loop") return [{ work: item, loops, turns, ranges }];
    const { variable, start, end, stride } = item.step;
    const last = end - stride;
    const inner = new Map(ranges).set(variable, { least: Math.min(start, last), most: Math.max(start, last) });
    return placesIn(item.body, [...loops, item.step], turns * Math.abs(end - start), inner);
  });
}

/** The readers of what a nest computes as they are without it; undefined where it stays. */
function inlined(
  nest: Nest,
  own: Place,
  places: Places,
  results: ReadonlySet<Buffer>,
  table: ValueTable,
): ReadonlyMap<Place, Nest> | undefined {
  const [store] = nest.stores;
  if (store === undefined || nest.stores.length !== 1 || store.to.slot !== undefined) return undefined;
  const { buffer } = store.to;
  if (buffer.role !== "intermediate" || buffer.storage !== "whole" || results.has(buffer)) return undefined;
  if (!isCheap(store.value)) return undefined;
  // Written by one nest, apart from the product whose sum it holds before.
  const writers = places.writersOf(buffer).filter((place) => place !== own);
  if (writers.some((place) => places.workAt(place)?.kind !== "product")) return undefined;
  if (cellsOf(nest) !== sizeOfBuffer(buffer)) return undefined;
  const readers = places.readersOf(buffer).filter((place) => place !== own);
  // Behind a loop, what it left is the last turn's.
  if (readers.some(({ loops }) => own.loops.some((loop, level) => loops[level] !== loop))) return undefined;
  if (readers.some((place) => places.workAt(place)?.kind !== "nest" && !writers.includes(place))) return undefined;
  const nests = new Map<Place, Nest>();
  for (const place of readers) {
    const work = places.workAt(place);
    if (work?.kind === "nest") nests.set(place, work);
  }
  // An address can be read from a tensor; it cannot be computed.
  const isIndex = ({ stores }: Nest): boolean =>
    stores.some(({ address, value }) =>
      [...indexReadsOf(value), ...readsOfIndex(address)].some((from) => from.buffer === buffer),
    );
  if ([...nests.values()].some(isIndex)) return undefined;
  if (readers.length === 0 || cellsRead(nests, buffer) > cellsOf(nest) * own.turns) return undefined;
  const changed = new Map<Place, Nest>();
  for (const [place, reader] of nests) {
    const replaced = withoutLoads(reader, nest, rangesIn(reader, place.ranges), table);
    if (replaced === undefined) return undefined;
    changed.set(place, replaced);
  }
  return changed;
}

function isCheap(value: Value): boolean {
  const nodes = nodesOf(value);
  const operations = nodes.filter((node) => node.kind === "unary" || node.kind === "binary" || node.kind === "select");
  return (
    operations.length <= mostOperations &&
    nodes.every(
      (node) => node.kind === "load" || node.kind === "number" || ("operation" in node && cheap.has(node.operation)),
    )
  );
}

/** Cells of a tensor that the nests read at their places, each reading counted. */
function cellsRead(nests: ReadonlyMap<Place, Nest>, buffer: Buffer): number {
  return [...nests].reduce((total, [{ turns }, nest]) => {
    const perCell = nest.stores.reduce((sum, { value }) => sum + readsPerCell(value, buffer), 0);
    return total + perCell * cellsOf(nest) * turns;
  }, 0);
}

/** The values of all names in a nest: its axes, the axes of its sums, and the loops around it. */
function rangesIn(nest: Nest, outer: ReadonlyMap<string, Interval>): ReadonlyMap<string, Interval> {
  const known = new Map(outer);
  for (const { name, high } of nest.axes) known.set(name, { least: 0, most: high - 1 });
  for (const value of nest.stores.flatMap((one) => nodesOf(one.value))) {
    if (value.kind !== "reduce") continue;
    for (const { name, low, high } of value.axes) {
      // Several sums may have a name in common, not its values.
      const { least, most } = known.get(name) ?? { least: low, most: high - 1 };
      known.set(name, { least: Math.min(least, low), most: Math.max(most, high - 1) });
    }
  }
  return known;
}

function sizeOfBuffer(buffer: Buffer): number {
  return buffer.shape.reduce((product, dimension) => product * dimension, 1);
}

/** The reader with the nest's expression in the place of its loads; undefined where an address cannot be taken apart. */
function withoutLoads(
  reader: Nest,
  nest: Nest,
  ranges: ReadonlyMap<string, Interval>,
  table: ValueTable,
): Nest | undefined {
  const [store] = nest.stores as [Nest["stores"][number]];
  const { buffer } = store.to;
  const strides = stridesOf(nest.axes.map(({ high }) => high));
  let possible = true;
  const at = (load: LoadValue): Value => {
    const names = new Map<string, IndexExpression>();
    nest.axes.forEach(({ name, high }, axis) => {
      const position = moduloIndex(divideIndex(load.address, strides[axis] as number), high);
      names.set(name, simplifyIndex(position, ranges));
    });
    if ([...names.values()].some((index) => affineOf(index) === undefined)) possible = false;
    const value = renamed(store.value, names, table);
    return table.rebuild(value, (node) =>
      node.kind === "load"
        ? table.intern<LoadValue>({ ...node, address: simplifyIndex(node.address, ranges) })
        : undefined,
    );
  };
  const stores = reader.stores.map((one) => ({
    ...one,
    value: table.rebuild(one.value, (node) =>
      node.kind === "load" && node.from.buffer === buffer ? at(node) : undefined,
    ),
  }));
  if (!possible) return undefined;
  // Where the cell is computed from several tensors, the reader's variables are those of its own addresses.
  const variables = new Set([
    ...reader.variables,
    ...stores.flatMap(({ value }) => variablesOf(value, ranges, reader)),
  ]);
  return { ...reader, stores, variables: [...variables] };
}

function variablesOf(value: Value, ranges: ReadonlyMap<string, Interval>, reader: Nest): readonly string[] {
  const axes = new Set(reader.axes.map(({ name }) => name));
  const bound = new Set(
    nodesOf(value).flatMap((node) => (node.kind === "reduce" ? node.axes.map(({ name }) => name) : [])),
  );
  return loadsOf(value)
    .flatMap(({ address }) => [...namesOf(address)])
    .filter((name) => ranges.has(name) && !axes.has(name) && !bound.has(name));
}
