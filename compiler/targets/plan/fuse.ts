/**
 * Neighbouring nests over the same cells become one: what one computes, the next has in a register. A tensor that nobody
 * else reads is then never stored.
 */
import { indexText, nameIndex } from "../../ir/index-expression.ts";
import type { Access, Buffer, IndexExpression, Program } from "../../ir/program.ts";
import { canonicalIndex, substitute } from "./affine.ts";
import { mapLists, readsOf, workIn, writesOf, type Item, type Work } from "./items.ts";
import { renamed, type Nest, type Store } from "./nest.ts";
import { indexReadsOf, loadsOf, nodesOf, readsOfIndex, sameAccess, type Value, type ValueTable } from "./values.ts";

/** More tensors than this in one loop are more than registers and caches hold well. */
const mostStores = 12;

export function fuse(items: readonly Item[], program: Program, table: ValueTable): readonly Item[] {
  const fused = mapLists(items, (list) => fuseList(list, table));
  const read = new Set(program.results.map(({ buffer }) => buffer));
  for (const work of workIn(fused)) for (const { buffer } of readsOf(work)) read.add(buffer);
  return mapLists(fused, (list) =>
    list.flatMap((item): Item[] => {
      if (item.kind !== "nest") return [item];
      const stores = item.stores.filter(({ to }) => read.has(to.buffer));
      return stores.length === 0 ? [] : [{ ...item, stores }];
    }),
  );
}

function fuseList(list: readonly Item[], table: ValueTable): readonly Item[] {
  const result = new FusedList();
  for (const item of list) {
    if (item.kind !== "nest" || !isMap(item)) {
      result.add(item);
      continue;
    }
    let joined = false;
    for (const position of result.partnersOf(item)) {
      const candidate = result.items[position] as Item;
      const together = candidate.kind === "nest" ? join(candidate, item, table) : undefined;
      if (together === undefined) continue;
      result.replace(position, together);
      joined = true;
      break;
    }
    if (!joined) result.add(item);
  }
  return result.items;
}

/** What is done so far, by the tensors that are touched at each position: whoever looks for a partner looks nowhere else. */
class FusedList {
  readonly items: Item[] = [];
  /** The last position at which a tensor is written, and at which it is read or written. */
  readonly #written = new Map<Buffer, number>();
  readonly #touched = new Map<Buffer, number>();
  /** Positions of nests over the same cells that touch a tensor and have room for more. */
  readonly #partners = new Map<string, Map<Buffer, Set<number>>>();
  #lastLoop = -1;

  add(item: Item): void {
    this.items.push(item);
    if (item.kind === "loop") this.#lastLoop = this.items.length - 1;
    else this.#note(item, this.items.length - 1);
  }

  replace(position: number, nest: Nest): void {
    this.items[position] = nest;
    this.#note(nest, position);
  }

  #note(work: Work, position: number): void {
    for (const { buffer } of writesOf(work)) raise(this.#written, buffer, position);
    const touched = new Set([...writesOf(work), ...readsOf(work)].map(({ buffer }) => buffer));
    for (const buffer of touched) raise(this.#touched, buffer, position);
    if (work.kind !== "nest") return;
    const partners = this.#partnersOver(work);
    for (const buffer of touched) {
      const positions = partners.get(buffer) ?? new Set();
      if (work.stores.length < mostStores) positions.add(position);
      else positions.delete(position);
      partners.set(buffer, positions);
    }
  }

  #partnersOver({ axes }: Nest): Map<Buffer, Set<number>> {
    const cells = axes.map(({ high }) => high).join();
    const known = this.#partners.get(cells);
    if (known !== undefined) return known;
    const none = new Map<Buffer, Set<number>>();
    this.#partners.set(cells, none);
    return none;
  }

  /**
   * Where the nest could run too, having a tensor in common with what runs there, the latest first: nowhere before what it
   * must stay behind. Slots of one tensor are not told apart.
   */
  partnersOf(nest: Nest): readonly number[] {
    const read = new Set(readsOf(nest).map(({ buffer }) => buffer));
    const behind = Math.max(
      ...[...read].map((buffer) => this.#written.get(buffer) ?? 0),
      ...writesOf(nest).map(({ buffer }) => this.#touched.get(buffer) ?? 0),
      this.#lastLoop + 1,
    );
    const partners = this.#partnersOver(nest);
    const near = [...read].flatMap((buffer) => [...(partners.get(buffer) ?? [])]);
    return [...new Set(near.filter((position) => position >= behind))].sort((left, right) => right - left);
  }
}

function raise(positions: Map<Buffer, number>, buffer: Buffer, position: number): void {
  positions.set(buffer, Math.max(positions.get(buffer) ?? -1, position));
}

function isMap(nest: Nest): boolean {
  return nest.stores.every(({ value }) => nodesOf(value).every((node) => node.kind !== "reduce"));
}

/** Where one adds to cells of any place, or goes by numbers that the other stores, the order of whole nests matters. */
function mayMeet(first: Nest, second: Nest): boolean {
  if (first.stores.some(({ accumulate }) => accumulate === true)) return false;
  const indexReads = (nest: Nest): readonly Access[] =>
    nest.stores.flatMap(({ address, value }) => [...indexReadsOf(value), ...readsOfIndex(address)]);
  const stored = (nest: Nest, from: Access): boolean => nest.stores.some(({ to }) => sameAccess(to, from));
  if (indexReads(second).some((from) => stored(first, from))) return false;
  if (indexReads(first).some((from) => stored(second, from))) return false;
  const touched = [...readsOf(first), ...writesOf(first)];
  return second.stores.every(
    ({ to, accumulate }) => accumulate !== true || !touched.some((one) => sameAccess(one, to)),
  );
}

/** Both in one nest; undefined where the second needs cells of the first that are not its own. */
function join(first: Nest, second: Nest, table: ValueTable): Nest | undefined {
  if (first.axes.length !== second.axes.length || first.axes.length === 0) return undefined;
  if (first.stores.length + second.stores.length > mostStores) return undefined;
  if (first.origin.phase !== second.origin.phase && first.origin.phase === "update") return undefined;
  if (second.origin.phase === "update" && first.origin.phase !== "update") return undefined;
  if (first.axes.some(({ high }, axis) => high !== second.axes[axis]?.high)) return undefined;
  if (!shares(first, second) || !isMap(first) || !mayMeet(first, second)) return undefined;
  const names = new Map<string, IndexExpression>(
    second.axes.map(({ name }, axis) => [name, nameIndex(first.axes[axis]?.name ?? name)]),
  );
  const own = new Map(first.stores.map((store) => [keyOf(store), store.value]));
  let possible = true;
  const stores = second.stores.map((store): Store => {
    const value = table.rebuild(
      canonicalLoads(renamed(store.value, names, table), table),
      (node): Value | undefined => {
        if (node.kind !== "load" || !first.stores.some(({ to }) => sameAccess(to, node.from))) return undefined;
        const known = own.get(keyOf({ to: node.from, address: node.address }));
        if (known === undefined) possible = false;
        return known;
      },
    );
    return { ...store, address: canonicalIndex(substitute(store.address, names)), value };
  });
  // Storing where the first reads would change what a later cell of the first finds.
  const firstReads = readsOf(first);
  const clashes = stores.some(
    ({ to }) => first.stores.some((one) => sameAccess(one.to, to)) || firstReads.some((from) => sameAccess(from, to)),
  );
  if (!possible || (clashes && !ownCellsOnly(first, stores))) return undefined;
  return {
    ...first,
    name: second.name,
    stores: [...first.stores, ...stores],
    variables: [...new Set([...first.variables, ...second.variables])],
  };
}

/** Whether the first reads what the second stores at the very cell that is stored. */
function ownCellsOnly(first: Nest, stores: readonly Store[]): boolean {
  const reads = first.stores.flatMap(({ value }) => loadsOf(value));
  return stores.every((store) =>
    reads.every((load) => !sameAccess(load.from, store.to) || indexText(load.address) === indexText(store.address)),
  );
}

function keyOf({ to, address }: { readonly to: Access; readonly address: IndexExpression }): string {
  const { buffer, slot } = to;
  return `${buffer.name}|${JSON.stringify(slot ?? null)}|${indexText(address)}`;
}

function canonicalLoads(value: Value, table: ValueTable): Value {
  return table.rebuild(value, (node) =>
    node.kind === "load" ? table.intern({ ...node, address: canonicalIndex(node.address) }) : undefined,
  );
}

/** Nests that have no tensor in common gain nothing from each other. */
function shares(first: Nest, second: Nest): boolean {
  const touched = [...readsOf(first), ...writesOf(first)];
  return readsOf(second).some((from) => touched.some((other) => sameAccess(from, other)));
}
