/** Finds the matrix products in a nest: sums of products of two tensors, whatever their axes are called and how they lie. */
import { constantIndex } from "../../ir/index-expression.ts";
import type { Access, IndexExpression, Origin } from "../../ir/program.ts";
import { affineOf, coefficientOf, indexOf, type Affine } from "./affine.ts";
import type { Nest } from "./nest.ts";
import type { Axis, LoadValue, ReduceValue } from "./values.ts";

/** How far apart neighbours along an axis are in the three tensors, in elements; 0 where the tensor lacks the axis. */
export interface ProductAxis {
  readonly extent: number;
  readonly left: number;
  readonly right: number;
  readonly output: number;
}

/** A tensor, and where in it the first element lies; loop variables may move it. */
export interface Operand {
  readonly from: Access;
  readonly start: IndexExpression;
}

/**
 * output[batch, rows, columns] = sum over depth of left[batch, rows, depth] . right[batch, columns, depth].
 * Columns lie side by side in the output.
 */
export interface Product {
  readonly kind: "product";
  readonly name: string;
  readonly batch: readonly ProductAxis[];
  readonly rows: readonly ProductAxis[];
  readonly columns: readonly ProductAxis[];
  readonly depth: readonly ProductAxis[];
  readonly left: Operand;
  readonly right: Operand;
  readonly output: Operand;
  /** Adds to what the output holds. */
  readonly accumulate: boolean;
  readonly origin: Origin;
}

export function extentOf(axes: readonly ProductAxis[]): number {
  return axes.reduce((product, { extent }) => product * extent, 1);
}

/** Multiplications of a product. */
export function workOf({ batch, rows, columns, depth }: Product): number {
  return [batch, rows, columns, depth].reduce((product, axes) => product * extentOf(axes), 1);
}

/** Axes that rows, or columns, may have. */
const mostAxes = 2;

interface Factor {
  readonly load: LoadValue;
  readonly affine: Affine;
}

/** The product that a sum in a nest with one store is; undefined when it is none, or too small to be worth packing. */
export function productOf(reduce: ReduceValue, nest: Nest): Product | undefined {
  const [store] = nest.stores;
  const { body } = reduce;
  if (store === undefined || nest.stores.length !== 1) return undefined;
  if (reduce.operation !== "sum" || body.kind !== "binary" || body.operation !== "multiply") return undefined;
  const first = factorOf(body.left);
  const second = factorOf(body.right);
  const output = affineOf(store.address);
  const innermost = nest.axes[nest.axes.length - 1];
  if (first === undefined || second === undefined || output === undefined || innermost === undefined) return undefined;
  const known = new Set([...nest.axes, ...reduce.axes].map(({ name }) => name).concat(nest.variables));
  for (const { affine } of [first, second]) {
    for (const name of affine.coefficients.keys()) if (!known.has(name)) return undefined;
  }
  // The columns are the innermost axis's; the right factor is the one that has it.
  const has = (factor: Factor, axis: Axis): boolean => coefficientOf(factor.affine, axis.name) !== 0;
  if (has(first, innermost) === has(second, innermost)) return undefined;
  const [left, right] = has(first, innermost) ? [second, first] : [first, second];
  const axisOf = (axis: Axis): ProductAxis => ({
    extent: axis.high - axis.low,
    left: coefficientOf(left.affine, axis.name),
    right: coefficientOf(right.affine, axis.name),
    output: coefficientOf(output, axis.name),
  });
  if (nest.axes.some((axis) => !has(left, axis) && !has(right, axis))) return undefined;
  const groups = groupAxes(nest.axes.map(axisOf));
  if (groups === undefined) return undefined;
  const depth = merged(reduce.axes.map(axisOf), ["left", "right"]);
  const lows = new Map([...nest.axes, ...reduce.axes].map(({ name, low }) => [name, low]));
  return {
    kind: "product",
    name: nest.name,
    ...groups,
    depth,
    left: { from: left.load.from, start: startOf(left.affine, lows) },
    right: { from: right.load.from, start: startOf(right.affine, lows) },
    output: { from: store.to, start: startOf(output, lows) },
    accumulate: false,
    origin: nest.origin,
  };
}

function factorOf(value: Nest["stores"][number]["value"]): Factor | undefined {
  if (value.kind !== "load") return undefined;
  const affine = affineOf(value.address);
  return affine && { load: value, affine };
}

/** The address of the first element: every axis at its lowest; what remains are loop variables. */
function startOf(affine: Affine, lows: ReadonlyMap<string, number>): IndexExpression {
  let { constant } = affine;
  const rest = new Map<string, number>();
  for (const [name, by] of affine.coefficients) {
    const low = lows.get(name);
    if (low === undefined) rest.set(name, by);
    else constant += by * low;
  }
  return rest.size === 0 ? constantIndex(constant) : indexOf({ constant, coefficients: rest });
}

function groupAxes(axes: readonly ProductAxis[]): Pick<Product, "batch" | "rows" | "columns"> | undefined {
  const columns: ProductAxis[] = [];
  let position = axes.length - 1;
  let expected = 1;
  for (; position >= 0; position--) {
    const axis = axes[position] as ProductAxis;
    if (axis.left !== 0 || axis.right === 0 || axis.output !== expected) break;
    columns.unshift(axis);
    expected *= axis.extent;
  }
  if (columns.length === 0) return undefined;
  const others = axes.slice(0, position + 1);
  // Rows must lie at one distance in the output; those that do not are walked outside, like a batch.
  const candidates = merged(
    others.filter(({ right }) => right === 0),
    ["output"],
  );
  const rows: ProductAxis[] = [];
  const outer: ProductAxis[] = [];
  const ownRows = others.filter(({ right }) => right === 0);
  const largest = candidates.reduce((best, one) => Math.max(best, one.extent), 0);
  const chosen = candidates.findIndex(({ extent }) => extent === largest);
  // `candidates` are runs of `ownRows`: the largest run are the rows.
  let run = 0;
  let covered = 1;
  for (const axis of ownRows) {
    const target = candidates[run] as ProductAxis;
    (run === chosen ? rows : outer).push(axis);
    covered *= axis.extent;
    if (covered === target.extent) {
      run += 1;
      covered = 1;
    }
  }
  const batch = [...others.filter(({ right }) => right !== 0), ...outer];
  const rowAxes = [...merged(rows, ["left", "output"])];
  const columnAxes = [...merged(columns, ["right"])];
  // Packing walks two axes; what is beyond is walked outside.
  batch.push(...rowAxes.splice(0, Math.max(0, rowAxes.length - mostAxes)));
  batch.push(...columnAxes.splice(0, Math.max(0, columnAxes.length - mostAxes)));
  return { batch, rows: rowAxes, columns: columnAxes };
}

/** Joins neighbours that are one axis as far as the named strides go; the others keep the inner axis's stride. */
export function merged(
  axes: readonly ProductAxis[],
  by: readonly ("left" | "right" | "output")[],
): readonly ProductAxis[] {
  const result: ProductAxis[] = [];
  for (const axis of axes) {
    const before = result[result.length - 1];
    if (before !== undefined && by.every((key) => before[key] === axis[key] * axis.extent)) {
      result[result.length - 1] = { ...axis, extent: before.extent * axis.extent };
    } else result.push(axis);
  }
  return result;
}
