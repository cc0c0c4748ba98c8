/** Along which axis a nest computes a vector of cells at a time: where neighbours are neighbours in memory. */
import { namesOf } from "../../ir/index-expression.ts";
import { coefficientOf, namesOfRows, pointingOf } from "./affine.ts";
import { lanesOf } from "./lanes.ts";
import type { Machine } from "./machine.ts";
import { cellsOf, type Nest } from "./nest.ts";
import { childrenOf, type Axis, type ReduceValue, type Value } from "./values.ts";

export type VectorChoice =
  /** Neighbouring cells of the output at a time, as many as a vector has lanes. */
  | { readonly along: "output"; readonly axis: Axis }
  /** One cell at a time; its sums take a vector of terms at a time. */
  | { readonly along: "reduction" };

/** The choice and an estimate of what the nest takes, in vector operations. */
export function chooseVector(nest: Nest, machine: Machine): { readonly choice: VectorChoice; readonly cost: number } {
  const cells = cellsOf(nest);
  let best: { readonly choice: VectorChoice; readonly cost: number } = {
    choice: { along: "reduction" },
    cost: cells * scopeCost(nest, undefined, machine),
  };
  for (const axis of [...nest.axes].reverse()) {
    if (!keepsCellsApart(nest, axis)) continue;
    const extent = axis.high - axis.low;
    const cost = (cells / extent) * Math.ceil(extent / machine.lanes) * scopeCost(nest, axis, machine);
    if (cost < best.cost) best = { choice: { along: "output", axis }, cost };
  }
  return best;
}

/** Neighbours along the axis must not add to one cell. */
function keepsCellsApart({ stores }: Nest, axis: Axis): boolean {
  return stores.every(({ address, accumulate }) => {
    if (accumulate !== true) return true;
    const pointing = pointingOf(address);
    return (
      pointing !== undefined && coefficientOf(pointing.affine, axis.name) !== 0 && !namesOfRows(pointing).has(axis.name)
    );
  });
}

function scopeCost({ stores }: Nest, axis: Axis | undefined, machine: Machine): number {
  const values = costOf(
    stores.map(({ value }) => value),
    axis,
    axis === undefined,
    machine,
  );
  const writes = stores.map(({ address }) => {
    const affine = pointingOf(address)?.affine;
    return axis === undefined || (affine !== undefined && coefficientOf(affine, axis.name) === 1)
      ? 1
      : machine.costs.gathered;
  });
  return writes.reduce((total, cost) => total + cost, values);
}

/** Operations of one vector; what two values share is counted once. */
function costOf(roots: readonly Value[], axis: Axis | undefined, alongReduction: boolean, machine: Machine): number {
  const seen = new Set<Value>();
  let total = 0;
  const visit = (value: Value): void => {
    if (seen.has(value)) return;
    seen.add(value);
    if (value.kind === "reduce") {
      total += reduceCost(value, axis, alongReduction, machine);
      return;
    }
    for (const child of childrenOf(value)) visit(child);
    if (value.kind === "unary" || value.kind === "binary") total += lanesOf(value).cost;
    if (value.kind === "select") total += 2;
    if (value.kind === "position") total += 1;
    if (value.kind === "load") total += axis === undefined ? 1 : loadCost(value, axis.name, machine);
  };
  for (const root of roots) visit(root);
  return total;
}

function loadCost(value: Value & { readonly kind: "load" }, name: string, { costs: { gathered } }: Machine): number {
  const pointing = pointingOf(value.address);
  if (pointing === undefined || namesOfRows(pointing).has(name)) {
    return namesOf(value.address).has(name) ? 2 * gathered : 1;
  }
  const coefficient = coefficientOf(pointing.affine, name);
  return coefficient === 0 ? 0.5 : coefficient === 1 ? 1 : gathered;
}

function reduceCost(value: ReduceValue, axis: Axis | undefined, alongReduction: boolean, machine: Machine): number {
  const { lanes, costs } = machine;
  const turns = value.axes.reduce((product, { low, high }) => product * (high - low), 1);
  if (!alongReduction) return turns * (costOf([value.body], axis, false, machine) + 1);
  const inner = innermostFor(value, machine);
  const extent = inner.high - inner.low;
  return (
    (turns / extent) * Math.ceil(extent / lanes) * (costOf([value.body], inner, false, machine) + 1) +
    costs.horizontalSum
  );
}

/** The axis of a sum whose neighbours lie closest: the one to take a vector of terms of at a time. */
export function innermostFor({ axes, body }: ReduceValue, machine: Machine): Axis {
  let best = axes[axes.length - 1] as Axis;
  let least = Number.POSITIVE_INFINITY;
  for (const axis of [...axes].reverse()) {
    const extent = axis.high - axis.low;
    const cost = (Math.ceil(extent / machine.lanes) / extent) * costOf([body], axis, false, machine);
    if (cost < least) [best, least] = [axis, cost];
  }
  return best;
}
