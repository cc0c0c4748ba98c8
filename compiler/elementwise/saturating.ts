/** What flattens out on both sides. */
import { errorFunction } from "./error-function.ts";
import type { Composition, UnaryRecord } from "./record.ts";

/** tanh rounds to 1 in float32 from 9.02 on. */
const tanhLimit = 10;

export const tanh: UnaryRecord = {
  noun: "squashed",
  isCostly: true,
  value: Math.tanh,
  adjoint: (o, { y }, ct) => o.multiply(ct, o.subtract(o.constant(1, y), o.multiply(y, y))),
  // Shading languages give NaN for large values (measured: WGSL and GLSL ES 3.00 beyond about 44 to 88).
  kernel: (o, x) => o.call("Math.tanh", limited(o, x, tanhLimit)),
  isLong: true,
  lanes: { text: "tanh", cost: 18 },
};

/** exp(88) is the last whole power that float32 holds; an overflowing one may be anything in a shading language. */
const expLimit = 88;

export const sigmoid: UnaryRecord = {
  noun: "gate",
  isCostly: true,
  value: (x) => 1 / (1 + Math.exp(-x)),
  adjoint: (o, { y }, ct) => o.multiply(o.multiply(ct, y), o.subtract(o.constant(1, y), y)),
  form: (o, x) => {
    const exponential = o.exp(o.minimum(o.constant(expLimit), o.negate(x)));
    return o.divide(o.constant(1), o.add(o.constant(1), exponential));
  },
  isLong: true,
  lanes: { text: "sigmoid", cost: 18 },
};

export const erf: UnaryRecord = {
  noun: "errorFunction",
  isCostly: true,
  value: errorFunction,
  adjoint: (o, { x }, ct) =>
    o.multiply(o.multiply(ct, o.constant(2 / Math.sqrt(Math.PI))), o.exp(o.negate(o.multiply(x, x)))),
  form: (o, of) => {
    const x = o.named("erfInput", limited(o, of, 4));
    const square = o.named("erfSquare", o.multiply(x, x));
    const top = o.named("erfTop", polynomial(o, numerator, square));
    const bottom = o.named("erfBottom", polynomial(o, denominator, square));
    return o.divide(o.multiply(x, top), bottom);
  },
  lanes: { text: "erf", cost: 20 },
};

/**
 * erf(x) = x P(x^2) / Q(x^2) on [-4, 4], beyond which it is 1 in float32: the rational approximation of Eigen and XLA,
 * error measured 6.9e-8, and 3.7e-7 when all arithmetic is float32.
 */
const numerator = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4,
  -2.95459980854025e-3, -1.60960333262415e-2,
];
const denominator = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2,
];

function limited<Value>(o: Composition<Value>, x: Value, limit: number): Value {
  return o.maximum(o.constant(-limit), o.minimum(o.constant(limit), x));
}

/** Horner's scheme, highest power first. */
function polynomial<Value>(o: Composition<Value>, coefficients: readonly number[], x: Value): Value {
  const [first = 0, ...rest] = coefficients;
  return rest.reduce(
    (value, coefficient) =>
      coefficient < 0
        ? o.subtract(o.multiply(value, x), o.constant(-coefficient))
        : o.add(o.multiply(value, x), o.constant(coefficient)),
    o.constant(first),
  );
}
