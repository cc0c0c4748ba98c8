/** Operations on every element by itself: one line each for meaning and derivative, one factory for all the rest. */
import type { Node, OpName } from "../ir/graph.ts";
import type { BinaryOperation, CompareOperation, UnaryOperation } from "../ir/program.ts";
import type { OpDefinition, Operations } from "./define.ts";
import { errorFunction } from "./error-function.ts";
import { expectShape, lift, sameShape } from "./support.ts";

/** What takes many times longer than a multiplication: rather kept than computed again. */
export const transcendental: ReadonlySet<OpName> = new Set<OpName>([
  "exp",
  "log",
  "sqrt",
  "tanh",
  "sigmoid",
  "erf",
  "power",
]);

interface UnaryMeaning {
  readonly value: (x: number) => number;
  /** Cotangent of x, given x, y = f(x) and the cotangent of y. */
  readonly adjoint: (o: Operations, x: Node, y: Node, cotangent: Node) => Node | undefined;
}

interface BinaryMeaning {
  readonly value: (left: number, right: number) => number;
  readonly adjoint: (
    o: Operations,
    operands: { readonly left: Node; readonly right: Node; readonly result: Node },
    cotangent: Node,
  ) => readonly [Node | undefined, Node | undefined];
}

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

const unaryMeanings: { readonly [O in UnaryOperation]: UnaryMeaning } = {
  negate: { value: (x) => -x, adjoint: (o, _x, _y, ct) => o.negate(ct) },
  exp: { value: Math.exp, adjoint: (o, _x, y, ct) => o.multiply(ct, y) },
  log: { value: Math.log, adjoint: (o, x, _y, ct) => o.divide(ct, x) },
  sqrt: { value: Math.sqrt, adjoint: (o, _x, y, ct) => o.divide(o.multiply(ct, o.constant(0.5)), y) },
  tanh: {
    value: Math.tanh,
    adjoint: (o, _x, y, ct) => o.multiply(ct, o.subtract(o.constant(1, y.shape), o.multiply(y, y))),
  },
  sigmoid: {
    value: (x) => 1 / (1 + Math.exp(-x)),
    adjoint: (o, _x, y, ct) => o.multiply(o.multiply(ct, y), o.subtract(o.constant(1, y.shape), y)),
  },
  erf: {
    value: errorFunction,
    adjoint: (o, x, _y, ct) => o.multiply(o.multiply(ct, o.constant(twoOverRootPi)), o.exp(o.negate(o.multiply(x, x)))),
  },
  // PyTorch's choice at 0: sign(0) = 0 is the subgradient.
  abs: { value: Math.abs, adjoint: (o, x, _y, ct) => o.multiply(ct, o.sign(x)) },
  sign: { value: Math.sign, adjoint: () => undefined },
  floor: { value: Math.floor, adjoint: () => undefined },
};

const binaryMeanings: { readonly [O in BinaryOperation]: BinaryMeaning } = {
  add: { value: (a, b) => a + b, adjoint: (_o, _n, ct) => [ct, ct] },
  subtract: { value: (a, b) => a - b, adjoint: (o, _n, ct) => [ct, o.negate(ct)] },
  multiply: { value: (a, b) => a * b, adjoint: (o, n, ct) => [o.multiply(ct, n.right), o.multiply(ct, n.left)] },
  divide: {
    value: (a, b) => a / b,
    adjoint: (o, n, ct) => {
      const left = o.divide(ct, n.right);
      return [left, o.negate(o.multiply(left, n.result))];
    },
  },
  // At a tie each operand gets half, as in PyTorch.
  maximum: { value: Math.max, adjoint: (o, n, ct) => shareOfChosen(o, { ...n, wins: o.greater(n.left, n.right) }, ct) },
  minimum: { value: Math.min, adjoint: (o, n, ct) => shareOfChosen(o, { ...n, wins: o.less(n.left, n.right) }, ct) },
  power: {
    value: Math.pow,
    adjoint: (o, n, ct) => {
      const one = o.constant(1, n.right.shape);
      const left = o.multiply(ct, o.multiply(n.right, o.power(n.left, o.subtract(n.right, one))));
      const right = n.right.op === "constant" ? undefined : o.multiply(ct, o.multiply(n.result, o.log(n.left)));
      return [left, right];
    },
  },
};

/**
 * @param wins 1 where the left operand is the result and the right one is not. The operands are compared with each other,
 *   never with the result: computed again for the gradient they may differ from what was stored in the last place.
 */
function shareOfChosen(
  o: Operations,
  { left, right, wins }: { readonly left: Node; readonly right: Node; readonly wins: Node },
  cotangent: Node,
): readonly [Node | undefined, Node | undefined] {
  const half = o.multiply(cotangent, o.constant(0.5));
  const tie = o.equal(left, right);
  const zero = o.constant(0, cotangent.shape);
  const share = (whole: Node): Node => o.select(tie, half, whole);
  return [
    left.op === "constant" ? undefined : share(o.select(wins, cotangent, zero)),
    right.op === "constant" ? undefined : share(o.select(wins, zero, cotangent)),
  ];
}

export const comparisons: { readonly [O in CompareOperation]: (left: number, right: number) => boolean } = {
  less: (a, b) => a < b,
  less_equal: (a, b) => a <= b,
  equal: (a, b) => a === b,
  not_equal: (a, b) => a !== b,
  greater: (a, b) => a > b,
  greater_equal: (a, b) => a >= b,
};

function elementwise<O extends OpName>(
  name: O,
  arity: number,
  parts: Pick<OpDefinition<O>, "adjoint" | "cell"> & { readonly value: (operands: readonly number[]) => number },
): OpDefinition<O> {
  return {
    name,
    shape: (inputs) => {
      const first = inputs[0] ?? [];
      expectShape(
        inputs.length === arity && inputs.every((shape) => sameShape(shape, first)),
        name,
        inputs,
        "operands of one shape",
      );
      return first;
    },
    adjoint: parts.adjoint,
    evaluate: (inputs) => {
      const count = inputs[0]?.data.length ?? 0;
      return Float64Array.from({ length: count }, (_, cell) =>
        parts.value(inputs.map((input) => input.data[cell] as number)),
      );
    },
    vectorise: (o, node, inputs, length) =>
      o.builder.make({
        op: node.op,
        inputs: inputs.map((input) => lift(o, input, length)),
        attributes: node.attributes,
        shape: [length, ...node.shape],
        label: node.label,
        origin: node.origin,
      } as never),
    cell: parts.cell,
  };
}

function unary<O extends UnaryOperation>(operation: O): OpDefinition<O> {
  const meaning = unaryMeanings[operation];
  return elementwise(operation, 1, {
    value: ([x]) => meaning.value(x as number),
    adjoint: (o, node, cotangent) => [meaning.adjoint(o, node.inputs[0] as Node, node as Node, cotangent)],
    cell: (_node, indices, { at }) => ({ kind: "unary", operation, operand: at(0, indices) }),
  });
}

function binary<O extends BinaryOperation>(operation: O): OpDefinition<O> {
  const meaning = binaryMeanings[operation];
  return elementwise(operation, 2, {
    value: ([left, right]) => meaning.value(left as number, right as number),
    adjoint: (o, node, cotangent) =>
      meaning.adjoint(
        o,
        { left: node.inputs[0] as Node, right: node.inputs[1] as Node, result: node as Node },
        cotangent,
      ),
    cell: (_node, indices, { at }) => ({
      kind: "binary",
      operation,
      left: at(0, indices),
      right: at(1, indices),
    }),
  });
}

function compare<O extends CompareOperation>(operation: O): OpDefinition<O> {
  return elementwise(operation, 2, {
    value: ([left, right]) => (comparisons[operation](left as number, right as number) ? 1 : 0),
    adjoint: () => [undefined, undefined],
    cell: (_node, indices, { at }) => ({
      kind: "select",
      condition: { operation, left: at(0, indices), right: at(1, indices) },
      whenTrue: { kind: "number", value: 1 },
      whenFalse: { kind: "number", value: 0 },
    }),
  });
}

const select = elementwise("select", 3, {
  value: ([condition, whenTrue, whenFalse]) => (condition === 0 ? (whenFalse as number) : (whenTrue as number)),
  adjoint: (o, node, cotangent) => {
    const zero = o.constant(0, node.shape);
    const condition = node.inputs[0] as Node;
    return [undefined, o.select(condition, cotangent, zero), o.select(condition, zero, cotangent)];
  },
  cell: (_node, indices, { at }) => {
    const condition = at(0, indices);
    return {
      kind: "select",
      // A comparison used as a condition is that comparison, not a test of its 0 or 1.
      condition:
        condition.kind === "select" && isOne(condition.whenTrue) && isZero(condition.whenFalse)
          ? condition.condition
          : { operation: "not_equal", left: condition, right: { kind: "number", value: 0 } },
      whenTrue: at(1, indices),
      whenFalse: at(2, indices),
    };
  },
});

const isOne = (expression: { readonly kind: string; readonly value?: number }): boolean =>
  expression.kind === "number" && expression.value === 1;
const isZero = (expression: { readonly kind: string; readonly value?: number }): boolean =>
  expression.kind === "number" && expression.value === 0;

const stopGradient = elementwise("stop_gradient", 1, {
  value: ([x]) => x as number,
  adjoint: () => [undefined],
  cell: (_node, indices, { at }) => at(0, indices),
});

export const elementwiseOps = {
  negate: unary("negate"),
  exp: unary("exp"),
  log: unary("log"),
  sqrt: unary("sqrt"),
  tanh: unary("tanh"),
  sigmoid: unary("sigmoid"),
  erf: unary("erf"),
  abs: unary("abs"),
  sign: unary("sign"),
  floor: unary("floor"),
  add: binary("add"),
  subtract: binary("subtract"),
  multiply: binary("multiply"),
  divide: binary("divide"),
  maximum: binary("maximum"),
  minimum: binary("minimum"),
  power: binary("power"),
  less: compare("less"),
  less_equal: compare("less_equal"),
  equal: compare("equal"),
  not_equal: compare("not_equal"),
  greater: compare("greater"),
  greater_equal: compare("greater_equal"),
  select,
  stop_gradient: stopGradient,
};
