/** Powers, roots and logarithms. */
import type { BinaryRecord, KernelText, UnaryRecord } from "./record.ts";

export const exp: UnaryRecord = {
  noun: "exponential",
  isCostly: true,
  value: Math.exp,
  adjoint: (o, { y }, ct) => o.multiply(ct, y),
  kernel: "Math.exp",
  lanes: { text: "exp", cost: 14 },
};

export const log: UnaryRecord = {
  noun: "logarithm",
  isCostly: true,
  domain: "positive",
  value: Math.log,
  adjoint: (o, { x }, ct) => o.divide(ct, x),
  kernel: "Math.log",
  lanes: { text: "log", cost: 16 },
};

export const sqrt: UnaryRecord = {
  noun: "root",
  isCostly: true,
  domain: "positive",
  value: Math.sqrt,
  adjoint: (o, { y }, ct) => o.divide(o.multiply(ct, o.constant(0.5)), y),
  kernel: "Math.sqrt",
  lanes: { text: "f32x4.sqrt", cost: 6 },
};

export const power: BinaryRecord = {
  noun: "power",
  isCostly: true,
  domains: ["positive", "signed"],
  value: Math.pow,
  adjoint: (o, { left, right, result }, ct) => {
    const one = o.constant(1, right);
    const ofLeft = o.multiply(ct, o.multiply(right, o.power(left, o.subtract(right, one))));
    return [ofLeft, o.isConstant(right) ? undefined : o.multiply(ct, o.multiply(result, o.log(left)))];
  },
  // Shading languages give NaN for a negative base.
  kernel: (o, { left, right, constant }) =>
    constant === undefined ? powerOf(o, left, right) : constantPowerOf(o, left, constant),
  lanes: { text: "power", cost: 60 },
};

function constantPowerOf<Value>(o: KernelText<Value>, base: Value, exponent: number): Value {
  if (exponent === 0) return o.constant(1);
  if (exponent === 1) return base;
  if (exponent === 0.5) return o.sqrt(base);
  if (exponent < 0) return o.divide(o.constant(1), constantPowerOf(o, base, -exponent));
  if (!Number.isInteger(exponent)) return o.call("Math.pow", base, o.constant(exponent));
  const value = o.named("base", base);
  if (exponent === 2) return o.multiply(value, value);
  if (exponent === 3) return o.multiply(o.multiply(value, value), value);
  const size = o.call("Math.pow", o.abs(value), o.constant(exponent));
  return exponent % 2 === 0 ? size : o.multiply(o.sign(value), size);
}

/** JavaScript's pow for every base: the sign of a negative base follows whether the exponent is odd, NaN if no integer. */
function powerOf<Value>(o: KernelText<Value>, base: Value, exponent: Value): Value {
  const x = o.named("base", base);
  const y = o.named("exponent", exponent);
  const size = o.named("size", o.call("Math.pow", o.abs(x), y));
  const half = o.divide(y, o.constant(2));
  const isEven = o.equal(o.subtract(half, o.floor(half)), o.constant(0));
  const isWhole = o.equal(o.subtract(y, o.floor(y)), o.constant(0));
  const signed = o.select(isEven, size, o.negate(size));
  return o.select(o.less(x, o.constant(0)), o.select(isWhole, signed, o.log(x)), size);
}
