/** Reverse-mode differentiation: one walk against the edges that adds up cotangents. */
import { contributionLabel, gradientLabel } from "../../ir/gradient-labels.ts";
import type { Node } from "../../ir/graph.ts";
import { dependencies, isScan, topological } from "../../ir/graph.ts";
import type { Operations } from "../../ops/index.ts";
import { definitionOf } from "../../ops/index.ts";
import { ownLabel } from "./own-label.ts";
import { scanPullback } from "./scan-pullback.ts";

/**
 * Cotangents of `targets`, given cotangents of some results.
 * @param seeds result -> its cotangent, of the same shape
 * @param targets nodes to stop at; what they depend on is not looked at
 * @returns target -> cotangent; targets without influence are absent
 */
export function pullback(
  operations: Operations,
  seeds: ReadonlyMap<Node, Node>,
  targets: ReadonlySet<Node>,
): Map<Node, Node> {
  const matters = influence(targets);
  const cotangents = new Map<Node, Node>();
  const scanCotangents = new Map<Node, Map<number, Node>>();
  const { builder } = operations;

  /** By whom the first contribution was made, until a second one comes. */
  const firstReader = new Map<Node, Node>();
  const accumulate = (node: Node, cotangent: Node | undefined, reader?: Node): void => {
    if (cotangent === undefined || !matters(node)) return;
    const known = cotangents.get(node);
    if (known === undefined && reader !== undefined) firstReader.set(node, reader);
    else if (known !== undefined) {
      nameContribution(operations, known, node, firstReader.get(node));
      nameContribution(operations, cotangent, node, reader);
      firstReader.delete(node);
    }
    cotangents.set(node, known === undefined ? cotangent : operations.add(known, cotangent));
  };

  for (const [node, cotangent] of seeds) accumulate(node, cotangent);
  for (const node of topological([...seeds.keys()]).reverse()) {
    if (targets.has(node) || !matters(node)) continue;
    builder.within({ ...node.origin, phase: "backward" }, () => {
      if (isScan(node)) {
        const results = scanCotangents.get(node);
        if (results === undefined) return;
        for (const [input, cotangent] of scanPullback(operations, node, results, matters, pullback)) {
          accumulate(input, cotangent);
        }
        return;
      }
      const cotangent = cotangents.get(node);
      if (cotangent === undefined) return;
      nameAfter(operations, cotangent, node);
      if (node.op === "scan_output") {
        const scan = node.inputs[0];
        const results = scanCotangents.get(scan) ?? new Map<number, Node>();
        results.set(node.attributes.index, cotangent);
        scanCotangents.set(scan, results);
        return;
      }
      const inputs = definitionOf(node).adjoint(operations, node as never, cotangent);
      inputs.forEach((contribution, index) => {
        accumulate(node.inputs[index] as Node, contribution, node);
      });
    });
  }
  return new Map([...cotangents].filter(([node]) => targets.has(node)));
}

/** Readers know a gradient by what it is the gradient of, and find it in that layer. */
function nameAfter({ builder }: Operations, cotangent: Node, node: Node): void {
  if (cotangent.label === cotangent.op && node.label !== node.op) {
    builder.named(cotangent, gradientLabel(node.label), { ...node.origin, phase: cotangent.origin.phase });
  }
}

/** One of several that add up to a gradient is known by the value through which it came: `keys_gradient_from_energies`. */
function nameContribution({ builder }: Operations, contribution: Node, node: Node, reader: Node | undefined): void {
  const areNamed = node.label !== node.op && reader !== undefined && reader.label !== reader.op;
  if (!areNamed || contribution.label !== contribution.op) return;
  const own = ownLabel(node, builder.origin.layer);
  builder.named(contribution, contributionLabel(own, reader.label));
}

/** Whether a node depends on a target, remembered. A scan matters when anything it reads does. */
function influence(targets: ReadonlySet<Node>): (node: Node) => boolean {
  const known = new Map<Node, boolean>();
  for (const target of targets) known.set(target, true);
  return (start) => {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack[stack.length - 1] as Node;
      const needed = dependencies(node);
      const open = known.has(node) ? [] : needed.filter((input) => !known.has(input));
      if (open.length > 0) {
        stack.push(...open);
        continue;
      }
      if (!known.has(node)) {
        known.set(
          node,
          needed.some((input) => known.get(input) === true),
        );
      }
      stack.pop();
    }
    return known.get(start) === true;
  };
}
