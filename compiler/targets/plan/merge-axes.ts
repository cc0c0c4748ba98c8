/** Neighbouring axes that every tensor walks as if they were one become one: longer loops, fewer of them. */
import { constantIndex, namesOf } from "../../ir/index-expression.ts";
import type { IndexExpression } from "../../ir/program.ts";
import { coefficientOf, pointingOf, simplifyIndex, substitute, type Interval } from "./affine.ts";
import type { Nest } from "./nest.ts";
import { renamed } from "./nest.ts";
import { loadsOf, nodesOf, type Axis, type ReduceValue, type Value, type ValueTable } from "./values.ts";

export function mergeAxes(nest: Nest, table: ValueTable): Nest {
  let current: Nest = {
    ...nest,
    stores: nest.stores.map((store) => ({ ...store, value: mergedSums(store.value, table) })),
  };
  for (let position = current.axes.length - 2; position >= 0; position--) {
    const outer = current.axes[position] as Axis;
    const inner = current.axes[position + 1] as Axis;
    const addresses = [
      ...current.stores.map(({ address }) => address),
      ...current.stores.flatMap(({ value }) => loadsOf(value).map(({ address }) => address)),
    ];
    const values = current.stores.map(({ value }) => value);
    if (!isOneAxis(outer, inner, addresses, values)) continue;
    const joined: Axis = { name: inner.name, low: 0, high: outer.high * inner.high };
    const ranges = new Map<string, Interval>([[joined.name, { least: 0, most: joined.high - 1 }]]);
    // With the outer axis at 0 every address is what it was, for the inner one now runs on.
    const zero = new Map<string, IndexExpression>([[outer.name, constantIndex(0)]]);
    current = {
      ...current,
      axes: current.axes.flatMap((axis) => (axis === outer ? [] : axis === inner ? [joined] : [axis])),
      stores: current.stores.map((store) => ({
        ...store,
        address: simplifyIndex(substitute(store.address, zero), ranges),
        value: renamed(store.value, zero, table),
      })),
    };
  }
  return current;
}

function mergedSums(root: Value, table: ValueTable): Value {
  return table.rebuild(root, (value) => {
    if (value.kind !== "reduce") return undefined;
    let reduce: ReduceValue = { ...value, body: mergedSums(value.body, table) };
    for (let position = reduce.axes.length - 2; position >= 0; position--) {
      const outer = reduce.axes[position] as Axis;
      const inner = reduce.axes[position + 1] as Axis;
      const addresses = loadsOf(reduce.body).map(({ address }) => address);
      if (outer.low !== 0 || inner.low !== 0 || !isOneAxis(outer, inner, addresses, [reduce.body])) continue;
      const joined: Axis = { name: inner.name, low: 0, high: outer.high * inner.high };
      const zero = new Map<string, IndexExpression>([[outer.name, constantIndex(0)]]);
      reduce = {
        ...reduce,
        axes: reduce.axes.flatMap((axis) => (axis === outer ? [] : axis === inner ? [joined] : [axis])),
        body: renamed(reduce.body, zero, table),
      };
    }
    return table.intern(reduce);
  });
}

function isOneAxis(outer: Axis, inner: Axis, addresses: readonly IndexExpression[], values: readonly Value[]): boolean {
  const positions = values.flatMap(nodesOf).filter((node) => node.kind === "position");
  if (positions.some(({ index }) => namesOf(index).has(outer.name) || namesOf(index).has(inner.name))) return false;
  const isWalked = (address: IndexExpression): boolean => {
    const pointing = pointingOf(address);
    if (pointing === undefined) return !namesOf(address).has(outer.name) && !namesOf(address).has(inner.name);
    const { affine, rows } = pointing;
    return (
      coefficientOf(affine, outer.name) === coefficientOf(affine, inner.name) * inner.high &&
      rows.every(({ row }) => row.indices.every(isWalked))
    );
  };
  return addresses.every(isWalked);
}
