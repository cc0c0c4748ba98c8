/** Algebra on one node at a time: what changes nothing vanishes, what two operations say one says. */
import { compareOperations, mapOperations } from "../elementwise/index.ts";
import type { Graph, Node, OpName } from "../ir/graph.ts";
import { copyNode, rewriteGraph } from "../ir/rewrite.ts";
import type { Operations } from "../ops/index.ts";
import { operations } from "../ops/index.ts";
import { prunedScan } from "./prune-scan.ts";

export function simplify(graph: Graph): Graph {
  return rewriteGraph(graph, (builder) => {
    const o = operations(builder);
    return {
      node: (old, inputs) => {
        const simpler = simplified(o, old, inputs);
        if (simpler === undefined) return copyNode(old, inputs, builder);
        // The simpler node answers to the old one's name, unless it has one of its own.
        return simpler.label === simpler.op && old.label !== old.op ? builder.named(simpler, old.label) : simpler;
      },
      scan: (_old, rebuilt, used) => prunedScan(rebuilt, used, builder),
    };
  });
}

function isConstant(node: Node | undefined, value: number): boolean {
  return node?.op === "constant" && node.attributes.value === value;
}

/** The simpler node, or undefined where there is none. Operands are the rebuilt ones. */
type Rule<O extends OpName> = (o: Operations, old: Node<O>, operands: Node<O>["inputs"]) => Node | undefined;

const constantOfShape: Rule<OpName> = (o, old, [x]) =>
  x?.op === "constant" ? o.constant(x.attributes.value, old.shape) : undefined;

/** Constants compared: a target may have no way to write that. */
const compared =
  (holds: (left: number, right: number) => boolean): Rule<OpName> =>
  (o, old, [x, y]) =>
    x?.op === "constant" && y?.op === "constant"
      ? o.constant(holds(x.attributes.value, y.attributes.value) ? 1 : 0, old.shape)
      : undefined;

const rules: { readonly [O in OpName]?: Rule<O> } = {
  stop_gradient: (_o, _old, [x]) => x,
  add: (o, _old, [x, y]) => {
    if (isConstant(x, 0)) return y;
    return isConstant(y, 0) ? x : tiling(o, x, y);
  },
  subtract: (_o, _old, [x, y]) => (isConstant(y, 0) ? x : undefined),
  multiply: (o, old, [x, y]) => {
    if (isConstant(x, 1)) return y;
    if (isConstant(y, 1)) return x;
    return isConstant(x, 0) || isConstant(y, 0) ? o.constant(0, old.shape) : undefined;
  },
  divide: (_o, _old, [x, y]) => (isConstant(y, 1) ? x : undefined),
  negate: (_o, _old, [x]) => (x?.op === "negate" ? x.inputs[0] : isConstant(x, 0) ? x : undefined),
  select: (_o, _old, [condition, whenTrue, whenFalse]) => {
    if (whenTrue === whenFalse) return whenTrue;
    if (condition?.op !== "constant") return undefined;
    return condition.attributes.value === 0 ? whenFalse : whenTrue;
  },
  sum: (o, old, [x]) => simplifiedSum(o, x, old.attributes.axes),
  transpose: (o, old, [x]) =>
    x?.op === "transpose"
      ? o.transpose(
          x.inputs[0],
          old.attributes.permutation.map((axis) => x.attributes.permutation[axis] as number),
        )
      : undefined,
  reverse: (_o, old, [x]) =>
    x?.op === "reverse" && x.attributes.axis === old.attributes.axis ? x.inputs[0] : undefined,
  ...mapOperations(compareOperations, (operation) => compared(compareOperations[operation].holds)),
  broadcast: constantOfShape,
  reshape: constantOfShape,
  slice: constantOfShape,
  fold: (o, old, [x]) => foldedProduct(o, old, x),
};

function simplified(o: Operations, old: Node, operands: readonly Node[]): Node | undefined {
  return (rules[old.op] as Rule<OpName> | undefined)?.(o, old, operands);
}

/** Padded pieces that lie side by side and fill the axis are a concatenation: the gradient of a split. */
function tiling(o: Operations, x: Node, y: Node): Node | undefined {
  const first = firstAddend(x);
  // Before all of them are gathered: a sum over all parameters is one of very many.
  if (first.op !== "pad") return undefined;
  const pieces = [...addends(x), ...addends(y)];
  const { axis } = first.attributes;
  const pads = pieces.filter((piece): piece is Node<"pad"> => piece.op === "pad" && piece.attributes.axis === axis);
  if (pads.length !== pieces.length) return undefined;
  const sorted = [...pads].sort((a, b) => a.attributes.before - b.attributes.before);
  let end = 0;
  for (const piece of sorted) {
    if (piece.attributes.before !== end) return undefined;
    end += piece.inputs[0].shape[axis] as number;
  }
  if (end !== first.shape[axis]) return undefined;
  return o.concat(
    sorted.map((piece) => piece.inputs[0]),
    axis,
  );
}

function firstAddend(node: Node): Node {
  let first = node;
  while (first.op === "add") first = first.inputs[0];
  return first;
}

function addends(node: Node): readonly Node[] {
  return node.op === "add" ? node.inputs.flatMap(addends) : [node];
}

function simplifiedSum(o: Operations, x: Node, axes: readonly number[]): Node | undefined {
  if (x.op === "constant") {
    const shape = x.shape.filter((_, axis) => !axes.includes(axis));
    const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
    return o.constant(x.attributes.value * count, shape);
  }
  // A sum of sums is one sum.
  if (x.op === "sum") {
    const inner = x.attributes.axes;
    const outer = x.inputs[0].shape.map((_, axis) => axis).filter((axis) => !inner.includes(axis));
    return o.sum(
      x.inputs[0],
      [...inner, ...axes.map((axis) => outer[axis] as number)].sort((a, b) => a - b),
    );
  }
  if (x.op === "place_rows") return placedSum(o, x, axes);
  if (x.op !== "contract") return undefined;
  // A summed axis that both factors have is one more axis to contract; one that a single factor has is summed there first.
  const { left, right, output } = x.attributes;
  const summed = axes.map((axis) => output[axis] as string);
  const kept = [...output].filter((label) => !summed.includes(label)).join("");
  const reduceFactor = (factor: Node, labels: string, other: string): readonly [Node, string] => {
    const alone = [...labels].filter((label) => summed.includes(label) && !other.includes(label));
    const reduced = o.sum(
      factor,
      alone.map((label) => labels.indexOf(label)),
    );
    return [reduced, [...labels].filter((label) => !alone.includes(label)).join("")];
  };
  const [a, aLabels] = reduceFactor(x.inputs[0], left, right);
  const [b, bLabels] = reduceFactor(x.inputs[1], right, left);
  const result = o.contract(`${aLabels},${bLabels}->${kept}`, a, b);
  return result.label === "contract" ? o.builder.named(result, x.label) : result;
}

/**
 * Windows of a product, added up, are a product over windows: the gradient of a convolution is a convolution with the
 * kernel turned round, and the tensor of all windows is never made.
 */
function foldedProduct(o: Operations, { attributes }: Node<"fold">, x: Node): Node | undefined {
  const { axis, stride, dilation } = attributes;
  if (x.op !== "contract" || stride !== 1) return undefined;
  const { left, right, output } = x.attributes;
  const [window, place] = [output[axis] as string, output[axis + 1] as string];
  const size = x.shape[axis + 1] as number;
  // The factor that the windows come from, and the kernel, whichever way round they stand.
  const turned = left.includes(place);
  const [source, kernel] = turned ? [right, left] : [left, right];
  if (!source.includes(window) || source.includes(place) || kernel.includes(window)) return undefined;
  const [steps, weights] = (turned ? [...x.inputs].reverse() : x.inputs) as [Node, Node];
  const around = dilation * (size - 1);
  const at = source.indexOf(window);
  const windows = o.unfold(o.pad(steps, at, around, around), at, size, 1, dilation);
  const reversed = o.reverse(weights, kernel.indexOf(place));
  const labels = source.slice(0, at + 1) + place + source.slice(at + 1);
  return o.contract(`${labels},${kernel}->${output.replace(place, "")}`, windows, reversed);
}

/** Rows of several tables that are added up go to one table; cells of a row that are added up, are before they go there. */
function placedSum(o: Operations, x: Node<"place_rows">, axes: readonly number[]): Node | undefined {
  const [values, ids] = x.inputs as readonly [Node, Node];
  const { batch, rows } = x.attributes;
  if (axes.includes(batch)) return undefined;
  const rank = ids.shape.length;
  const inner = axes.filter((axis) => axis > batch).map((axis) => axis - batch - 1 + rank);
  const summed = axes.filter((axis) => axis < batch);
  const order = [
    ...Array.from({ length: batch }, (_, axis) => axis).filter((axis) => !summed.includes(axis)),
    ...summed,
    ...Array.from({ length: rank - batch }, (_, axis) => batch + axis),
  ];
  const reduced = o.sum(values, inner);
  const rest = Array.from({ length: reduced.shape.length - rank }, (_, axis) => rank + axis);
  const placed = o.placeRows(
    o.transpose(reduced, [...order, ...rest]),
    o.transpose(ids, order),
    rows,
    batch - summed.length,
  );
  return placed.label === placed.op ? o.builder.named(placed, x.label) : placed;
}
