/** Operations that move cells without computing: each is a map from output indices to input indices. */
import { addIndex, clampIndex, constantIndex, divideIndex, moduloIndex, scaleIndex } from "../ir/index-expression.ts";
import type { Node, OpName } from "../ir/graph.ts";
import { sizeOf, stridesOf } from "../ir/graph.ts";
import type { Condition, Expression, IndexExpression } from "../ir/program.ts";
import type { OpDefinition, Tensor } from "./define.ts";
import { expectShape, forEachCell, lift, replaceAt, sameShape } from "./support.ts";

/** Builds the values of a result whose cell is one cell of the first input. */
function gather(node: Node, input: Tensor, source: (indices: readonly number[]) => readonly number[]): Float64Array {
  const strides = stridesOf(input.shape);
  const data = new Float64Array(sizeOf(node.shape));
  forEachCell(node.shape, (indices, flat) => {
    const from = source(indices);
    let offset = 0;
    for (let axis = 0; axis < strides.length; axis++) offset += (strides[axis] as number) * (from[axis] as number);
    data[flat] = input.data[offset] as number;
  });
  return data;
}

function only(inputs: readonly Tensor[]): Tensor {
  return inputs[0] as Tensor;
}

const broadcast: OpDefinition<"broadcast"> = {
  name: "broadcast",
  shape: ([input = []], { shape, axes }) => {
    expectShape(
      axes.length === input.length && axes.every((axis, position) => shape[axis] === input[position]),
      "broadcast",
      [input, shape],
      `axes [${axes.join(", ")}] must match`,
    );
    return shape;
  },
  adjoint: (o, node, cotangent) => {
    const { shape, axes } = node.attributes;
    const repeated = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const summed = o.sum(cotangent, repeated);
    // The axes of a broadcast may be permuted; the sum leaves them in the order of the result.
    const order = [...axes].sort((a, b) => a - b);
    return [
      o.transpose(
        summed,
        axes.map((axis) => order.indexOf(axis)),
      ),
    ];
  },
  evaluate: (inputs, node) =>
    gather(node, only(inputs), (indices) => node.attributes.axes.map((axis) => indices[axis] as number)),
  vectorise: (o, node, [input], length) => {
    const { shape, axes } = node.attributes;
    if (input.vector !== true) return lift(o, { node, vector: false }, length);
    return o.broadcast(input.node, [length, ...shape], [0, ...axes.map((axis) => axis + 1)]);
  },
  cell: (node, indices, { at }) =>
    at(
      0,
      node.attributes.axes.map((axis) => indices[axis] as IndexExpression),
    ),
};

const reshape: OpDefinition<"reshape"> = {
  name: "reshape",
  shape: ([input = []], { shape }) => {
    expectShape(sizeOf(input) === sizeOf(shape), "reshape", [input, shape], "sizes must be equal");
    return shape;
  },
  adjoint: (o, node, cotangent) => [o.reshape(cotangent, node.inputs[0].shape)],
  evaluate: (inputs) => only(inputs).data.slice(),
  vectorise: (o, node, [input], length) => o.reshape(lift(o, input, length), [length, ...node.attributes.shape]),
  cell: (node, indices, { at }) => at(0, reshapedIndices(node.inputs[0].shape, node.shape, indices)),
};

/**
 * Indices into `from` for a cell of `to`. Axes are matched in groups of equal size, so that a reshape that only splits or
 * joins neighbours needs no more arithmetic than those.
 */
function reshapedIndices(
  from: readonly number[],
  to: readonly number[],
  indices: readonly IndexExpression[],
): IndexExpression[] {
  const result: IndexExpression[] = [];
  let source = 0;
  let target = 0;
  while (source < from.length) {
    let sourceEnd = source + 1;
    let sourceSize = from[source] as number;
    let targetEnd = target;
    let targetSize = 1;
    while (sourceSize !== targetSize) {
      if (targetSize < sourceSize) targetSize *= to[targetEnd++] as number;
      else sourceSize *= from[sourceEnd++] as number;
    }
    let flat: IndexExpression = constantIndex(0);
    for (let axis = target; axis < targetEnd; axis++) {
      flat = addIndex(scaleIndex(flat, to[axis] as number), indices[axis] as IndexExpression);
    }
    let below = sourceSize;
    for (let axis = source; axis < sourceEnd; axis++) {
      const inner = sizeOf(from.slice(axis + 1, sourceEnd));
      result.push(divideIndex(flat, inner, below));
      flat = moduloIndex(flat, inner, below);
      below = inner;
    }
    source = sourceEnd;
    target = targetEnd;
  }
  return result;
}

/** Whether axes are joined, so that an index of the result must be divided to find them. */
export function joinsAxes(from: readonly number[], to: readonly number[]): boolean {
  const [source, target] = [from, to].map((shape) => shape.filter((size) => size > 1)) as [number[], number[]];
  let start = 1;
  const starts = target.map((size) => (start *= size));
  let product = 1;
  // Every edge between two axes of the source must be one between axes of the result.
  return source.some((size) => !starts.includes((product *= size)));
}

const transpose: OpDefinition<"transpose"> = {
  name: "transpose",
  shape: ([input = []], { permutation }) => {
    expectShape(
      permutation.length === input.length && new Set(permutation).size === input.length,
      "transpose",
      [input],
      `[${permutation.join(", ")}] must be a permutation of its axes`,
    );
    return permutation.map((axis) => input[axis] as number);
  },
  adjoint: (o, node, cotangent) => {
    const { permutation } = node.attributes;
    return [
      o.transpose(
        cotangent,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  },
  evaluate: (inputs, node) =>
    gather(node, only(inputs), (indices) => {
      const from = new Array<number>(indices.length);
      node.attributes.permutation.forEach((axis, position) => {
        from[axis] = indices[position] as number;
      });
      return from;
    }),
  vectorise: (o, node, [input], length) =>
    o.transpose(lift(o, input, length), [0, ...node.attributes.permutation.map((axis) => axis + 1)]),
  cell: (node, indices, { at }) => {
    const { permutation } = node.attributes;
    return at(
      0,
      permutation.map((_, axis) => indices[permutation.indexOf(axis)] as IndexExpression),
    );
  },
};

const slice: OpDefinition<"slice"> = {
  name: "slice",
  shape: ([input = []], { axis, start, stop }) => {
    expectShape(
      start >= 0 && start < stop && stop <= (input[axis] ?? 0),
      "slice",
      [input],
      `${start}..${stop} must lie in axis ${axis}`,
    );
    return replaceAt(input, axis, stop - start);
  },
  adjoint: (o, node, cotangent) => {
    const { axis, start, stop } = node.attributes;
    const size = node.inputs[0].shape[axis] as number;
    return [o.pad(cotangent, axis, start, size - stop)];
  },
  evaluate: (inputs, node) => {
    const { axis, start } = node.attributes;
    return gather(node, only(inputs), (indices) => replaceAt(indices, axis, (indices[axis] as number) + start));
  },
  vectorise: (o, node, [input], length) => {
    const { axis, start, stop } = node.attributes;
    return o.slice(lift(o, input, length), axis + 1, start, stop);
  },
  cell: (node, indices, { at }) => {
    const { axis, start } = node.attributes;
    return at(0, replaceAt(indices, axis, addIndex(indices[axis] as IndexExpression, constantIndex(start))));
  },
};

const reverse: OpDefinition<"reverse"> = {
  name: "reverse",
  shape: ([input = []], { axis }) => {
    expectShape(axis >= 0 && axis < input.length, "reverse", [input], `axis ${axis} must exist`);
    return input;
  },
  adjoint: (o, node, cotangent) => [o.reverse(cotangent, node.attributes.axis)],
  evaluate: (inputs, node) => {
    const { axis } = node.attributes;
    const last = (node.shape[axis] as number) - 1;
    return gather(node, only(inputs), (indices) => replaceAt(indices, axis, last - (indices[axis] as number)));
  },
  vectorise: (o, node, [input], length) => o.reverse(lift(o, input, length), node.attributes.axis + 1),
  cell: (node, indices, { at }) => {
    const { axis } = node.attributes;
    const last = (node.shape[axis] as number) - 1;
    const mirrored = addIndex(scaleIndex(indices[axis] as IndexExpression, -1), constantIndex(last));
    return at(0, replaceAt(indices, axis, mirrored));
  },
};

const zero: Expression = { kind: "number", value: 0 };

function positionCompare(operation: Condition["operation"], index: IndexExpression, value: number): Condition {
  return { operation, left: { kind: "position", index }, right: { kind: "number", value } };
}

const pad: OpDefinition<"pad"> = {
  name: "pad",
  shape: ([input = []], { axis, before, after }) => replaceAt(input, axis, (input[axis] as number) + before + after),
  adjoint: (o, node, cotangent) => {
    const { axis, before } = node.attributes;
    const size = node.inputs[0].shape[axis] as number;
    return [o.slice(cotangent, axis, before, before + size)];
  },
  evaluate: (inputs, node) => {
    const { axis, before } = node.attributes;
    const input = only(inputs);
    const size = input.shape[axis] as number;
    const strides = stridesOf(input.shape);
    const data = new Float64Array(sizeOf(node.shape));
    forEachCell(node.shape, (indices, flat) => {
      const position = (indices[axis] as number) - before;
      if (position < 0 || position >= size) return;
      const from = replaceAt(indices, axis, position);
      data[flat] = input.data[from.reduce((sum, index, at) => sum + index * (strides[at] as number), 0)] as number;
    });
    return data;
  },
  vectorise: (o, node, [input], length) => {
    const { axis, before, after } = node.attributes;
    return o.pad(lift(o, input, length), axis + 1, before, after);
  },
  cell: (node, indices, { at }) => {
    const { axis, before, after } = node.attributes;
    const size = node.inputs[0].shape[axis] as number;
    const index = indices[axis] as IndexExpression;
    const inside = clampIndex(addIndex(index, constantIndex(-before)), 0, size - 1);
    let value = at(0, replaceAt(indices, axis, inside));
    if (after > 0) {
      const condition = positionCompare("less", index, before + size);
      value = { kind: "select", condition, whenTrue: value, whenFalse: zero };
    }
    if (before > 0) {
      const condition = positionCompare("greater_equal", index, before);
      value = { kind: "select", condition, whenTrue: value, whenFalse: zero };
    }
    return value;
  },
};

const concat: OpDefinition<"concat"> = {
  name: "concat",
  shape: (inputs, { axis }) => {
    const first = inputs[0] ?? [];
    expectShape(
      inputs.length > 0 && inputs.every((shape) => sameShape(replaceAt(shape, axis, 0), replaceAt(first, axis, 0))),
      "concat",
      inputs,
      `all axes but ${axis} must be equal`,
    );
    return replaceAt(
      first,
      axis,
      inputs.reduce((total, shape) => total + (shape[axis] as number), 0),
    );
  },
  adjoint: (o, node, cotangent) => {
    const { axis } = node.attributes;
    let start = 0;
    return node.inputs.map((input) => {
      const stop = start + (input.shape[axis] as number);
      const part = o.slice(cotangent, axis, start, stop);
      start = stop;
      return part;
    });
  },
  evaluate: (inputs, node) => {
    const { axis } = node.attributes;
    const outer = sizeOf(node.shape.slice(0, axis));
    const rows = inputs.map(({ shape }) => sizeOf(shape.slice(axis)));
    const total = rows.reduce((sum, row) => sum + row, 0);
    const data = new Float64Array(outer * total);
    let offset = 0;
    inputs.forEach((input, position) => {
      const row = rows[position] as number;
      for (let block = 0; block < outer; block++) {
        data.set(input.data.subarray(block * row, (block + 1) * row), block * total + offset);
      }
      offset += row;
    });
    return data;
  },
  vectorise: (o, node, inputs, length) =>
    o.concat(
      inputs.map((input) => lift(o, input, length)),
      node.attributes.axis + 1,
    ),
  cell: (node, indices, { at }) => {
    const { axis } = node.attributes;
    const index = indices[axis] as IndexExpression;
    const starts: number[] = [];
    let total = 0;
    for (const input of node.inputs) {
      starts.push(total);
      total += input.shape[axis] as number;
    }
    const part = (position: number): Expression => {
      const size = (node.inputs[position] as Node).shape[axis] as number;
      const local = addIndex(index, constantIndex(-(starts[position] as number)));
      return at(position, replaceAt(indices, axis, node.inputs.length === 1 ? index : clampIndex(local, 0, size - 1)));
    };
    let value = part(node.inputs.length - 1);
    for (let position = node.inputs.length - 2; position >= 0; position--) {
      const condition = positionCompare("less", index, starts[position + 1] as number);
      value = { kind: "select", condition, whenTrue: part(position), whenFalse: value };
    }
    return value;
  },
};

export const rearrangeOps = { broadcast, reshape, transpose, slice, pad, concat, reverse };

/** Operations that only move cells; lowering never gives them a buffer of their own without need. */
export const movesOnly: ReadonlySet<OpName> = new Set<OpName>([
  "broadcast",
  "reshape",
  "transpose",
  "slice",
  "reverse",
  "unfold",
]);
