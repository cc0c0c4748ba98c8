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

/** A scan as it is to be rebuilt. */
export interface Loop {
  readonly scan: Node<"scan">;
  /** Where a result of one that it stands for is among its own. */
  readonly position: (member: Node<"scan">, index: number) => number;
}

export function copyNode(old: Node, inputs: readonly Node[], builder: GraphBuilder): Node {
  return builder.make({ ...old, inputs } as never);
}

/** @param loopsOf what to rebuild for each scan, itself if nothing is said; one loop can stand for several of them */
export function rewriteGraph(
  graph: Graph,
  rewriter: (builder: GraphBuilder) => Rewriter,
  loopsOf: (scans: readonly Node<"scan">[]) => ReadonlyMap<Node<"scan">, Loop> = itself,
): Graph {
  const builder = new GraphBuilder();
  const { node: rebuild, scan: rebuildScan, replace } = rewriter(builder);
  const order = topological(graph.outputs.map(({ node }) => node));
  const loops = loopsOf(order.filter(isScan));
  const loopOf = (scan: Node<"scan">): Loop => loops.get(scan) as Loop;
  const used = usedResults(order, loopOf);
  const rebuilt = new Map<Loop, readonly (Node | undefined)[]>();
  const renewed = new Map<Node, Node>();
  const get = (node: Node): Node => renewed.get(node) as Node;

  for (const node of order) {
    builder.within(node.origin, () => {
      const replacement = replace?.(node);
      if (replacement !== undefined) {
        renewed.set(node, replacement);
      } else if (isScan(node)) {
        const loop = loopOf(node);
        if (rebuilt.has(loop)) return;
        const body = rebuildBody(loop.scan, renewed, rebuild, builder);
        rebuilt.set(loop, rebuildScan(loop.scan, body, used.get(loop) ?? new Set(), builder));
      } else if (node.op === "scan_output") {
        const scan = node.inputs[0] as Node<"scan">;
        const loop = loopOf(scan);
        renewed.set(node, rebuilt.get(loop)?.[loop.position(scan, node.attributes.index)] as Node);
      } else {
        renewed.set(node, rebuild(node, node.inputs.map(get), builder));
      }
    });
  }
  return { name: graph.name, outputs: graph.outputs.map(({ name, node }) => ({ name, node: get(node) })) };
}

function itself(scans: readonly Node<"scan">[]): ReadonlyMap<Node<"scan">, Loop> {
  return new Map(scans.map((scan) => [scan, { scan, position: (_, index) => index }]));
}

/** The results of each loop that somebody reads. */
function usedResults(
  order: readonly Node[],
  loopOf: (scan: Node<"scan">) => Loop,
): ReadonlyMap<Loop, ReadonlySet<number>> {
  const used = new Map<Loop, Set<number>>();
  for (const node of order) {
    if (node.op !== "scan_output") continue;
    const scan = node.inputs[0] as Node<"scan">;
    const loop = loopOf(scan);
    const results = used.get(loop) ?? new Set();
    used.set(loop, results.add(loop.position(scan, node.attributes.index)));
  }
  return used;
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
