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
  const result: Item[] = [];
  for (const item of list) {
    if (item.kind !== "nest" || !isMap(item)) {
      result.push(item);
      continue;
    }
    let joined = false;
    for (let position = result.length - 1; position >= 0 && !joined; position--) {
      const candidate = result[position] as Item;
      if (candidate.kind === "nest") {
        const together = join(candidate, item, table);
        if (together !== undefined) {
          result[position] = together;
          joined = true;
        }
      }
      if (!joined && candidate.kind !== "loop" && !depends(item, candidate)) continue;
      break;
    }
    if (!joined) result.push(item);
  }
  return result;
}

function isMap(nest: Nest): boolean {
  return nest.stores.every(({ value }) => nodesOf(value).every((node) => node.kind !== "reduce"));
}

/** Whether the one must stay behind the other. Slots of one tensor are not told apart. */
function depends(later: Work, earlier: Work): boolean {
  const buffers = (accesses: readonly Access[]): Set<Buffer> => new Set(accesses.map(({ buffer }) => buffer));
  const written = buffers(writesOf(earlier));
  const read = buffers(readsOf(earlier));
  return (
    readsOf(later).some(({ buffer }) => written.has(buffer)) ||
    writesOf(later).some(({ buffer }) => read.has(buffer) || written.has(buffer))
  );
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
  if (!isMap(first) || first.axes.length !== second.axes.length || first.axes.length === 0) return undefined;
  if (first.stores.length + second.stores.length > mostStores) return undefined;
  if (first.origin.phase !== second.origin.phase && first.origin.phase === "update") return undefined;
  if (second.origin.phase === "update" && first.origin.phase !== "update") return undefined;
  if (!mayMeet(first, second)) return undefined;
  if (first.axes.some(({ high }, axis) => high !== second.axes[axis]?.high)) return undefined;
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
  if (!shares(first, second)) return undefined;
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
