/** Kernels as loop nests over flat memory: `for each cell of the axes: compute values, then store them`. */
import { binaryValue, unaryValue } from "./lanes.ts";
import { sizeOf, stridesOf } from "../../ir/graph.ts";
import { addIndex, constantIndex, nameIndex, scaleIndex } from "../../ir/index-expression.ts";
import type { Access, Expression, IndexExpression, Origin, RunStep } from "../../ir/program.ts";
import { invariant } from "../../support/internal-error.ts";
import { simplifyIndex, substitute, type Interval } from "./affine.ts";
import { changePoints, decide } from "./ranges.ts";
import type { Axis, LoadValue, ReduceValue, Value, ValueTable } from "./values.ts";

export interface Store {
  readonly to: Access;
  /** Elements from the start of the access; every cell of the nest has its own. */
  readonly address: IndexExpression;
  readonly value: Value;
  /** Added to what is there. Cells may then share an address, as far as numbers read from tensors make it. */
  readonly accumulate?: true;
}

export interface Nest {
  readonly kind: "nest";
  readonly name: string;
  /** Outermost first; none for a single cell. */
  readonly axes: readonly Axis[];
  /** All values of a cell are computed before the first is stored. */
  readonly stores: readonly Store[];
  /** Loop variables of the schedule that addresses or values use. */
  readonly variables: readonly string[];
  readonly origin: Origin;
}

/** More pieces than this are slower than asking at every cell. */
const mostPieces = 8;

/** The nests of one step, more than one where a condition on an index cuts the cells into parts, and all its axes. */
export function nestsOf(
  run: RunStep,
  table: ValueTable,
  ranges: ReadonlyMap<string, Interval>,
): { readonly whole: readonly Axis[]; readonly nests: readonly Nest[] } {
  const { kernel } = run;
  const names = new Map<string, IndexExpression>(
    kernel.variables.map((name, position) => [name, nameIndex(run.variables[position] as string)]),
  );
  // Loops around the kernel may have names that the kernel gives to its own indices; nests know both.
  const own = new Set([...kernel.indices, ...kernel.variables, ...boundIn(kernel.body)]);
  for (const name of own) {
    if (!ranges.has(name) || kernel.variables.includes(name)) continue;
    let other = `${name}2`;
    for (let count = 3; own.has(other) || ranges.has(other); count++) other = `${name}${count}`;
    names.set(name, nameIndex(other));
  }
  const axes: Axis[] = [];
  kernel.indices.forEach((name, axis) => {
    const high = kernel.output[axis] as number;
    if (high === 1) names.set(name, constantIndex(0));
    else axes.push({ name: axisName(name, names), low: 0, high });
  });
  const value = new Reader(run, table, names).read(kernel.body);
  const strides = stridesOf(kernel.output);
  const address = kernel.indices.reduce<IndexExpression>(
    (total, name, axis) => addIndex(scaleIndex(names.get(name) ?? nameIndex(name), strides[axis] as number), total),
    constantIndex(0),
  );
  const whole: Nest = {
    kind: "nest",
    name: kernel.name,
    axes,
    stores: [{ to: run.output, address, value }],
    variables: run.variables,
    origin: kernel.origin,
  };
  return { whole: axes, nests: split(whole, table, ranges).map((nest) => simplified(nest, table, ranges)) };
}

function axisName(name: string, names: ReadonlyMap<string, IndexExpression>): string {
  const other = names.get(name);
  return other?.kind === "name" ? other.name : name;
}

/** Names of the indices that sums in an expression bind. */
function boundIn(root: Expression): ReadonlySet<string> {
  const seen = new Set<Expression>();
  const names = new Set<string>();
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    switch (expression.kind) {
      case "number":
      case "position":
      case "load":
        return;
      case "unary":
        return visit(expression.operand);
      case "binary":
        return [expression.left, expression.right].forEach(visit);
      case "select": {
        const { condition, whenTrue, whenFalse } = expression;
        return [condition.left, condition.right, whenTrue, whenFalse].forEach(visit);
      }
      case "reduce":
        names.add(expression.index);
        return visit(expression.body);
      default:
        expression satisfies never;
    }
  };
  visit(root);
  return names;
}

/** A kernel's expression with flat addresses; reductions over one element are that element. */
class Reader {
  readonly #known = new Map<Expression, Value>();

  constructor(
    private readonly run: RunStep,
    private readonly table: ValueTable,
    private readonly names: ReadonlyMap<string, IndexExpression>,
  ) {}

  read(expression: Expression): Value {
    const known = this.#known.get(expression);
    if (known !== undefined) return known;
    const value = this.#form(expression);
    this.#known.set(expression, value);
    return value;
  }

  #form(expression: Expression): Value {
    const { table } = this;
    switch (expression.kind) {
      case "number":
        return table.number(expression.value);
      case "position":
        return table.intern({ kind: "position", index: this.#bound(expression.index) });
      case "load": {
        const indices = expression.indices.map((index) => this.#bound(index));
        return table.intern({ kind: "load", ...this.#flat(expression.parameter, indices) });
      }
      case "unary":
        return unaryValue(table, expression.operation, this.read(expression.operand));
      case "binary":
        return binaryValue(table, expression.operation, this.read(expression.left), this.read(expression.right));
      case "select":
        return table.intern({
          kind: "select",
          operation: expression.condition.operation,
          left: this.read(expression.condition.left),
          right: this.read(expression.condition.right),
          whenTrue: this.read(expression.whenTrue),
          whenFalse: this.read(expression.whenFalse),
        });
      case "reduce": {
        const { operation, extent } = expression;
        const index = axisName(expression.index, this.names);
        const inner = this.read(expression.body);
        if (extent === 1) return this.#replaced(inner, index, constantIndex(0));
        return reduceOver(table, operation, { name: index, low: 0, high: extent }, inner);
      }
      default:
        return expression satisfies never;
    }
  }

  /** An index in the names of the nest, its tensors being those of the step. */
  #bound(index: IndexExpression): IndexExpression {
    return substitute(index, this.names, (loaded) => {
      invariant(typeof loaded.from === "number", "an index of a kernel is read from its parameters");
      const { from, address } = this.#flat(loaded.from, loaded.indices);
      return { ...loaded, from, indices: [address] };
    });
  }

  #flat(
    parameter: number,
    indices: readonly IndexExpression[],
  ): { readonly from: Access; readonly address: IndexExpression } {
    const from = this.run.inputs[parameter];
    const shape = this.run.kernel.parameters[parameter]?.shape;
    invariant(from !== undefined && shape !== undefined, `${this.run.kernel.name} has no such parameter`);
    const strides = stridesOf(shape);
    const address = indices.reduce<IndexExpression>(
      (total, index, axis) => addIndex(total, scaleIndex(index, strides[axis] as number)),
      constantIndex(0),
    );
    return { from, address };
  }

  #replaced(value: Value, name: string, by: IndexExpression): Value {
    return renamed(value, new Map([[name, by]]), this.table);
  }
}

/** A reduction of a reduction of the same kind is one reduction over both axes. */
function reduceOver(table: ValueTable, operation: "sum" | "max", axis: Axis, body: Value): Value {
  if (body.kind === "reduce" && body.operation === operation) {
    return table.intern<ReduceValue>({ kind: "reduce", operation, axes: [axis, ...body.axes], body: body.body });
  }
  return table.intern<ReduceValue>({ kind: "reduce", operation, axes: [axis], body });
}

/** The value with other expressions for some names. Axes bound inside keep theirs: names are unique in a kernel. */
export function renamed(value: Value, names: ReadonlyMap<string, IndexExpression>, table: ValueTable): Value {
  return table.rebuild(value, (node) => {
    if (node.kind === "position") return table.intern({ kind: "position", index: substitute(node.index, names) });
    if (node.kind === "load") {
      return table.intern<LoadValue>({ ...node, address: substitute(node.address, names) });
    }
    return undefined;
  });
}

function rangesWith(axes: readonly Axis[], outer: ReadonlyMap<string, Interval>): Map<string, Interval> {
  const ranges = new Map(outer);
  for (const { name, low, high } of axes) ranges.set(name, { least: low, most: high - 1 });
  return ranges;
}

/** Cuts the nest where a condition on one of its axes changes. */
function split(nest: Nest, table: ValueTable, ranges: ReadonlyMap<string, Interval>): readonly Nest[] {
  const values = nest.stores.map(({ value }) => value);
  for (const axis of nest.axes) {
    const points = changePoints(values, axis);
    if (points.length === 0 || points.length >= mostPieces) continue;
    const bounds = [axis.low, ...points, axis.high];
    return bounds.slice(1).flatMap((high, piece) => {
      const part: Axis = { ...axis, low: bounds[piece] as number, high };
      const axes = nest.axes.map((one) => (one === axis ? part : one));
      return split(simplified({ ...nest, axes }, table, ranges), table, ranges);
    });
  }
  return [nest];
}

/** Lets every axis start at 0, decides what the ranges decide, and cuts sums where a condition on their axis changes. */
function simplified(nest: Nest, table: ValueTable, outer: ReadonlyMap<string, Interval>): Nest {
  const names = new Map<string, IndexExpression>();
  for (const { name, low, high } of nest.axes) {
    if (high - low === 1) names.set(name, constantIndex(low));
    else if (low !== 0) names.set(name, addIndex(nameIndex(name), constantIndex(low)));
  }
  const axes = nest.axes
    .filter(({ low, high }) => high - low > 1)
    .map(({ name, low, high }) => ({ name, low: 0, high: high - low }));
  const ranges = rangesWith(axes, outer);
  return {
    ...nest,
    axes,
    stores: nest.stores.map((store) => ({
      ...store,
      address: simplifyIndex(substitute(store.address, names), ranges),
      value: simplifiedValue(renamed(store.value, names, table), table, ranges),
    })),
  };
}

function simplifiedValue(root: Value, table: ValueTable, ranges: ReadonlyMap<string, Interval>): Value {
  const known = new Map<Value, Value>();
  const replace = (value: Value): Value | undefined => {
    switch (value.kind) {
      case "position":
        return table.intern({ kind: "position", index: simplifyIndex(value.index, ranges) });
      case "load":
        return table.intern<LoadValue>({ ...value, address: simplifyIndex(value.address, ranges) });
      case "select": {
        const decided = decide(value, ranges);
        if (decided === undefined) return undefined;
        return table.rebuild(decided ? value.whenTrue : value.whenFalse, replace, known);
      }
      case "reduce":
        return simplifiedReduce(value, table, ranges);
      default:
        return undefined;
    }
  };
  return table.rebuild(root, replace, known);
}

function simplifiedReduce(value: ReduceValue, table: ValueTable, outer: ReadonlyMap<string, Interval>): Value {
  for (const axis of value.axes) {
    const points = changePoints([value.body], axis);
    if (points.length === 0 || points.length >= mostPieces) continue;
    const bounds = [axis.low, ...points, axis.high];
    const parts = bounds.slice(1).map((high, piece) => {
      const low = bounds[piece] as number;
      const axes = value.axes.map((one) => (one === axis ? { ...axis, low, high } : one));
      return simplifiedReduce({ ...value, axes }, table, outer);
    });
    return parts.reduce((left, right) =>
      table.intern({ kind: "binary", operation: value.operation === "sum" ? "add" : "maximum", left, right }),
    );
  }
  const body = simplifiedValue(value.body, table, rangesWith(value.axes, outer));
  if (value.operation === "sum" && body.kind === "number" && body.value === 0) return body;
  return table.intern<ReduceValue>({ ...value, body });
}

/** Number of cells of a nest. */
export function cellsOf(nest: Nest): number {
  return sizeOf(nest.axes.map(({ low, high }) => high - low));
}
