/** A program's schedule as items: kernels become nests, and the sums in them that are matrix products leave them. */
import { sizeOf } from "../../ir/graph.ts";
import type { Buffer, Program, RunStep, Step } from "../../ir/program.ts";
import type { Interval } from "./affine.ts";
import type { Item, Work } from "./items.ts";
import { lieOf } from "./lie.ts";
import type { Machine } from "./machine.ts";
import { nestsOf, type Nest } from "./nest.ts";
import { extentOf, productOf, workOf, type Product } from "./product.ts";
import { withoutScatters } from "./scatter.ts";
import { gatheredWith, withoutZeros } from "./sums.ts";
import { childrenOf, nodesOf, type ReduceValue, type Value, type ValueTable } from "./values.ts";

export function extractItems(program: Program, table: ValueTable, machine: Machine): readonly Item[] {
  const visit = (steps: readonly Step[], loop: Step | undefined, ranges: ReadonlyMap<string, Interval>): Item[] =>
    steps.flatMap((step): Item[] => {
      if (step.kind === "run") {
        const isInvariant = (buffer: Buffer): boolean => loop !== undefined && !writtenIn(loop, buffer);
        return extracted(step, table, ranges, (product) => isWorthwhile(product, isInvariant, machine));
      }
      const { variable, start, end, stride } = step;
      const last = end - stride;
      const inner = new Map(ranges).set(variable, { least: Math.min(start, last), most: Math.max(start, last) });
      return [{ kind: "loop", step, body: visit(step.body, step, inner) }];
    });
  const writtenIn = (loop: Step, buffer: Buffer): boolean => {
    if (loop.kind === "run") return loop.output.buffer === buffer;
    return loop.body.some((step) => writtenIn(step, buffer));
  };
  return visit(program.schedule, undefined, new Map());
}

/** @param isProduct whether a product is worth leaving its nest */
function extracted(
  run: RunStep,
  table: ValueTable,
  ranges: ReadonlyMap<string, Interval>,
  isProduct: (product: Product) => boolean,
): Work[] {
  const { whole, nests } = nestsOf(run, table, ranges);
  const extents = new Map(whole.map(({ name, high }) => [name, high]));
  return nests.flatMap((nest): Work[] => {
    const { products, rest } = withoutProducts(nest, table, isProduct);
    if (rest === undefined) return [...products];
    const scattered = withoutScatters(rest, extents, products.length > 0, table);
    return [...products, ...scattered.nests, ...(scattered.rest === undefined ? [] : [scattered.rest])];
  });
}

function withoutProducts(
  nest: Nest,
  table: ValueTable,
  isProduct: (product: Product) => boolean,
): { readonly products: readonly Product[]; readonly rest: Nest | undefined } {
  const [store] = nest.stores;
  if (store === undefined) return { products: [], rest: nest };
  const raw = table.intern({ kind: "load", from: store.to, address: store.address } as const);
  const found = nodesOf(store.value)
    .filter((value): value is ReduceValue => value.kind === "reduce")
    .map((reduce) => ({ reduce, product: productOf(reduce, nest) }))
    .filter((one): one is { reduce: ReduceValue; product: Product } => one.product !== undefined)
    .filter(({ product }) => isProduct(product))
    .sort((left, right) => workOf(right.product) - workOf(left.product));
  const [largest, ...others] = found;
  if (largest === undefined) return { products: [], rest: nest };
  // Products that are only added to each other gather in one place; any other would need a tensor of its own.
  const summands = gatheredWith(store.value, largest.reduce);
  const gathered = others.filter(({ reduce }) => summands.includes(reduce));
  const products = [largest.product, ...gathered.map(({ product }) => ({ ...product, accumulate: true }))];
  const zero = table.number(0);
  const replacements = new Map<Value, Value>([
    [largest.reduce, raw],
    ...gathered.map(({ reduce }) => [reduce, zero] as const),
  ]);
  const value = withoutZeros(
    table.rebuild(store.value, (node) => replacements.get(node)),
    table,
  );
  return { products, rest: value === raw ? undefined : { ...nest, stores: [{ ...store, value }] } };
}

/** @param isInvariant whether a tensor is read in every turn of the loop and never written there */
function isWorthwhile(product: Product, isInvariant: (buffer: Buffer) => boolean, machine: Machine): boolean {
  const { fewestColumns, fewestDepth, fewestMultiplications } = machine.thresholds;
  const rows = extentOf(product.rows);
  const depth = extentOf(product.depth);
  if (extentOf(product.columns) < fewestColumns || depth < fewestDepth) return false;
  if (workOf(product) < fewestMultiplications) return false;
  // One row reads every weight once: packing pays only when the packed weights serve many steps.
  return (
    rows > 1 ||
    lieOf(product, machine) !== undefined ||
    (product.batch.length === 0 && isInvariant(product.right.from.buffer))
  );
}

/** Cells that a value reads of a buffer, for one cell of its nest. */
export function readsPerCell(value: Value, buffer: Buffer): number {
  // What is shared is counted wherever it is used, and looked at once.
  const known = new Map<Value, number>();
  for (const node of nodesOf(value)) {
    const inner = childrenOf(node).reduce((total, child) => total + (known.get(child) ?? 0), 0);
    if (node.kind === "load") known.set(node, node.from.buffer === buffer ? 1 : 0);
    else if (node.kind === "reduce") known.set(node, inner * sizeOf(node.axes.map(({ low, high }) => high - low)));
    else known.set(node, inner);
  }
  return known.get(value) ?? 0;
}
