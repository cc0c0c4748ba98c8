/** A concatenation of many becomes one of concatenations, where a target's kernel cannot read them all. */
import type { Graph, Node } from "../../ir/graph.ts";
import { bodyNodes, isScan, topological } from "../../ir/graph.ts";
import { copyNode, rewriteGraph } from "../../ir/rewrite.ts";
import type { Operations } from "../../ops/index.ts";
import { operations } from "../../ops/index.ts";
import { copiedScan } from "../../ops/operations.ts";

/** @param most tensors that one of them joins */
export function narrowConcats(graph: Graph, most: number): Graph {
  const isWide = (node: Node): boolean => node.op === "concat" && node.inputs.length > most;
  const nodes = topological(graph.outputs.map(({ node }) => node));
  if (!nodes.some((node) => isWide(node) || (isScan(node) && [...bodyNodes(node)].some(isWide)))) return graph;
  return rewriteGraph(graph, (builder) => {
    const o = operations(builder);
    return {
      node: (old, inputs) =>
        copyNode(old, old.op === "concat" ? grouped(o, inputs, old.attributes.axis, most) : inputs, builder),
      scan: (_old, rebuilt) => copiedScan(builder, rebuilt),
    };
  });
}

/** The operands, joined in groups of one size until they are few enough. */
function grouped(o: Operations, operands: readonly Node[], axis: number, most: number): readonly Node[] {
  if (operands.length <= most) return operands;
  const size = Math.ceil(operands.length / Math.ceil(operands.length / most));
  const groups = operands.flatMap((_, start) =>
    start % size === 0 ? [o.concat(grouped(o, operands.slice(start, start + size), axis, most), axis)] : [],
  );
  return grouped(o, groups, axis, most);
}
