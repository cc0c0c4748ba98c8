/** The tables of operations on every element by itself: a record each, and a line here. */
import { add, divide, multiply, negate, subtract } from "./arithmetic.ts";
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from "./comparisons.ts";
import { abs, floor, maximum, minimum, sign } from "./pieces.ts";
import { exp, log, power, sqrt } from "./powers.ts";
import { erf, sigmoid, tanh } from "./saturating.ts";

export const unaryOperations = { negate, exp, log, sqrt, tanh, sigmoid, erf, abs, sign, floor };
export const binaryOperations = { add, subtract, multiply, divide, maximum, minimum, power };
export const compareOperations = {
  less,
  less_equal: lessEqual,
  equal,
  not_equal: notEqual,
  greater,
  greater_equal: greaterEqual,
};

export type UnaryOperation = keyof typeof unaryOperations;
export type BinaryOperation = keyof typeof binaryOperations;
export type CompareOperation = keyof typeof compareOperations;

/** Something for every operation of a table. */
export function mapOperations<Operation extends string, Result>(
  table: Readonly<Record<Operation, unknown>>,
  make: (operation: Operation) => Result,
): Readonly<Record<Operation, Result>> {
  const names = Object.keys(table) as Operation[];
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Operation, Result>;
}

export type { BinaryRecord, Composition, Derivation, Domain, KernelText, LaneText, UnaryRecord } from "./record.ts";
