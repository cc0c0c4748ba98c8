/** A nest as a function: loops, four cells at a time along one axis, sums as loops inside. */
import { slotText } from "../../../ir/index-expression.ts";
import type { Access } from "../../../ir/program.ts";
import { cellsOf, type Nest } from "../../plan/nest.ts";
import { nodesOf, type Axis, type ReduceValue } from "../../plan/values.ts";
import { chooseVector, innermostFor, type VectorChoice } from "../../plan/vectorise.ts";
import { wasmMachine } from "../machine.ts";
import { Addresses } from "./address.ts";
import { ExpressionPrinter, ValueFacts, type Vector } from "./expression.ts";
import { indented, LocalNames, Scope } from "./scope.ts";

export interface PrintedFunction {
  /** Accesses whose addresses the caller passes, in order, then loop variables. */
  readonly parameters: readonly { readonly access: Access; readonly name: string }[];
  readonly variables: readonly string[];
  readonly statements: readonly string[];
}

export interface NestOptions {
  /** The outermost axis is divided among the threads. */
  readonly shared: boolean;
  /** Nothing is stored; what would be is checked to be finite. */
  readonly check: boolean;
  /** A short name for an access. */
  readonly nameOf: (access: Access) => string;
  /** Names that mean something else in the printed module. */
  readonly reserved: Iterable<string>;
}

const { lanes } = wasmMachine;
/** Vectors computed side by side where sums would otherwise wait for their own last addition. */
const unrolled = 4;
/**
 * Vector operations from which on two vectors are computed side by side: so many, as the cell of an LSTM has, that a processor
 * does not look far enough ahead to begin the next vector while it waits for this one's results.
 */
const longChain = 64;

export function printNest(nest: Nest, options: NestOptions): PrintedFunction {
  return new NestPrinter(nest, options).print();
}

class NestPrinter {
  readonly #locals: LocalNames;
  readonly #parameters: { readonly access: Access; readonly name: string; readonly key: string }[] = [];
  readonly #expressions: ExpressionPrinter;
  readonly #choice: VectorChoice;
  readonly #hasLongChains: boolean;

  constructor(
    private readonly nest: Nest,
    private readonly options: NestOptions,
  ) {
    const sums = nest.stores.flatMap(({ value }) => reducesOf(value));
    const axes = [...nest.axes, ...sums.flatMap((sum) => sum.axes)].map(({ name }) => name);
    this.#locals = new LocalNames([...options.reserved, ...axes, ...nest.variables]);
    const { choice, cost } = chooseVector(nest, wasmMachine);
    this.#choice = choice;
    this.#hasLongChains = cost * lanes >= longChain * cellsOf(nest);
    this.#expressions = new ExpressionPrinter({
      addresses: new Addresses((access) => this.#parameter(access), this.#locals),
      locals: this.#locals,
      facts: new ValueFacts(nest.stores.map(({ value }) => value)),
      reduce: (value, scope, vector, units) => this.#reduce(value, scope, vector, units),
    });
  }

  print(): PrintedFunction {
    const root = new Scope(undefined, new Set());
    const { axes } = this.nest;
    const along = this.#choice.along === "output" ? this.#choice.axis : undefined;
    const outer = axes.filter((axis) => axis !== along);
    this.#outerLoops(outer, root, along);
    const { check } = this.options;
    const statements = check
      ? ["let finite = i32x4.splat(-1);", ...root.statements, "requireFinite(finite);"]
      : root.statements;
    return {
      parameters: this.#parameters.map(({ access, name }) => ({ access, name })),
      variables: this.nest.variables,
      statements,
    };
  }

  #outerLoops(axes: readonly Axis[], scope: Scope, along: Axis | undefined): void {
    const [axis, ...rest] = axes;
    if (axis === undefined) {
      this.#cells(scope, along);
      return;
    }
    const inner = new Scope(scope, new Set([axis.name]));
    this.#outerLoops(rest, inner, along);
    const shared = this.#dividesCells && this.nest.axes.find((one) => one !== along) === axis;
    const from = shared ? `<usize>begin(${axis.high}, 1)` : "0";
    const to = shared ? this.#end(scope, axis.high, 1) : String(axis.high);
    scope.statements.push(
      ...block(`let ${axis.name}: usize = ${from};`, [
        ...repeat(`${axis.name} < ${to}`, [...inner.statements, `${axis.name}++;`], !shared),
      ]),
    );
  }

  #end(scope: Scope, extent: number, group: number): string {
    const name = this.#locals.take("last");
    scope.statements.push(`const ${name} = <usize>end(${extent}, ${group});`);
    return name;
  }

  #begin(scope: Scope, extent: number, group: number): string {
    const name = this.#locals.take("first");
    scope.statements.push(`const ${name} = <usize>begin(${extent}, ${group});`);
    return name;
  }

  /** What adds to cells that its outer axes share is divided along the cells of a row: each has one thread. */
  get #accumulates(): boolean {
    return this.nest.stores.some(({ accumulate }) => accumulate === true);
  }

  get #dividesCells(): boolean {
    return this.options.shared && !this.#accumulates;
  }

  #cells(scope: Scope, along: Axis | undefined): void {
    if (along === undefined) {
      const inner = new Scope(scope, new Set());
      this.#stores(inner, { name: undefined, lanes }, [0]);
      scope.statements.push(...inner.statements);
      return;
    }
    const isOnly = this.nest.axes.length === 1;
    const hasSums = this.nest.stores.some(({ value }) => reducesOf(value).length > 0);
    const sideBySide = hasSums ? unrolled : this.#hasLongChains ? 2 : 1;
    const width = lanes * sideBySide;
    const { name, high } = along;
    const shared = this.options.shared && (isOnly || this.#accumulates);
    const wholes = shared ? high : high - (high % lanes);
    const root = scope.chain[0] as Scope;
    const last = shared ? this.#end(root, high, lanes * unrolled) : String(wholes);
    const first = shared ? this.#begin(root, high, lanes * unrolled) : "0";
    scope.statements.push(`let ${name}: usize = ${first};`);
    const section = (units: readonly number[], step: number): void => {
      const inner = new Scope(scope, new Set([name]));
      this.#stores(inner, { name, lanes }, units);
      scope.statements.push(
        ...repeat(`${name} + ${step} <= ${last}`, [...inner.statements, `${name} += ${step};`], !shared),
      );
    };
    if (sideBySide > 1 && high >= width) section([0, 1, 2, 3].slice(0, sideBySide), width);
    if (high >= lanes && (sideBySide === 1 || high % width >= lanes)) section([0], lanes);
    const rest = high % lanes;
    if (rest === 0) return;
    const tail = new Scope(scope, new Set([name]));
    this.#stores(tail, { name, lanes: rest }, [0]);
    if (shared) scope.statements.push(`if (${name} < ${last}) {`);
    else scope.statements.push("{");
    scope.statements.push(...indented(tail.statements), "}");
  }

  #stores(scope: Scope, vector: Vector, units: readonly number[]): void {
    const { stores } = this.nest;
    // All values first: a store may take the place of what another value reads.
    const texts = stores.map(({ value }) =>
      units.map((unit) => this.#expressions.print(value, scope, vector, unit, units)),
    );
    const named = texts.map((own) =>
      own.map((text) => {
        if (/^\w+$/.test(text)) return text;
        const name = this.#locals.take("y");
        scope.statements.push(`const ${name} = ${text};`);
        return name;
      }),
    );
    stores.forEach((store, position) => {
      units.forEach((unit, place) => {
        const text = named[position]?.[place] as string;
        if (!this.options.check) {
          scope.statements.push(this.#expressions.store(store, text, scope, vector, unit));
          return;
        }
        const finite = `f32x4.lt(f32x4.abs(${text}), f32x4.splat(<f32>Infinity))`;
        const mask = vector.lanes === lanes ? finite : `v128.or(${finite}, unusedLanes(${vector.lanes}))`;
        scope.statements.push(`finite = v128.and(finite, ${mask});`);
      });
    });
  }

  /** The loops of a sum or maximum; the result has a name in `scope`. */
  #reduce(value: ReduceValue, scope: Scope, vector: Vector, units: readonly number[]): readonly string[] {
    if (vector.name !== undefined || this.#choice.along === "output") return this.#serial(value, scope, vector, units);
    return [this.#horizontal(value, scope)];
  }

  /** Lanes are cells: each sums its own terms, one after the other. */
  #serial(value: ReduceValue, scope: Scope, vector: Vector, units: readonly number[]): readonly string[] {
    const names = units.map(() => this.#locals.take("sum"));
    for (const name of names) scope.statements.push(`let ${name} = ${startOf(value)};`);
    this.#terms(value.axes, scope, (inner) => {
      units.forEach((unit, position) => {
        inner.statements.push(this.#gathered(value, names[position] as string, inner, vector, unit, units));
      });
    });
    return names;
  }

  /** Lanes are terms: four at a time along one axis, joined at the end. */
  #horizontal(value: ReduceValue, scope: Scope): string {
    const inner = innermostFor(value, wasmMachine);
    const others = value.axes.filter((axis) => axis !== inner);
    const extent = inner.high - inner.low;
    const units = extent >= lanes * unrolled ? [0, 1, 2, 3] : [0];
    const names = units.map(() => this.#locals.take("sum"));
    for (const name of names) scope.statements.push(`let ${name} = ${startOf(value)};`);
    this.#terms(others, scope, (outer) => {
      const inside = new Scope(outer, new Set());
      inside.statements.push(`let ${inner.name}: usize = ${inner.low};`);
      const section = (own: readonly number[], count: number): void => {
        const body = new Scope(inside, new Set([inner.name]));
        const vector: Vector = { name: inner.name, lanes: count };
        for (const unit of own) {
          body.statements.push(this.#gathered(value, names[unit] as string, body, vector, unit, own));
        }
        const step = own.length * lanes;
        const whole = inner.high - (extent % lanes);
        inside.statements.push(
          ...(count === lanes ? [`for (; ${inner.name} + ${step} <= ${whole}; ${inner.name} += ${step}) {`] : ["{"]),
          ...indented(body.statements),
          "}",
        );
      };
      if (units.length > 1) section(units, lanes);
      if (extent >= lanes && (units.length === 1 || extent % (lanes * unrolled) >= lanes)) section([0], lanes);
      if (extent % lanes !== 0) section([0], extent % lanes);
      outer.statements.push("{", ...indented(inside.statements), "}");
    });
    const join = value.operation === "sum" ? "f32x4.add" : "f32x4.max";
    const all = names.reduce((left, right) => `${join}(${left}, ${right})`);
    const result = this.#locals.take("sum");
    scope.statements.push(`const ${result} = ${value.operation === "sum" ? "sumOfLanes" : "maximumOfLanes"}(${all});`);
    return result;
  }

  #terms(axes: readonly Axis[], scope: Scope, body: (inner: Scope) => void): void {
    const [axis, ...rest] = axes;
    if (axis === undefined) {
      body(scope);
      return;
    }
    const inner = new Scope(scope, new Set([axis.name]));
    this.#terms(rest, inner, body);
    scope.statements.push(
      ...block(
        `let ${axis.name}: usize = ${axis.low};`,
        repeat(`${axis.name} < ${axis.high}`, [...inner.statements, `${axis.name}++;`], true),
      ),
    );
  }

  #gathered(
    { operation, body }: ReduceValue,
    name: string,
    scope: Scope,
    vector: Vector,
    unit: number,
    units: readonly number[],
  ): string {
    const print = (value: ReduceValue["body"]): string => this.#expressions.print(value, scope, vector, unit, units);
    const isTail = vector.lanes < lanes && this.#choice.along === "reduction";
    if (operation === "max") {
      const term = print(body);
      const safe = isTail ? `v128.bitselect(f32x4.splat(<f32>-Infinity), ${term}, unusedLanes(${vector.lanes}))` : term;
      return `${name} = f32x4.max(${name}, ${safe});`;
    }
    if (isTail) return `${name} = f32x4.add(${name}, v128.andnot(${print(body)}, unusedLanes(${vector.lanes})));`;
    if (body.kind === "binary" && body.operation === "multiply") {
      return `${name} = madd(${print(body.left)}, ${print(body.right)}, ${name});`;
    }
    return `${name} = f32x4.add(${name}, ${print(body)});`;
  }

  #parameter(access: Access): string {
    const key = `${access.buffer.name}|${slotText(access.slot)}`;
    const known = this.#parameters.find((one) => one.key === key);
    if (known !== undefined) return known.name;
    const name = this.#locals.take(this.options.nameOf(access));
    this.#parameters.push({ access, name, key });
    return name;
  }
}

/**
 * A loop that tests at its end: V8 then builds the vector constants of its body once, before it, and not in every turn.
 *
 * @param certain whether the first turn is known to be needed
 */
function repeat(test: string, body: readonly string[], certain: boolean): string[] {
  const loop = ["do {", ...indented(body), `} while (${test});`];
  return certain ? loop : [`if (${test}) {`, ...indented(loop), "}"];
}

function block(declaration: string, statements: readonly string[]): string[] {
  return ["{", ...indented([declaration, ...statements]), "}"];
}

function startOf({ operation }: ReduceValue): string {
  return operation === "sum" ? "f32x4.splat(0)" : "f32x4.splat(<f32>-Infinity)";
}

function reducesOf(value: ReduceValue["body"]): readonly ReduceValue[] {
  return nodesOf(value).filter((node): node is ReduceValue => node.kind === "reduce");
}
