/** Where values come from: arguments, constants, counting, and the placeholders of a scan's body. */
import { InternalError } from "../support/internal-error.ts";
import type { Node } from "../ir/graph.ts";
import { sizeOf } from "../ir/graph.ts";
import type { OpDefinition } from "./define.ts";
import { forEachCell } from "./support.ts";

const givenShape = (node: string) => (): never => {
  throw new InternalError(`the shape of ${node} is given, not derived`);
};

function notEvaluated(node: Node): never {
  throw new InternalError(`${node.op} ${node.label} has its value from outside`);
}

export const argument: OpDefinition<"argument"> = {
  name: "argument",
  shape: givenShape("an argument"),
  adjoint: () => [],
  evaluate: (_inputs, node) => notEvaluated(node),
  vectorise: (_o, node) => node,
  cell: (node) => notEvaluated(node),
};

export const placeholder: OpDefinition<"placeholder"> = {
  name: "placeholder",
  shape: givenShape("a placeholder"),
  adjoint: () => [],
  evaluate: (_inputs, node) => notEvaluated(node),
  vectorise: (_o, node) => node,
  cell: (node) => notEvaluated(node),
};

export const constant: OpDefinition<"constant"> = {
  name: "constant",
  shape: givenShape("a constant"),
  adjoint: () => [],
  evaluate: (_inputs, node) => new Float64Array(sizeOf(node.shape)).fill(node.attributes.value),
  vectorise: (o, node, _inputs, length) => o.constant(node.attributes.value, [length, ...node.shape]),
  cell: (node) => ({ kind: "number", value: node.attributes.value }),
};

export const iota: OpDefinition<"iota"> = {
  name: "iota",
  shape: givenShape("iota"),
  adjoint: () => [],
  evaluate: (_inputs, node) => {
    const data = new Float64Array(sizeOf(node.shape));
    forEachCell(node.shape, (indices, flat) => {
      data[flat] = indices[node.attributes.axis] as number;
    });
    return data;
  },
  vectorise: (o, node, _inputs, length) => o.iota([length, ...node.shape], node.attributes.axis + 1),
  cell: (node, indices) => ({ kind: "position", index: indices[node.attributes.axis] as never }),
};
