/** The verifier of graphs, run after every pass: a lowering mistake fails at the pass that made it. */
import type { Graph, Node } from "../ir/graph.ts";
import { bodyNodes, dependencies, isScan, topological } from "../ir/graph.ts";
import { InternalError } from "../support/internal-error.ts";
import { definitionOf, scanOutputShape } from "./index.ts";
import { sameShape } from "./support.ts";

/** @throws InternalError naming the pass, the node and the rule it breaks */
export function verifyGraph(graph: Graph, after: string): void {
  const fail = (node: Node, rule: string): never => {
    throw new InternalError(
      `after ${after}, graph ${graph.name}: %${node.id} ${node.op} [${node.shape.join(", ")}]: ${rule}`,
    );
  };
  const names = graph.outputs.map(({ name }) => name);
  if (new Set(names).size !== names.length) throw new InternalError(`after ${after}: two outputs of one name`);

  const check = (node: Node, known: ReadonlySet<Node>): void => {
    if (node.shape.some((dimension) => !Number.isInteger(dimension) || dimension < 1)) fail(node, "bad dimension");
    for (const input of dependencies(node)) {
      if (input.id >= node.id) fail(node, `reads the younger %${input.id}`);
      if (!known.has(input)) fail(node, `reads %${input.id} from another loop`);
    }
    if (isScan(node)) checkScan(node, known);
    else if (node.op === "scan_output") {
      const shape = scanOutputShape(node.inputs[0] as Node<"scan">, node.attributes.index);
      if (!sameShape(shape, node.shape)) fail(node, `its scan gives [${shape.join(", ")}]`);
    } else if (node.inputs.length > 0) {
      const shapes = node.inputs.map((input) => input.shape);
      const shape = definitionOf(node).shape(shapes, node.attributes as never);
      if (!sameShape(shape, node.shape)) fail(node, `its operands give [${shape.join(", ")}]`);
    }
  };

  const checkScan = (scan: Node<"scan">, outer: ReadonlySet<Node>): void => {
    const { carries, slices, nextCarries, length } = scan.attributes;
    if (scan.inputs.length !== carries.length + slices.length) fail(scan, "wrong number of inputs");
    carries.forEach((carry, index) => {
      const shapes = [scan.inputs[index], nextCarries[index]].map((node) => node?.shape ?? []);
      if (!shapes.every((shape) => sameShape(shape, carry.shape))) fail(scan, `carry ${index} changes shape`);
    });
    slices.forEach((slice, index) => {
      const whole = scan.inputs[carries.length + index]?.shape ?? [];
      if (!sameShape(whole, [length, ...slice.shape])) fail(scan, `slice ${index} does not fit its tensor`);
    });
    const known = new Set([...outer, ...carries, ...slices]);
    for (const node of [...bodyNodes(scan)].sort((a, b) => a.id - b.id)) {
      if (node.op === "placeholder" && !known.has(node)) fail(node, "is a placeholder of another loop");
      if (node.op !== "placeholder") check(node, known);
      known.add(node);
    }
  };

  const known = new Set<Node>();
  for (const node of topological(graph.outputs.map(({ node }) => node))) {
    if (node.op === "placeholder") fail(node, "escapes from its loop");
    check(node, known);
    known.add(node);
  }
}
