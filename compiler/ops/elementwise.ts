/** Operations on every element by itself, from their records: one factory for all that graphs want of them. */
import {
  binaryOperations,
  compareOperations,
  mapOperations,
  unaryOperations,
  type BinaryOperation,
  type BinaryRecord,
  type CompareOperation,
  type Derivation,
  type UnaryOperation,
  type UnaryRecord,
} from "../elementwise/index.ts";
import type { Node, OpName } from "../ir/graph.ts";
import type { OpDefinition, Operations } from "./define.ts";
import { expectShape, lift, sameShape } from "./support.ts";

const records: readonly (readonly [string, UnaryRecord | BinaryRecord])[] = [
  ...Object.entries(unaryOperations),
  ...Object.entries(binaryOperations),
];

/** What takes many times longer than a multiplication: rather kept than computed again. */
export const transcendental: ReadonlySet<OpName> = new Set(
  records.filter(([, { isCostly }]) => isCostly === true).map(([name]) => name as OpName),
);

const derivation = (o: Operations): Derivation<Node> => ({
  ...o,
  constant: (value, like) => o.constant(value, like?.shape),
  isConstant: (node) => node.op === "constant",
});

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
      const data = inputs.map((input) => input.data);
      const results = new Float64Array(data[0]?.length ?? 0);
      // One list for all cells: a list of its own for each of them took most of the interpreter's time.
      const operands = data.map(() => 0);
      for (let cell = 0; cell < results.length; cell++) {
        for (let operand = 0; operand < operands.length; operand++) operands[operand] = data[operand]?.[cell] as number;
        results[cell] = parts.value(operands);
      }
      return results;
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
  const { value, adjoint }: UnaryRecord = unaryOperations[operation];
  return elementwise(operation, 1, {
    value: ([x]) => value(x as number),
    adjoint: (o, node, ct) => [adjoint(derivation(o), { x: node.inputs[0], y: node as Node }, ct)],
    cell: (_node, indices, { at }) => ({ kind: "unary", operation, operand: at(0, indices) }),
  });
}

function binary<O extends BinaryOperation>(operation: O): OpDefinition<O> {
  const { value, adjoint }: BinaryRecord = binaryOperations[operation];
  return elementwise(operation, 2, {
    value: ([left, right]) => value(left as number, right as number),
    adjoint: (o, node, ct) => {
      const [left, right] = node.inputs as readonly [Node, Node];
      return adjoint(derivation(o), { left, right, result: node as Node }, ct);
    },
    cell: (_node, indices, { at }) => ({
      kind: "binary",
      operation,
      left: at(0, indices),
      right: at(1, indices),
    }),
  });
}

function compare<O extends CompareOperation>(operation: O): OpDefinition<O> {
  const { holds } = compareOperations[operation];
  return elementwise(operation, 2, {
    value: ([left, right]) => (holds(left as number, right as number) ? 1 : 0),
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
    const condition = node.inputs[0];
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
  ...(mapOperations(unaryOperations, unary) as { readonly [O in UnaryOperation]: OpDefinition<O> }),
  ...(mapOperations(binaryOperations, binary) as { readonly [O in BinaryOperation]: OpDefinition<O> }),
  ...(mapOperations(compareOperations, compare) as { readonly [O in CompareOperation]: OpDefinition<O> }),
  select,
  stop_gradient: stopGradient,
};
