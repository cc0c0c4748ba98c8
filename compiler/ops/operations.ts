/** The vocabulary of primitives on a builder: shapes are inferred, lower ranks repeat, trivial rearrangements vanish. */
import { binaryOperations, mapOperations, unaryOperations } from "../elementwise/index.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node, NoAttributes, OpAttributes, OpName, ScanAttributes } from "../ir/graph.ts";
import type { ScanRewrite } from "../ir/rewrite.ts";
import { InternalError } from "../support/internal-error.ts";
import type { OpDefinition, Operations, ScanRequest } from "./define.ts";
import { elementwiseOps } from "./elementwise.ts";
import { rearrangeOps } from "./rearrange.ts";
import { reduceOps } from "./reduce.ts";
import { rowOps } from "./rows.ts";
import { scanOutputShape } from "./scan.ts";
import { sameShape } from "./support.ts";
import { windowOps } from "./windows.ts";

const shaped = { ...elementwiseOps, ...rearrangeOps, ...windowOps, ...reduceOps, ...rowOps };
type Shaped = keyof typeof shaped;

const none: NoAttributes = {};

export function operations(builder: GraphBuilder): Operations {
  const make = <O extends Shaped>(op: O, inputs: readonly Node[], attributes: OpAttributes[O]): Node => {
    const definition = shaped[op] as unknown as OpDefinition<O>;
    const shape = definition.shape(
      inputs.map((input) => input.shape),
      attributes,
    );
    return builder.make<OpName>({ op, inputs, attributes, shape } as never);
  };

  const broadcast: Operations["broadcast"] = (operand, shape, axes) => {
    if (axes.length === shape.length && axes.every((axis, position) => axis === position)) return operand;
    if (operand.op === "constant") return constant(operand.attributes.value, shape);
    return make("broadcast", [operand], { shape, axes });
  };

  const constant: Operations["constant"] = (value, shape = []) =>
    builder.make({ op: "constant", inputs: [], attributes: { value }, shape });

  /** Repeats `operand` along leading axes until it has the shape of the other operand. */
  const align = (operand: Node, shape: readonly number[]): Node => {
    if (sameShape(operand.shape, shape)) return operand;
    const missing = shape.length - operand.shape.length;
    return broadcast(
      operand,
      shape,
      operand.shape.map((_, axis) => axis + missing),
    );
  };

  const unary = (op: Shaped) => (operand: Node) => make(op, [operand], none as never);
  const binary = (op: Shaped) => (left: Node, right: Node) => {
    const shape = left.shape.length >= right.shape.length ? left.shape : right.shape;
    return make(op, [align(left, shape), align(right, shape)], none as never);
  };

  const concat: Operations["concat"] = (operands, axis) =>
    operands.length === 1 ? (operands[0] as Node) : make("concat", operands, { axis });

  const scan = (request: ScanRequest): ReturnType<Operations["scan"]> => {
    const identifier = builder.scanIdentifier();
    const placeholderFor = (part: "carry" | "slice", shape: readonly number[], index: number, like: Node): Node =>
      builder.make({
        op: "placeholder",
        inputs: [],
        attributes: { scan: identifier, part, index },
        shape,
        dtype: like.dtype,
        label: like.label,
      });
    const carries = request.initial.map((node, index) => placeholderFor("carry", node.shape, index, node));
    const slices = request.slices.map((node, index) => {
      if (node.shape[0] !== request.length) {
        throw new InternalError(`scan of length ${request.length} over a tensor [${node.shape.join(", ")}]`);
      }
      return placeholderFor("slice", node.shape.slice(1), index, node);
    });
    const body = request.body(carries, slices);
    body.carries.forEach((node, index) => {
      // Readers know a carried value by what the step before called it.
      if (node.label !== node.op) builder.named(carries[index] as Node, `previous_${node.label}`);
      if (!sameShape(node.shape, (carries[index] as Node).shape)) {
        throw new InternalError(`carry ${index} of a scan changes shape to [${node.shape.join(", ")}]`);
      }
    });
    const attributes: ScanAttributes = {
      identifier,
      length: request.length,
      reverse: request.reverse ?? false,
      carries,
      slices,
      nextCarries: body.carries,
      outputs: body.outputs,
    };
    return scanResults(builder, attributes, [...request.initial, ...request.slices]);
  };

  return {
    builder,
    argument: (role, name, shape, dtype = "float32") =>
      builder.make({ op: "argument", inputs: [], attributes: { role, name }, shape, dtype, label: name }),
    constant,
    iota: (shape, axis) => builder.make({ op: "iota", inputs: [], attributes: { axis }, shape }),
    ...mapOperations(unaryOperations, (op) => unary(op)),
    ...mapOperations(binaryOperations, (op) => binary(op)),
    stopGradient: unary("stop_gradient"),
    less: binary("less"),
    lessEqual: binary("less_equal"),
    equal: binary("equal"),
    notEqual: binary("not_equal"),
    greater: binary("greater"),
    greaterEqual: binary("greater_equal"),
    select: (condition, whenTrue, whenFalse) => {
      const shape = [condition, whenTrue, whenFalse].reduce(
        (largest, node) => (node.shape.length > largest.length ? node.shape : largest),
        condition.shape,
      );
      return make(
        "select",
        [condition, whenTrue, whenFalse].map((node) => align(node, shape)),
        none,
      );
    },
    broadcast,
    reshape: (operand, shape) => {
      if (sameShape(operand.shape, shape)) return operand;
      if (operand.op === "reshape") return make("reshape", [operand.inputs[0]], { shape });
      return make("reshape", [operand], { shape });
    },
    transpose: (operand, permutation) =>
      permutation.every((axis, position) => axis === position)
        ? operand
        : make("transpose", [operand], { permutation }),
    slice: (operand, axis, start, stop) =>
      start === 0 && stop === operand.shape[axis] ? operand : make("slice", [operand], { axis, start, stop }),
    pad: (operand, axis, before, after) =>
      before === 0 && after === 0 ? operand : make("pad", [operand], { axis, before, after }),
    concat,
    reverse: (operand, axis) => make("reverse", [operand], { axis }),
    unfold: (operand, axis, size, stride, dilation) => make("unfold", [operand], { axis, size, stride, dilation }),
    fold: (operand, axis, length, stride, dilation) => make("fold", [operand], { axis, length, stride, dilation }),
    sum: (operand, axes) => (axes.length === 0 ? operand : make("sum", [operand], { axes })),
    max: (operand, axes) => (axes.length === 0 ? operand : make("max", [operand], { axes })),
    contract: (labels, left, right) => {
      const parts = /^([a-z]*),([a-z]*)->([a-z]*)$/.exec(labels);
      if (parts === null) throw new InternalError(`contract cannot read "${labels}"`);
      const [, leftLabels = "", rightLabels = "", output = ""] = parts;
      return make("contract", [left, right], { left: leftLabels, right: rightLabels, output });
    },
    take: (table, ids, batch = 0) => make("take", [table, ids], { batch }),
    placeRows: (values, ids, rows, batch = 0) => make("place_rows", [values, ids], { batch, rows }),
    scan,
  };
}

/** Makes the scan node and one node per result. */
export function scanResults(
  builder: GraphBuilder,
  attributes: ScanAttributes,
  inputs: readonly Node[],
): { readonly carries: readonly Node[]; readonly outputs: readonly Node[]; readonly node: Node<"scan"> } {
  const node = builder.make({ op: "scan", inputs, attributes, shape: [], label: "scan" });
  const results = [...attributes.nextCarries, ...attributes.outputs].map((result, index) =>
    builder.make({
      op: "scan_output",
      inputs: [node],
      attributes: { index },
      shape: scanOutputShape(node, index),
      label: result.label,
    }),
  );
  const split = attributes.nextCarries.length;
  return { carries: results.slice(0, split), outputs: results.slice(split), node };
}

/** The results of a rebuilt scan, all of them: for a rewrite that leaves loops as they are. */
export function copiedScan(builder: GraphBuilder, { attributes, inputs }: ScanRewrite): readonly Node[] {
  const { carries, outputs } = scanResults(builder, attributes, inputs);
  return [...carries, ...outputs];
}
