/** Sums and maxima over whole axes, and the product-and-sum that linear algebra is made of. */
import type { Node } from "../ir/graph.ts";
import { sizeOf, stridesOf } from "../ir/graph.ts";
import { nameIndex } from "../ir/index-expression.ts";
import type { Expression, IndexExpression } from "../ir/program.ts";
import type { CellContext, OpDefinition, Operations, Tensor } from "./define.ts";
import { expectShape, forEachCell, lift } from "./support.ts";

type ReduceName = "sum" | "max";

function without<Item>(items: readonly Item[], axes: readonly number[]): Item[] {
  return items.filter((_, axis) => !axes.includes(axis));
}

function keptAxes(rank: number, axes: readonly number[]): number[] {
  return without(
    Array.from({ length: rank }, (_, axis) => axis),
    axes,
  );
}

function reduction(
  name: ReduceName,
  start: number,
  combine: (total: number, value: number) => number,
  adjoint: OpDefinition<ReduceName>["adjoint"],
): OpDefinition<ReduceName> {
  return {
    name,
    shape: ([input = []], { axes }) => {
      expectShape(
        axes.every((axis) => axis >= 0 && axis < input.length),
        name,
        [input],
        `axes [${axes.join(", ")}] must exist`,
      );
      return without(input, axes);
    },
    adjoint,
    evaluate: ([input], node) => {
      const { shape, data } = input;
      const kept = keptAxes(shape.length, node.attributes.axes);
      const strides = stridesOf(node.shape);
      const result = new Float64Array(sizeOf(node.shape)).fill(start);
      forEachCell(shape, (indices, flat) => {
        let cell = 0;
        kept.forEach((axis, position) => {
          cell += (indices[axis] as number) * (strides[position] as number);
        });
        result[cell] = combine(result[cell] as number, data[flat] as number);
      });
      return result;
    },
    vectorise: (o, node, [input], length) =>
      o[name](
        lift(o, input, length),
        node.attributes.axes.map((axis) => axis + 1),
      ),
    cell: (node, indices, context) => {
      const { shape } = node.inputs[0];
      const names = node.attributes.axes.map(() => context.fresh("k"));
      const full: IndexExpression[] = [];
      let kept = 0;
      shape.forEach((_, axis) => {
        const position = node.attributes.axes.indexOf(axis);
        full.push(position < 0 ? (indices[kept++] as IndexExpression) : nameIndex(names[position] as string));
      });
      return nest(
        name,
        names,
        node.attributes.axes.map((axis) => shape[axis] as number),
        context.at(0, full),
      );
    },
  };
}

function nest(
  operation: ReduceName,
  names: readonly string[],
  extents: readonly number[],
  innermost: Expression,
): Expression {
  return names.reduceRight<Expression>(
    (body, index, position) => ({ kind: "reduce", operation, index, extent: extents[position] as number, body }),
    innermost,
  );
}

/** Repeats a reduced tensor along the axes it lost. */
export function unreduce(o: Operations, reduced: Node, shape: readonly number[], axes: readonly number[]): Node {
  return o.broadcast(reduced, shape, keptAxes(shape.length, axes));
}

const sum = reduction(
  "sum",
  0,
  (total, value) => total + value,
  (o, node, cotangent) => [unreduce(o, cotangent, node.inputs[0].shape, node.attributes.axes)],
);

// Every maximal element gets the whole cotangent divided by how many there are, as PyTorch's amax does.
const max = reduction("max", Number.NEGATIVE_INFINITY, Math.max, (o, node, cotangent) => {
  const input = node.inputs[0];
  const { axes } = node.attributes;
  const chosen = o.equal(input, unreduce(o, node, input.shape, axes));
  const share = o.divide(cotangent, o.sum(chosen, axes));
  return [o.multiply(chosen, unreduce(o, share, input.shape, axes))];
});

function sizesOf(
  node: { readonly attributes: { readonly left: string; readonly right: string } },
  shapes: readonly (readonly number[])[],
): Map<string, number> {
  const sizes = new Map<string, number>();
  [node.attributes.left, node.attributes.right].forEach((labels, operand) => {
    [...labels].forEach((label, axis) => {
      const size = shapes[operand]?.[axis] as number;
      expectShape((sizes.get(label) ?? size) === size, "contract", shapes, `axis ${label} must have one size`);
      sizes.set(label, size);
    });
  });
  return sizes;
}

const contract: OpDefinition<"contract"> = {
  name: "contract",
  shape: (shapes, attributes) => {
    const { left, right, output } = attributes;
    const sizes = sizesOf({ attributes }, shapes);
    const all = [...left, ...right, ...output];
    expectShape(
      left.length === shapes[0]?.length &&
        right.length === shapes[1]?.length &&
        [left, right, output].every((labels) => new Set(labels).size === labels.length) &&
        [...sizes.keys()].every((label) => all.filter((other) => other === label).length >= 2),
      `contract ${left},${right}->${output}`,
      shapes,
      "one distinct letter per axis, each used at least twice",
    );
    return [...output].map((label) => sizes.get(label) as number);
  },
  adjoint: (o, node, cotangent) => {
    const [x, y] = node.inputs as readonly [Node, Node];
    const { left, right, output } = node.attributes;
    return [
      o.contract(`${output},${right}->${left}`, cotangent, y),
      o.contract(`${output},${left}->${right}`, cotangent, x),
    ];
  },
  evaluate: (inputs, node) => {
    const [x, y] = inputs as readonly [Tensor, Tensor];
    const { left, right, output } = node.attributes;
    const sizes = sizesOf(node, [x.shape, y.shape]);
    const summed = [...sizes.keys()].filter((label) => !output.includes(label));
    const order = [...output, ...summed];
    const offsetsOf = (labels: string, shape: readonly number[]): number[] => {
      const strides = stridesOf(shape);
      return order.map((label) => (labels.includes(label) ? (strides[labels.indexOf(label)] as number) : 0));
    };
    const xStrides = offsetsOf(left, x.shape);
    const yStrides = offsetsOf(right, y.shape);
    const result = new Float64Array(sizeOf(node.shape));
    const inner = summed.reduce((product, label) => product * (sizes.get(label) as number), 1);
    forEachCell(
      order.map((label) => sizes.get(label) as number),
      (indices, flat) => {
        let xAt = 0;
        let yAt = 0;
        for (let axis = 0; axis < indices.length; axis++) {
          xAt += (indices[axis] as number) * (xStrides[axis] as number);
          yAt += (indices[axis] as number) * (yStrides[axis] as number);
        }
        const cell = Math.floor(flat / inner);
        result[cell] = (result[cell] as number) + (x.data[xAt] as number) * (y.data[yAt] as number);
      },
    );
    return result;
  },
  vectorise: (o, node, inputs, length) => {
    const [x, y] = inputs as readonly [never, never];
    const { left, right, output } = node.attributes;
    const time = [..."tuvwz"].find((label) => !`${left}${right}`.includes(label)) as string;
    const mark = (input: { readonly vector: boolean }, labels: string): string =>
      input.vector ? time + labels : labels;
    if (!(x as { vector: boolean }).vector && !(y as { vector: boolean }).vector) {
      return lift(o, { node, vector: false }, length);
    }
    return o.contract(
      `${mark(x, left)},${mark(y, right)}->${time}${output}`,
      (x as { node: Node }).node,
      (y as { node: Node }).node,
    );
  },
  cell: (node, indices, context) => contractCell(node, indices, context),
};

function contractCell(node: Node<"contract">, indices: readonly IndexExpression[], context: CellContext): Expression {
  const { left, right, output } = node.attributes;
  const sizes = sizesOf(
    node,
    node.inputs.map((input) => input.shape),
  );
  const bound = new Map<string, IndexExpression>();
  [...output].forEach((label, axis) => bound.set(label, indices[axis] as IndexExpression));
  const summed = [...sizes.keys()].filter((label) => !output.includes(label));
  const names = summed.map((label) => {
    const name = context.fresh(label);
    bound.set(label, nameIndex(name));
    return name;
  });
  const operand = (position: number, labels: string): Expression =>
    context.at(
      position,
      [...labels].map((label) => bound.get(label) as IndexExpression),
    );
  return nest(
    "sum",
    names,
    summed.map((label) => sizes.get(label) as number),
    { kind: "binary", operation: "multiply", left: operand(0, left), right: operand(1, right) },
  );
}

export const reduceOps = { sum, max, contract };
