/** Rebuilding a graph in a fresh builder, node by node in order of execution, with a say at every node. */
import { GraphBuilder } from "./builder.ts";
import type { Graph, Node, ScanAttributes } from "./graph.ts";
import { bodyNodes, isScan, topological } from "./graph.ts";

/** Makes the new node from the old one and its rebuilt inputs. */
export type Rebuild = (old: Node, inputs: readonly Node[], builder: GraphBuilder) => Node;

export interface ScanRewrite {
  /** The scan with every node of its body rebuilt. */
  readonly attributes: ScanAttributes;
  readonly inputs: readonly Node[];
}

/** Makes the results of a rebuilt scan: one node per old result, undefined where nobody reads it. */
export type RebuildScan = (
  old: Node<"scan">,
  rebuilt: ScanRewrite,
  used: ReadonlySet<number>,
  builder: GraphBuilder,
) => readonly (Node | undefined)[];

export interface Rewriter {
  /** Asked first, of every node outside of bodies: what stands for it, without a look at its inputs. */
  readonly replace?: (old: Node) => Node | undefined;
  readonly node: Rebuild;
  readonly scan: RebuildScan;
}

export function copyNode(old: Node, inputs: readonly Node[], builder: GraphBuilder): Node {
  return builder.make({ ...old, inputs } as never);
}

export function rewriteGraph(graph: Graph, rewriter: (builder: GraphBuilder) => Rewriter): Graph {
  const builder = new GraphBuilder();
  const { node: rebuild, scan: rebuildScan, replace } = rewriter(builder);
  const order = topological(graph.outputs.map(({ node }) => node));
  const loops = joinScans(order);
  const renewed = new Map<Node, Node>();
  const get = (node: Node): Node => renewed.get(node) as Node;

  for (const node of order) {
    builder.within(node.origin, () => {
      const replacement = replace?.(node);
      if (replacement !== undefined) {
        renewed.set(node, replacement);
      } else if (isScan(node)) {
        const loop = loops.get(node.attributes.identifier) as Loop;
        if (loop.results !== undefined) return;
        const rebuilt = rebuildBody(loop.scan, renewed, rebuild, builder);
        loop.results = rebuildScan(loop.scan, rebuilt, loop.used, builder);
      } else if (node.op === "scan_output") {
        const scan = node.inputs[0] as Node<"scan">;
        const loop = loops.get(scan.attributes.identifier) as Loop;
        renewed.set(node, loop.results?.[loop.position(scan, node.attributes.index)] as Node);
      } else {
        renewed.set(node, rebuild(node, node.inputs.map(get), builder));
      }
    });
  }
  return { name: graph.name, outputs: graph.outputs.map(({ name, node }) => ({ name, node: get(node) })) };
}

/** Scans over one body (differentiation makes one for each value it saves) are one loop. */
interface Loop {
  readonly scan: Node<"scan">;
  /** Where a member's result stands among the results of the joined scan. */
  readonly position: (member: Node<"scan">, index: number) => number;
  readonly used: Set<number>;
  results?: readonly (Node | undefined)[];
}

function joinScans(order: readonly Node[]): Map<number, Loop> {
  const members = new Map<number, Node<"scan">[]>();
  for (const node of order) {
    if (!isScan(node)) continue;
    const { identifier } = node.attributes;
    members.set(identifier, [...(members.get(identifier) ?? []), node]);
  }
  const loops = new Map<number, Loop>();
  for (const [identifier, scans] of members) {
    const first = scans[0] as Node<"scan">;
    const outputs = [...new Set(scans.flatMap(({ attributes }) => attributes.outputs))];
    const split = first.attributes.nextCarries.length;
    loops.set(identifier, {
      scan: { ...first, attributes: { ...first.attributes, outputs } },
      position: (member, index) =>
        index < split ? index : split + outputs.indexOf(member.attributes.outputs[index - split] as Node),
      used: new Set(),
    });
  }
  for (const node of order) {
    if (node.op !== "scan_output") continue;
    const scan = node.inputs[0] as Node<"scan">;
    const loop = loops.get(scan.attributes.identifier) as Loop;
    loop.used.add(loop.position(scan, node.attributes.index));
  }
  return loops;
}

function rebuildBody(
  scan: Node<"scan">,
  renewed: ReadonlyMap<Node, Node>,
  rebuild: Rebuild,
  builder: GraphBuilder,
): ScanRewrite {
  const { carries, slices, nextCarries, outputs } = scan.attributes;
  const identifier = builder.scanIdentifier();
  const local = new Map<Node, Node>();
  const get = (node: Node): Node => (local.get(node) ?? renewed.get(node)) as Node;
  const renew = (placeholder: Node): Node => {
    const node = builder.make({
      ...(placeholder as Node<"placeholder">),
      attributes: { ...(placeholder as Node<"placeholder">).attributes, scan: identifier },
    });
    local.set(placeholder, node);
    return node;
  };
  const newCarries = carries.map(renew);
  const newSlices = slices.map(renew);
  for (const node of [...bodyNodes(scan)].sort((a, b) => a.id - b.id)) {
    if (local.has(node)) continue;
    builder.within(node.origin, () => {
      local.set(node, rebuild(node, node.inputs.map(get), builder));
    });
  }
  return {
    attributes: {
      ...scan.attributes,
      identifier,
      carries: newCarries,
      slices: newSlices,
      nextCarries: nextCarries.map(get),
      outputs: outputs.map(get),
    },
    inputs: scan.inputs.map(get),
  };
}
