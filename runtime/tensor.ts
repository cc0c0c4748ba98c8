/** Shapes and row-major numbers, flat or nested. */
import type { NestedNumbers, NumberArray } from "./contract-live.ts";
import { DEEPEST_JSON } from "./json-text.ts";

/** Number of elements of a shape; 1 for `[]`. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** `[16, 24, 1]` */
export function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.join(", ")}]`;
}

/** `[3, 0, 2]`: where the flat position lies in a tensor of that shape. */
export function placeText(position: number, shape: readonly number[]): string {
  return shapeText(indicesOf(position, shape));
}

/** `example 3` for the index 2: where messages count in words, they count from 1, as `predict` numbers its lines. */
export function exampleText(index: number): string {
  return `example ${String(index + 1)}`;
}

export function indicesOf(position: number, shape: readonly number[]): readonly number[] {
  const place: number[] = [];
  let rest = position;
  for (const length of [...shape].reverse()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return place;
}

/** Where nested numbers stop being a tensor of one shape. */
export interface NestingFault {
  /** Indices down to the faulty list or value. */
  readonly place: readonly number[];
  readonly expected: string;
  readonly found: string;
}

/** The shape that the first elements of nested lists suggest. */
export function suggestedShape(nested: unknown): number[] {
  const shape: number[] = [];
  let level = nested;
  // A list that holds itself has no end.
  while (isList(level) && shape.length < DEEPEST_JSON) {
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

export function isList(value: unknown): value is readonly unknown[] | NumberArray {
  return Array.isArray(value) || isNumberArray(value);
}

/** Typed arrays of every kind, also those of another frame; not a DataView, which has no elements. */
export function isNumberArray(value: unknown): value is NumberArray {
  return ArrayBuffer.isView(value) && "length" in value;
}

/** Whether its elements are whole numbers by their type. */
export function isIntegerArray(value: unknown): boolean {
  return isNumberArray(value) && /Int|Uint/u.test(Object.prototype.toString.call(value));
}

/**
 * Writes nested lists of exactly `shape` into `target`, row-major. Returns the first fault, with its place, or undefined.
 * Whether a number is finite or whole is not checked here; a bigint is taken where float64 holds it.
 */
export function flattenInto(
  target: Float64Array,
  nested: NestedNumbers,
  shape: readonly number[],
): NestingFault | undefined {
  let position = 0;
  const place: number[] = [];
  const visit = (value: unknown, depth: number): NestingFault | undefined => {
    const expected = shape[depth];
    if (expected === undefined) {
      const number = numberOf(value);
      if (number === undefined) return { place: place.slice(), expected: "a number", found: describe(value) };
      target[position] = number;
      position += 1;
      return undefined;
    }
    if (!isList(value) || value.length !== expected) {
      return { place: place.slice(), expected: `a list of ${String(expected)}`, found: describe(value) };
    }
    for (let index = 0; index < expected; index += 1) {
      place.push(index);
      const fault = visit(value[index], depth + 1);
      if (fault !== undefined) return fault;
      place.pop();
    }
    return undefined;
  };
  return visit(nested, 0);
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "bigint" && BigInt(Number(value)) === value ? Number(value) : undefined;
}

/** What a value is, in a few words: `a list of 3`, `the text "abc"`, `null`, `a Promise`. */
export function describe(value: unknown): string {
  if (isList(value)) return `a list of ${String(value.length)}`;
  if (typeof value === "string")
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)}`;
  if (typeof value === "number") return `the number ${String(value)}`;
  if (typeof value === "bigint") return `the number ${String(value)}n`;
  if (typeof value === "boolean" || value === null || value === undefined) return String(value);
  return typeof value === "object" ? objectText(value) : `a ${typeof value}`;
}

/** By its class, where it has one of its own. */
function objectText(value: object): string {
  const { name } = (value as { readonly constructor?: { readonly name?: unknown } }).constructor ?? {};
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `${/^[AEIOU]/u.test(name) ? "an" : "a"} ${name}`;
}

/** Position of the first number that is NaN or infinite, or -1. */
export function firstNotFinite(values: ArrayLike<number>): number {
  // A sum of products with 0 is 0 unless something is not finite: one pass without a branch per element.
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index] ?? 0) * 0;
  if (sum === 0) return -1;
  for (let index = 0; index < values.length; index += 1) if (!Number.isFinite(values[index])) return index;
  return -1;
}
