/**
 * What a kernel computes, with every tensor flat: a load is an access (a buffer or one of its slots) and an element offset.
 * Values are interned: equal values are one object, so that shared work is seen by everyone who looks.
 */
import type { BinaryOperation, CompareOperation, UnaryOperation } from "../../elementwise/index.ts";
import { indexText, loadedIn, slotText } from "../../ir/index-expression.ts";
import type { Access, IndexExpression } from "../../ir/program.ts";

/** A name and the integers it runs over: low .. high - 1. */
export interface Axis {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

export type Value =
  | NumberValue
  | { readonly kind: "position"; readonly index: IndexExpression }
  | LoadValue
  | { readonly kind: "unary"; readonly operation: UnaryOperation; readonly operand: Value }
  | { readonly kind: "binary"; readonly operation: BinaryOperation; readonly left: Value; readonly right: Value }
  | SelectValue
  | ReduceValue;

export interface NumberValue {
  readonly kind: "number";
  readonly value: number;
}

export interface LoadValue {
  readonly kind: "load";
  readonly from: Access;
  /** Elements from the start of the access. */
  readonly address: IndexExpression;
}

export interface SelectValue {
  readonly kind: "select";
  readonly operation: CompareOperation;
  readonly left: Value;
  readonly right: Value;
  readonly whenTrue: Value;
  readonly whenFalse: Value;
}

/** The sum or maximum over all axes, outermost first. */
export interface ReduceValue {
  readonly kind: "reduce";
  readonly operation: "sum" | "max";
  readonly axes: readonly Axis[];
  readonly body: Value;
}

export function childrenOf(value: Value): readonly Value[] {
  switch (value.kind) {
    case "number":
    case "position":
    case "load":
      return [];
    case "unary":
      return [value.operand];
    case "binary":
      return [value.left, value.right];
    case "select":
      return [value.left, value.right, value.whenTrue, value.whenFalse];
    case "reduce":
      return [value.body];
    default:
      return value satisfies never;
  }
}

function withChildren(value: Value, children: readonly Value[]): Value {
  const at = (index: number): Value => children[index] as Value;
  switch (value.kind) {
    case "number":
    case "position":
    case "load":
      return value;
    case "unary":
      return { ...value, operand: at(0) };
    case "binary":
      return { ...value, left: at(0), right: at(1) };
    case "select":
      return { ...value, left: at(0), right: at(1), whenTrue: at(2), whenFalse: at(3) };
    case "reduce":
      return { ...value, body: at(0) };
    default:
      return value satisfies never;
  }
}

/** Gives equal values one identity. */
export class ValueTable {
  readonly #known = new Map<string, Value>();
  readonly #numbers = new Map<Value, number>();
  readonly #buffers = new Map<unknown, number>();

  /** @param value its children must be interned already */
  intern<V extends Value>(value: V): V {
    const key = this.#key(value);
    const known = this.#known.get(key);
    if (known !== undefined) return known as V;
    this.#known.set(key, value);
    this.#numbers.set(value, this.#numbers.size);
    return value;
  }

  number(value: number): Value {
    return this.intern({ kind: "number", value });
  }

  /** Rebuilds a value from its leaves; `replace` may give something else for any node, seen before its children. */
  rebuild(root: Value, replace: (value: Value) => Value | undefined, known = new Map<Value, Value>()): Value {
    const visit = (value: Value): Value => {
      const done = known.get(value);
      if (done !== undefined) return done;
      const replaced = replace(value);
      const result = replaced ?? this.intern(withChildren(value, childrenOf(value).map(visit)));
      known.set(value, result);
      return result;
    };
    return visit(root);
  }

  #key(value: Value): string {
    const children = childrenOf(value).map((child) => this.#numbers.get(child) ?? -1);
    switch (value.kind) {
      case "number":
        return `n${Object.is(value.value, -0) ? "-0" : value.value}`;
      case "position":
        return `p${indexText(value.index)}`;
      case "load":
        return `l${this.#bufferNumber(value.from.buffer)}${slotText(value.from.slot)}@${indexText(value.address)}`;
      case "reduce": {
        const axes = value.axes.map(({ name, low, high }) => `${name}:${low}:${high}`).join(",");
        return `r${value.operation}|${axes}|${children.join(",")}`;
      }
      case "unary":
      case "binary":
      case "select":
        return `${value.kind}|${value.operation}|${children.join(",")}`;
      default:
        return value satisfies never;
    }
  }

  #bufferNumber(buffer: unknown): number {
    const known = this.#buffers.get(buffer) ?? this.#buffers.size;
    this.#buffers.set(buffer, known);
    return known;
  }
}

export function sameAccess(left: Access, right: Access): boolean {
  return left.buffer === right.buffer && slotText(left.slot) === slotText(right.slot);
}

/** Every load of a value, each object once. */
export function loadsOf(root: Value): readonly LoadValue[] {
  return nodesOf(root).filter((value): value is LoadValue => value.kind === "load");
}

/** What the addresses and positions in a value read, to know a number by which to go on. */
export function indexReadsOf(root: Value): readonly Access[] {
  const reads: Access[] = [];
  for (const value of nodesOf(root)) {
    if (value.kind === "load") reads.push(...readsOfIndex(value.address));
    else if (value.kind === "position") reads.push(...readsOfIndex(value.index));
  }
  return reads;
}

export function readsOfIndex(index: IndexExpression): readonly Access[] {
  return loadedIn(index).flatMap(({ from }) => (typeof from === "number" ? [] : [from]));
}

/** Derived from immutable values and keyed by them: a cache, not state. */
const nodesOfValues = new WeakMap<Value, readonly Value[]>();

/** Every node of a value once, operands before what uses them. */
export function nodesOf(root: Value): readonly Value[] {
  const known = nodesOfValues.get(root);
  if (known !== undefined) return known;
  const nodes = collectedNodes(root);
  nodesOfValues.set(root, nodes);
  return nodes;
}

function collectedNodes(root: Value): readonly Value[] {
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    if (seen.has(value)) return;
    for (const child of childrenOf(value)) visit(child);
    seen.add(value);
  };
  visit(root);
  return [...seen];
}
