/** What is made of straight pieces. */
import type { BinaryRecord, Derivation, UnaryRecord } from "./record.ts";

export const abs: UnaryRecord = {
  noun: "size",
  value: Math.abs,
  // PyTorch's choice at 0: sign(0) = 0 is the subgradient.
  adjoint: (o, { x }, ct) => o.multiply(ct, o.sign(x)),
  kernel: "Math.abs",
  lanes: { text: "f32x4.abs", cost: 1 },
};

export const sign: UnaryRecord = {
  noun: "sign",
  value: Math.sign,
  adjoint: () => undefined,
  kernel: "Math.sign",
  lanes: { text: "sign", cost: 3 },
};

export const floor: UnaryRecord = {
  noun: "whole",
  value: Math.floor,
  adjoint: () => undefined,
  kernel: "Math.floor",
  lanes: { text: "f32x4.floor", cost: 1 },
};

// At a tie each operand gets half, as in PyTorch.
export const maximum: BinaryRecord = {
  noun: "larger",
  value: Math.max,
  adjoint: (o, node, ct) => shareOfChosen(o, { ...node, wins: o.greater(node.left, node.right) }, ct),
  kernel: "Math.max",
  lanes: { text: "f32x4.max", cost: 2 },
};

export const minimum: BinaryRecord = {
  noun: "smaller",
  value: Math.min,
  adjoint: (o, node, ct) => shareOfChosen(o, { ...node, wins: o.less(node.left, node.right) }, ct),
  kernel: "Math.min",
  lanes: { text: "f32x4.min", cost: 2 },
};

/**
 * @param wins 1 where the left operand is the result and the right one is not. The operands are compared with each other,
 *   never with the result: computed again for the gradient they may differ from what was stored in the last place.
 */
function shareOfChosen<Value>(
  o: Derivation<Value>,
  { left, right, wins }: { readonly left: Value; readonly right: Value; readonly wins: Value },
  cotangent: Value,
): readonly [Value | undefined, Value | undefined] {
  const half = o.multiply(cotangent, o.constant(0.5));
  const tie = o.equal(left, right);
  const zero = o.constant(0, cotangent);
  const share = (whole: Value): Value => o.select(tie, half, whole);
  return [
    o.isConstant(left) ? undefined : share(o.select(wins, cotangent, zero)),
    o.isConstant(right) ? undefined : share(o.select(wins, zero, cotangent)),
  ];
}
