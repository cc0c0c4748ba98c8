/** Windows along one axis, and the sum that takes them back: what convolution and pooling are made of. */
import {
  addIndex,
  clampIndex,
  constantIndex,
  divideIndex,
  moduloIndex,
  nameIndex,
  scaleIndex,
} from "../ir/index-expression.ts";
import { sizeOf, stridesOf } from "../ir/graph.ts";
import type { Condition, Expression, IndexExpression } from "../ir/program.ts";
import type { OpDefinition } from "./define.ts";
import { expectShape, forEachCell, lift } from "./support.ts";

/** Steps that a window reaches over. */
export function windowReach(size: number, dilation: number): number {
  return dilation * (size - 1) + 1;
}

/** How many windows fit into `length` steps; 0 or less where none does. */
export function windowCount(length: number, size: number, stride: number, dilation: number): number {
  return Math.floor((length - windowReach(size, dilation)) / stride) + 1;
}

/** Strides of the tensor with windows and of the tensor without, per axis of the one with windows. */
function walks(windowed: readonly number[], plain: readonly number[], axis: number, stride: number, dilation: number) {
  const strides = stridesOf(plain);
  const along = strides[axis] as number;
  return {
    windowed: stridesOf(windowed),
    plain: [...strides.slice(0, axis), along * stride, along * dilation, ...strides.slice(axis + 1)],
  };
}

function offsetOf(indices: readonly number[], strides: readonly number[]): number {
  return indices.reduce((total, index, axis) => total + index * (strides[axis] as number), 0);
}

const unfold: OpDefinition<"unfold"> = {
  name: "unfold",
  shape: ([input = []], { axis, size, stride, dilation }) => {
    const count = windowCount(input[axis] ?? 0, size, stride, dilation);
    expectShape(count > 0, "unfold", [input], `a window of ${size} by ${dilation} must fit into axis ${axis}`);
    return [...input.slice(0, axis), count, size, ...input.slice(axis + 1)];
  },
  adjoint: (o, node, cotangent) => {
    const { axis, size, stride, dilation } = node.attributes;
    const length = node.inputs[0].shape[axis] as number;
    if (windowReach(size, dilation) > stride || dilation > 1)
      return [o.fold(cotangent, axis, length, stride, dilation)];
    // Windows that do not overlap lie one behind the other: nothing is added up.
    const spaced = o.pad(cotangent, axis + 1, 0, stride - size);
    const { shape } = spaced;
    const end = (shape[axis] as number) * stride;
    const steps = o.reshape(spaced, [...shape.slice(0, axis), end, ...shape.slice(axis + 2)]);
    return [end > length ? o.slice(steps, axis, 0, length) : o.pad(steps, axis, 0, length - end)];
  },
  evaluate: ([input], node) => {
    const { axis, stride, dilation } = node.attributes;
    const { shape, data } = input;
    const { plain } = walks(node.shape, shape, axis, stride, dilation);
    const result = new Float64Array(sizeOf(node.shape));
    forEachCell(node.shape, (indices, flat) => {
      result[flat] = data[offsetOf(indices, plain)] as number;
    });
    return result;
  },
  vectorise: (o, node, [input], length) => {
    const { axis, size, stride, dilation } = node.attributes;
    return o.unfold(lift(o, input, length), axis + 1, size, stride, dilation);
  },
  cell: (node, indices, { at }) => {
    const { axis, stride, dilation } = node.attributes;
    const start = scaleIndex(indices[axis] as IndexExpression, stride);
    const within = scaleIndex(indices[axis + 1] as IndexExpression, dilation);
    return at(0, [...indices.slice(0, axis), addIndex(start, within), ...indices.slice(axis + 2)]);
  },
};

const fold: OpDefinition<"fold"> = {
  name: "fold",
  shape: ([input = []], { axis, length, stride, dilation }) => {
    const count = windowCount(length, input[axis + 1] ?? 0, stride, dilation);
    expectShape(count === input[axis], "fold", [input], `must be the ${count} windows of ${length} steps`);
    return [...input.slice(0, axis), length, ...input.slice(axis + 2)];
  },
  adjoint: (o, node, cotangent) => {
    const { axis, stride, dilation } = node.attributes;
    return [o.unfold(cotangent, axis, node.inputs[0].shape[axis + 1] as number, stride, dilation)];
  },
  evaluate: ([input], node) => {
    const { axis, stride, dilation } = node.attributes;
    const { shape, data } = input;
    const { plain } = walks(shape, node.shape, axis, stride, dilation);
    const result = new Float64Array(sizeOf(node.shape));
    forEachCell(shape, (indices, flat) => {
      const cell = offsetOf(indices, plain);
      result[cell] = (result[cell] as number) + (data[flat] as number);
    });
    return result;
  },
  vectorise: (o, node, [input], length) => {
    const { axis, length: steps, stride, dilation } = node.attributes;
    return o.fold(lift(o, input, length), axis + 1, steps, stride, dilation);
  },
  // A step is at place k of the window that starts k dilations before it, if one starts there.
  cell: (node, indices, context) => {
    const { axis, stride, dilation } = node.attributes;
    const [count, size] = node.inputs[0].shape.slice(axis) as [number, number];
    const name = context.fresh("k");
    const place = nameIndex(name);
    const start = addIndex(indices[axis] as IndexExpression, scaleIndex(place, -dilation));
    // Division is of what is never negative.
    const ahead = Math.ceil((dilation * (size - 1)) / stride);
    const shifted = addIndex(start, constantIndex(ahead * stride));
    const window = addIndex(divideIndex(shifted, stride), constantIndex(-ahead));
    const inside = clampIndex(window, 0, count - 1);
    const conditions: Condition[] = [
      ...(stride === 1 ? [] : [positionCompare("equal", moduloIndex(shifted, stride), 0)]),
      positionCompare("less", window, count),
      positionCompare("greater_equal", window, 0),
    ];
    const value = conditions.reduce<Expression>(
      (whenTrue, condition) => ({ kind: "select", condition, whenTrue, whenFalse: { kind: "number", value: 0 } }),
      context.at(0, [...indices.slice(0, axis), inside, place, ...indices.slice(axis + 1)]),
    );
    return { kind: "reduce", operation: "sum", index: name, extent: size, body: value };
  },
};

function positionCompare(operation: Condition["operation"], index: IndexExpression, value: number): Condition {
  return { operation, left: { kind: "position", index }, right: { kind: "number", value } };
}

export const windowOps = { unfold, fold };
