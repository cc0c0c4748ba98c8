/**
 * Rows that are added up by the number of the row they go to. A kernel writes one cell and does not see where else a number
 * might go, so it looks through all of them: `for every v: the sum over k of (ids[k] == v ? values[k] : 0)`. Memory can be
 * written anywhere: zeros first, then for every k its values are added to row ids[k], which is as many additions as values.
 */
import { namesOf } from "../../ir/index-expression.ts";
import type { IndexExpression, LoadedIndex } from "../../ir/program.ts";
import { affineOf, coefficientOf, pointingOf, simplifyIndex, substitute, type Affine } from "./affine.ts";
import type { Nest, Store } from "./nest.ts";
import { gatheredWith, withoutZeros } from "./sums.ts";
import { nodesOf, type Axis, type LoadValue, type ReduceValue, type Value, type ValueTable } from "./values.ts";

export interface Scattered {
  /** In order: the zeros, unless something else has been stored to add to, and the additions. */
  readonly nests: readonly Nest[];
  /** What remains of the nest, reading the sums from where they are; undefined when that is nothing. */
  readonly rest: Nest | undefined;
}

/**
 * @param extents of the kernel's axes, before any condition cut them
 * @param hasProduct whether a matrix product, part of the nest's value, is stored in its output already
 */
export function withoutScatters(
  nest: Nest,
  extents: ReadonlyMap<string, number>,
  hasProduct: boolean,
  table: ValueTable,
): Scattered {
  const [store] = nest.stores;
  if (store === undefined || nest.stores.length !== 1) return { nests: [], rest: nest };
  const found = nodesOf(store.value)
    .filter((value): value is ReduceValue => value.kind === "reduce")
    .map((reduce) => ({ reduce, additions: additionsOf(reduce, nest, store, extents) }))
    .filter((one): one is { reduce: ReduceValue; additions: Nest } => one.additions !== undefined);
  const raw = table.intern<LoadValue>({ kind: "load", from: store.to, address: store.address });
  // What is only added to what is there already, or to each other, gathers in one place.
  if (hasProduct) {
    const terms = gatheredWith(store.value, raw);
    const summands = found.filter(({ reduce }) => terms.includes(reduce));
    const nothing = new Map<Value, Value>(summands.map(({ reduce }) => [reduce, table.number(0)]));
    return settled(
      nest,
      store,
      raw,
      nothing,
      summands.map(({ additions }) => additions),
      table,
    );
  }
  const [first, ...others] = found;
  if (first === undefined) return { nests: [], rest: nest };
  const terms = gatheredWith(store.value, first.reduce);
  const summands = others.filter(({ reduce }) => terms.includes(reduce));
  const gone = new Map<Value, Value>([
    [first.reduce, raw],
    ...summands.map(({ reduce }): [Value, Value] => [reduce, table.number(0)]),
  ]);
  const zeros: Nest = { ...nest, stores: [{ ...store, value: table.number(0) }] };
  const nests = [zeros, first.additions, ...summands.map(({ additions }) => additions)];
  return settled(nest, store, raw, gone, nests, table);
}

function settled(
  nest: Nest,
  store: Store,
  raw: Value,
  gone: ReadonlyMap<Value, Value>,
  nests: readonly Nest[],
  table: ValueTable,
): Scattered {
  if (nests.length === 0) return { nests, rest: nest };
  const value = withoutZeros(
    table.rebuild(store.value, (node) => gone.get(node)),
    table,
  );
  return { nests, rest: value === raw ? undefined : { ...nest, stores: [{ ...store, value }] } };
}

/** The sum as additions to the rows of the nest's output; undefined where it is no such sum. */
function additionsOf(
  { operation, axes, body }: ReduceValue,
  nest: Nest,
  store: Store,
  extents: ReadonlyMap<string, number>,
): Nest | undefined {
  if (operation !== "sum" || body.kind !== "select" || body.operation !== "equal") return undefined;
  if (body.whenFalse.kind !== "number" || body.whenFalse.value !== 0) return undefined;
  const [ids, position] = body.left.kind === "load" ? [body.left, body.right] : [body.right, body.left];
  if (ids.kind !== "load" || position.kind !== "position") return undefined;
  const address = affineOf(store.address);
  const row = rowAxisOf(affineOf(position.index), nest.axes);
  // Every row must be one of this nest's: where a condition has cut them apart, ids may mean another's.
  if (address === undefined || row === undefined || extents.get(row.name) !== row.high) return undefined;
  if (coefficientOf(address, row.name) === 0) return undefined;
  if (namesOf(ids.address).has(row.name) || dependsOn(body.whenTrue, row.name)) return undefined;
  // The axes of a nest begin at 0.
  if (pointingOf(ids.address) === undefined || axes.some(({ low }) => low !== 0)) return undefined;
  const number: LoadedIndex = { kind: "loaded", from: ids.from, indices: [ids.address], below: row.high };
  const walked = namesOf(ids.address);
  const others = nest.axes.filter((axis) => axis !== row);
  const names = new Map<string, IndexExpression>([[row.name, number]]);
  return {
    ...nest,
    // The cells of a row innermost: they lie side by side, and have the row's number in common.
    axes: [
      ...others.filter(({ name }) => walked.has(name)),
      ...axes,
      ...others.filter(({ name }) => !walked.has(name)),
    ],
    stores: [
      {
        to: store.to,
        address: simplifyIndex(substitute(store.address, names), new Map()),
        value: body.whenTrue,
        accumulate: true,
      },
    ],
  };
}

/** The axis that an index is, alone and from its start. */
function rowAxisOf(index: Affine | undefined, axes: readonly Axis[]): Axis | undefined {
  if (index === undefined || index.constant !== 0 || index.coefficients.size !== 1) return undefined;
  return axes.find(({ name }) => coefficientOf(index, name) === 1);
}

function dependsOn(value: Value, name: string): boolean {
  return nodesOf(value).some((node) => {
    if (node.kind === "load") return namesOf(node.address).has(name);
    return node.kind === "position" && namesOf(node.index).has(name);
  });
}
