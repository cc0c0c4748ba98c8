/** Values as vector code: four lanes, of which a splat has four equal ones. */
import { compareOperations } from "../../../elementwise/index.ts";
import { namesOf } from "../../../ir/index-expression.ts";
import type { IndexExpression } from "../../../ir/program.ts";
import { affineOf, coefficientOf, namesOfRows, pointingOf, type Pointing } from "../../plan/affine.ts";
import { lanesOf } from "../../plan/lanes.ts";
import type { Store } from "../../plan/nest.ts";
import { childrenOf, nodesOf, type LoadValue, type ReduceValue, type Value } from "../../plan/values.ts";
import type { Addresses, Pointer } from "./address.ts";
import type { LocalNames, Scope } from "./scope.ts";

/** The axis along which lanes differ, and how many of the four are wanted. */
export interface Vector {
  readonly name: string | undefined;
  readonly lanes: number;
}

export interface ExpressionContext {
  readonly addresses: Addresses;
  readonly locals: LocalNames;
  readonly facts: ValueFacts;
  /** Prints the loops of a sum and returns the names of its results, one per unrolled vector. */
  readonly reduce: (value: ReduceValue, scope: Scope, vector: Vector, units: readonly number[]) => readonly string[];
}

/** Names a value depends on, and how often it is used. */
export class ValueFacts {
  readonly #free = new Map<Value, ReadonlySet<string>>();
  readonly #uses = new Map<Value, number>();

  constructor(roots: readonly Value[]) {
    const seen = new Set<Value>();
    for (const node of roots.flatMap(nodesOf)) {
      if (seen.has(node)) continue;
      seen.add(node);
      for (const child of childrenOf(node)) this.#uses.set(child, (this.#uses.get(child) ?? 0) + 1);
    }
    for (const root of roots) this.#uses.set(root, (this.#uses.get(root) ?? 0) + 1);
  }

  free(value: Value): ReadonlySet<string> {
    const known = this.#free.get(value);
    if (known !== undefined) return known;
    const names = new Set<string>();
    if (value.kind === "position") for (const name of namesOf(value.index)) names.add(name);
    if (value.kind === "load") for (const name of namesOf(value.address)) names.add(name);
    for (const child of childrenOf(value)) for (const name of this.free(child)) names.add(name);
    if (value.kind === "reduce") for (const { name } of value.axes) names.delete(name);
    this.#free.set(value, names);
    return names;
  }

  isShared(value: Value): boolean {
    return (this.#uses.get(value) ?? 0) > 1;
  }
}

export class ExpressionPrinter {
  readonly #numbers = new Map<Value, number>();

  constructor(private readonly context: ExpressionContext) {}

  /**
   * The value in a scope, as text.
   *
   * @param unit which of the unrolled vectors: lanes start 4 * unit further along the vector's axis
   * @param units all unrolled vectors, so that a sum can walk its terms once for all of them
   */
  print(value: Value, scope: Scope, vector: Vector, unit: number, units: readonly number[]): string {
    if (value.kind === "number") return `f32x4.splat(${numberCode(value.value)})`;
    const { facts, locals } = this.context;
    const free = facts.free(value);
    const moves = vector.name !== undefined && free.has(vector.name);
    const key = `${this.#number(value)}:${moves ? unit : 0}:${moves ? vector.lanes : 4}`;
    const home = scope.home(free);
    const known = home.known.get(key);
    if (known !== undefined) return known;
    if (value.kind === "reduce") {
      const all = moves ? units : [0];
      const names = this.context.reduce(value, home, vector, all);
      all.forEach((one, position) => {
        home.known.set(
          `${this.#number(value)}:${moves ? one : 0}:${moves ? vector.lanes : 4}`,
          names[position] as string,
        );
      });
      return home.known.get(key) as string;
    }
    const text = this.#form(value, home, vector, unit, units);
    if (!facts.isShared(value) && home === scope) return text;
    const name = locals.take("x");
    home.statements.push(`const ${name} = ${text};`);
    home.known.set(key, name);
    return name;
  }

  #number(value: Value): number {
    const known = this.#numbers.get(value) ?? this.#numbers.size;
    this.#numbers.set(value, known);
    return known;
  }

  #form(value: Value, scope: Scope, vector: Vector, unit: number, units: readonly number[]): string {
    const part = (child: Value): string => this.print(child, scope, vector, unit, units);
    switch (value.kind) {
      case "number":
      case "reduce":
        return part(value);
      case "position":
        return this.#position(value.index, vector, unit);
      case "load":
        return this.#load(value, scope, vector, unit);
      case "unary":
        return `${lanesOf(value).text}(${part(value.operand)})`;
      case "binary": {
        const { operation, left, right } = value;
        if (operation === "add") {
          const [product, other] = isOwnProduct(right, this.context.facts) ? [right, left] : [left, right];
          if (isOwnProduct(product, this.context.facts)) {
            return `madd(${part(product.left)}, ${part(product.right)}, ${part(other)})`;
          }
        }
        return `${lanesOf(value).text}(${part(left)}, ${part(right)})`;
      }
      case "select": {
        const mask = `${compareOperations[value.operation].lanes}(${part(value.left)}, ${part(value.right)})`;
        return `v128.bitselect(${part(value.whenTrue)}, ${part(value.whenFalse)}, ${mask})`;
      }
      default:
        return value satisfies never;
    }
  }

  #position(index: IndexExpression, vector: Vector, unit: number): string {
    const affine = affineOf(index);
    const moves = vector.name !== undefined && namesOf(index).has(vector.name);
    const shifts = (lane: number): Map<string, number> => shiftsOf(vector, unit, lane);
    const { addresses } = this.context;
    if (!moves) return `f32x4.splat(<f32>(${addresses.integer(index, new Map())}))`;
    if (affine !== undefined) {
      const by = coefficientOf(affine, vector.name as string);
      const first = addresses.integer(index, shifts(0));
      return `f32x4.convert_i32x4_s(i32x4.add(i32x4.splat(${first}), i32x4(0, ${by}, ${2 * by}, ${3 * by})))`;
    }
    const each = [0, 1, 2, 3].map((lane) => addresses.integer(index, shifts(Math.min(lane, vector.lanes - 1))));
    return `f32x4.convert_i32x4_s(fourIntegers(${each.join(", ")}))`;
  }

  #load({ from, address }: LoadValue, scope: Scope, vector: Vector, unit: number): string {
    const moves = vector.name !== undefined && namesOf(address).has(vector.name);
    const { addresses } = this.context;
    const pointing = pointingOf(address);
    if (pointing !== undefined && !(moves && namesOfRows(pointing).has(vector.name as string))) {
      const at = addresses.pointer(from, pointing, scope, moves ? shiftsOf(vector, unit, 0) : new Map());
      const by = moves ? coefficientOf(pointing.affine, vector.name as string) : 0;
      if (by === 0) return call("v128.load32_splat", at);
      if (by === 1) return call("v128.load", at);
      return `gather(${placed(at)}, ${by * 4}, ${vector.lanes})`;
    }
    const base = addresses.pointer(from, start, scope, new Map());
    const lane = (position: number): string =>
      `${base.text} + <usize>${addresses.integer(address, moves ? shiftsOf(vector, unit, position) : new Map())} * 4`;
    if (!moves) return `v128.load32_splat(${lane(0)})`;
    return `fourNumbers(${[0, 1, 2, 3].map((position) => lane(Math.min(position, vector.lanes - 1))).join(", ")})`;
  }

  /** Writes the wanted lanes of a vector, or adds them to what is there. */
  store({ to, address, accumulate }: Store, text: string, scope: Scope, vector: Vector, unit: number): string {
    const pointing = pointingOf(address);
    const moves = vector.name !== undefined && namesOf(address).has(vector.name);
    const { addresses } = this.context;
    if (pointing === undefined) {
      const base = addresses.pointer(to, start, scope, new Map());
      const each = [0, 1, 2, 3].slice(0, moves ? vector.lanes : 1).map((lane) => {
        const code = addresses.integer(address, moves ? shiftsOf(vector, unit, lane) : new Map());
        return `v128.store32_lane(${base.text} + <usize>${code} * 4, ${text}, ${lane});`;
      });
      return each.join(" ");
    }
    const at = addresses.pointer(to, pointing, scope, moves ? shiftsOf(vector, unit, 0) : new Map());
    const by = moves ? coefficientOf(pointing.affine, vector.name as string) : 0;
    const added = (before: string): string => (accumulate === true ? `f32x4.add(${before}, ${text})` : text);
    const offset = at.offset === 0 ? "" : `, ${at.offset}`;
    if (by === 0) return `v128.store32_lane(${at.text}, ${added(call("v128.load32_zero", at))}, 0${offset});`;
    if (by !== 1) {
      const before = `gather(${placed(at)}, ${by * 4}, ${vector.lanes})`;
      return `scatter(${placed(at)}, ${by * 4}, ${added(before)}, ${vector.lanes});`;
    }
    if (vector.lanes === 4) return `v128.store(${at.text}, ${added(call("v128.load", at))}${offset});`;
    return `storeSome(${placed(at)}, ${added(call("v128.load", at))}, ${vector.lanes});`;
  }
}

const start: Pointing = { affine: { constant: 0, coefficients: new Map() }, rows: [] };

function isOwnProduct(value: Value, facts: ValueFacts): value is Value & { kind: "binary" } {
  return value.kind === "binary" && value.operation === "multiply" && !facts.isShared(value);
}

function shiftsOf({ name }: Vector, unit: number, lane: number): Map<string, number> {
  return new Map(name === undefined ? [] : [[name, unit * 4 + lane]]);
}

function call(instruction: string, { text, offset }: Pointer): string {
  return `${instruction}(${text}${offset === 0 ? "" : `, ${offset}`})`;
}

function placed({ text, offset }: Pointer): string {
  return offset === 0 ? text : `${text} + ${offset}`;
}

/** A float32 as it is; decimal text of a double that is one reads back as the same number. */
function numberCode(value: number): string {
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return "<f32>NaN";
  if (!Number.isFinite(rounded)) return rounded > 0 ? "<f32>Infinity" : "<f32>-Infinity";
  // asc reads digits alone as an integer of at most 64 bits.
  if (Number.isInteger(rounded) && Math.abs(rounded) >= 2 ** 31) return rounded.toExponential();
  return Object.is(rounded, -0) ? "-0.0" : String(rounded);
}
