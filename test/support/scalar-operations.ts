/**
 * What the scalar operations of a program compute, in float64: for the test interpreters. Written here a second time, apart from
 * the compiler's records; what is not has the record's value, which the tests of operations hold against both targets' texts.
 */
import {
  binaryOperations,
  mapOperations,
  unaryOperations,
  type BinaryRecord,
  type UnaryRecord,
} from "../../compiler/elementwise/index.ts";

const unaryValue = (operation: keyof typeof unaryOperations): UnaryRecord["value"] => unaryOperations[operation].value;
const binaryValue = (operation: keyof typeof binaryOperations): BinaryRecord["value"] =>
  binaryOperations[operation].value;

export const comparisons = {
  less: (a: number, b: number) => a < b,
  less_equal: (a: number, b: number) => a <= b,
  equal: (a: number, b: number) => a === b,
  not_equal: (a: number, b: number) => a !== b,
  greater: (a: number, b: number) => a > b,
  greater_equal: (a: number, b: number) => a >= b,
};

export const unary = {
  ...mapOperations(unaryOperations, unaryValue),
  negate: (x: number) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  erf,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
};

export const binary = {
  ...mapOperations(binaryOperations, binaryValue),
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  divide: (a: number, b: number) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  power: Math.pow,
};

/** Simpson's rule: slow and independent of the compiler's own series. */
function erf(x: number): number {
  const n = 2000;
  const h = x / n;
  let total = 1 + Math.exp(-x * x);
  for (let k = 1; k < n; k++) total += (k % 2 === 0 ? 2 : 4) * Math.exp(-((k * h) ** 2));
  return (2 / Math.sqrt(Math.PI)) * (h / 3) * total;
}
