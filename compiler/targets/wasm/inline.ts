/**
 * Cheap tensors that are read once are computed where they are read: the sum of a product and a bias, say, which the gates
 * of a cell take apart. It saves writing and reading them.
 */
import { stridesOf } from "../../ir/graph.ts";
import { divideIndex, moduloIndex, namesOf } from "../../ir/index-expression.ts";
import type { Buffer, IndexExpression, LoopStep, Program } from "../../ir/program.ts";
import { affineOf, simplifyIndex, type Interval } from "./affine.ts";
import { readsPerCell } from "./extract.ts";
import { mapLists, readsOf, workIn, writesOf, type Item, type Work } from "./items.ts";
import { cellsOf, renamed, type Nest } from "./nest.ts";
import { indexReadsOf, loadsOf, nodesOf, readsOfIndex, type LoadValue, type Value, type ValueTable } from "./values.ts";

const cheap: ReadonlySet<string> = new Set(["negate", "abs", "add", "subtract", "multiply", "maximum", "minimum"]);
/** Operations beyond which a value is no longer cheap to have in the middle of others. */
const mostOperations = 6;

export function inlineCheap(items: readonly Item[], program: Program, table: ValueTable): readonly Item[] {
  const results = new Set(program.results.map(({ buffer }) => buffer));
  let current = items;
  for (const work of workIn(items)) {
    if (work.kind !== "nest") continue;
    // The nest may have been changed by an earlier inlining: look it up by what it writes.
    const nest = workIn(current).find((one) => one.kind === "nest" && one.stores[0]?.to === work.stores[0]?.to) as
      Nest | undefined;
    if (nest === undefined) continue;
    current = inlined(nest, current, results, table) ?? current;
  }
  return current;
}

interface Place {
  readonly work: Work;
  /** The loops around it, outermost first. */
  readonly loops: readonly LoopStep[];
  readonly turns: number;
  readonly ranges: ReadonlyMap<string, Interval>;
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

function inlined(
  nest: Nest,
  items: readonly Item[],
  results: ReadonlySet<Buffer>,
  table: ValueTable,
): readonly Item[] | undefined {
  const [store] = nest.stores;
  if (store === undefined || nest.stores.length !== 1 || store.to.slot !== undefined) return undefined;
  const { buffer } = store.to;
  if (buffer.role !== "intermediate" || buffer.storage !== "whole" || results.has(buffer)) return undefined;
  if (!isCheap(store.value)) return undefined;
  const places = placesIn(items);
  const own = places.find(({ work }) => work === nest);
  if (own === undefined) return undefined;
  // Written by one nest, apart from the product whose sum it holds before.
  const writers = places.filter(({ work }) => work !== nest && writesOf(work).some((to) => to.buffer === buffer));
  if (writers.some(({ work }) => work.kind !== "product") || cellsOf(nest) !== sizeOfBuffer(buffer)) return undefined;
  const readers = places.filter(({ work }) => work !== nest && readsOf(work).some((from) => from.buffer === buffer));
  // Behind a loop, what it left is the last turn's.
  if (readers.some(({ loops }) => own.loops.some((loop, level) => loops[level] !== loop))) return undefined;
  if (readers.some(({ work }) => work.kind !== "nest" && !writers.some((one) => one.work === work))) return undefined;
  // An address can be read from a tensor; it cannot be computed.
  const isIndex = ({ work }: Place): boolean =>
    work.kind === "nest" &&
    work.stores.some(({ address, value }) =>
      [...indexReadsOf(value), ...readsOfIndex(address)].some((from) => from.buffer === buffer),
    );
  if (readers.some(isIndex)) return undefined;
  if (readers.length === 0 || cellsRead(readers, buffer) > cellsOf(nest) * own.turns) return undefined;
  const changed = new Map<Work, Nest>();
  for (const { work, ranges } of readers) {
    if (work.kind !== "nest") continue;
    const replaced = withoutLoads(work, nest, rangesIn(work, ranges), table);
    if (replaced === undefined) return undefined;
    changed.set(work, replaced);
  }
  return mapLists(items, (list) =>
    list.flatMap((item): Item[] => {
      if (item === nest) return [];
      return [item.kind === "loop" ? item : (changed.get(item) ?? item)];
    }),
  );
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

/** Cells of a tensor that the nests among the places read, each reading counted. */
function cellsRead(places: readonly Place[], buffer: Buffer): number {
  return places.reduce((total, { work, turns }) => {
    if (work.kind !== "nest") return total;
    const perCell = work.stores.reduce((sum, { value }) => sum + readsPerCell(value, buffer), 0);
    return total + perCell * cellsOf(work) * turns;
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
