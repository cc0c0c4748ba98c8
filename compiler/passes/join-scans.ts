/** Scans over one body become one scan: differentiation makes one for each value that it saves, with the same carries. */
import type { Graph, Node } from "../ir/graph.ts";
import { isScan, topological } from "../ir/graph.ts";
import type { Loop } from "../ir/rewrite.ts";
import { copyNode, rewriteGraph } from "../ir/rewrite.ts";
import { copiedScan } from "../ops/operations.ts";

export function joinScans(graph: Graph): Graph {
  const scans = topological(graph.outputs.map(({ node }) => node)).filter(isScan);
  if (new Set(scans.map(({ attributes }) => attributes.identifier)).size === scans.length) return graph;
  return rewriteGraph(
    graph,
    (builder) => ({
      node: (old, inputs) => copyNode(old, inputs, builder),
      scan: (_old, rebuilt) => copiedScan(builder, rebuilt),
    }),
    joinedLoops,
  );
}

/** One loop for all scans of one identifier, with the outputs of all of them. */
function joinedLoops(scans: readonly Node<"scan">[]): ReadonlyMap<Node<"scan">, Loop> {
  const members = new Map<number, Node<"scan">[]>();
  for (const scan of scans) {
    const { identifier } = scan.attributes;
    members.set(identifier, [...(members.get(identifier) ?? []), scan]);
  }
  const loops = new Map<number, Loop>();
  for (const [identifier, joined] of members) {
    const first = joined[0] as Node<"scan">;
    const outputs = [...new Set(joined.flatMap(({ attributes }) => attributes.outputs))];
    const split = first.attributes.nextCarries.length;
    loops.set(identifier, {
      scan: { ...first, attributes: { ...first.attributes, outputs } },
      position: (member, index) =>
        index < split ? index : split + outputs.indexOf(member.attributes.outputs[index - split] as Node),
    });
  }
  return new Map(scans.map((scan) => [scan, loops.get(scan.attributes.identifier) as Loop]));
}
