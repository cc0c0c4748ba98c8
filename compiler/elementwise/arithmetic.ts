/** Sums, products and their opposites. */
import type { BinaryRecord, UnaryRecord } from "./record.ts";

export const negate: UnaryRecord = {
  noun: "negated",
  value: (x) => -x,
  adjoint: (o, _node, ct) => o.negate(ct),
  kernel: { prefix: "-" },
  lanes: { text: "f32x4.neg", cost: 1 },
};

export const add: BinaryRecord = {
  noun: "total",
  value: (a, b) => a + b,
  adjoint: (_o, _node, ct) => [ct, ct],
  kernel: { infix: "+" },
  lanes: { text: "f32x4.add", cost: 1 },
};

export const subtract: BinaryRecord = {
  noun: "difference",
  value: (a, b) => a - b,
  adjoint: (o, _node, ct) => [ct, o.negate(ct)],
  kernel: { infix: "-" },
  lanes: { text: "f32x4.sub", cost: 1 },
};

export const multiply: BinaryRecord = {
  noun: "product",
  value: (a, b) => a * b,
  adjoint: (o, { left, right }, ct) => [o.multiply(ct, right), o.multiply(ct, left)],
  kernel: { infix: "*" },
  lanes: { text: "f32x4.mul", cost: 1 },
};

export const divide: BinaryRecord = {
  noun: "ratio",
  domains: ["signed", "positive"],
  value: (a, b) => a / b,
  adjoint: (o, { right, result }, ct) => {
    const ofLeft = o.divide(ct, right);
    return [ofLeft, o.negate(o.multiply(ofLeft, result))];
  },
  kernel: { infix: "/" },
  lanes: { text: "f32x4.div", cost: 6 },
};
