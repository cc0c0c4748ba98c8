/** The float64 interpreter: what a graph means, computed cell by cell. The oracle of every test of the compiler. */
import type { Graph, Node } from "../ir/graph.ts";
import { bodyNodes, isScan, sizeOf, topological } from "../ir/graph.ts";
import { InternalError } from "../support/internal-error.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { Tensor } from "./define.ts";
import { definitionOf } from "./index.ts";

/** Values of arguments by name, row-major, in any number array. */
export type Bindings = Readonly<Record<string, ArrayLike<number>>>;

/** Runs a graph: outside name -> tensor. */
export function interpret(graph: Graph, bindings: Bindings): Record<string, Tensor> {
  const values = evaluateNodes(
    graph.outputs.map(({ node }) => node),
    bindings,
  );
  return Object.fromEntries(graph.outputs.map(({ name, node }) => [name, values.get(node) as Tensor]));
}

type Environment = Map<Node, Tensor>;
type ScanResults = Map<Node, readonly Tensor[]>;

function evaluateNodes(outputs: readonly Node[], bindings: Bindings): Environment {
  const values: Environment = new Map();
  const scans: ScanResults = new Map();
  for (const node of topological(outputs)) {
    if (isScan(node)) scans.set(node, evaluateScan(node, values));
    else values.set(node, evaluateNode(node, values, scans, bindings));
  }
  return values;
}

function evaluateNode(node: Node, values: Environment, scans: ScanResults, bindings: Bindings): Tensor {
  if (node.op === "argument") return bound(node, bindings);
  if (node.op === "scan_output") {
    return scans.get(node.inputs[0] as Node)?.[node.attributes.index] as Tensor;
  }
  const inputs = node.inputs.map((input) => values.get(input) as Tensor);
  return { shape: node.shape, data: definitionOf(node).evaluate(inputs, node as never) };
}

function bound(node: Node<"argument">, bindings: Bindings): Tensor {
  const given = memberOf(bindings, node.attributes.name);
  if (given?.length !== sizeOf(node.shape)) {
    throw new InternalError(
      `argument ${node.attributes.name} [${node.shape.join(", ")}] was given ${given?.length ?? "no"} numbers`,
    );
  }
  return { shape: node.shape, data: Float64Array.from(given) };
}

function evaluateScan(scan: Node<"scan">, outer: Environment): readonly Tensor[] {
  const { carries, slices, nextCarries, outputs, length, reverse } = scan.attributes;
  const body = [...bodyNodes(scan)].sort((a, b) => a.id - b.id);
  let state = carries.map((_, index) => outer.get(scan.inputs[index] as Node) as Tensor);
  const stacks = outputs.map((node) => new Float64Array(length * sizeOf(node.shape)));
  for (let step = 0; step < length; step++) {
    const time = reverse ? length - 1 - step : step;
    const values: Environment = new Map();
    carries.forEach((placeholder, index) => values.set(placeholder, state[index] as Tensor));
    slices.forEach((placeholder, index) => {
      const whole = outer.get(scan.inputs[carries.length + index] as Node) as Tensor;
      const size = sizeOf(placeholder.shape);
      values.set(placeholder, {
        shape: placeholder.shape,
        data: whole.data.subarray(time * size, (time + 1) * size),
      });
    });
    const valueOf = (node: Node): Tensor => (values.get(node) ?? outer.get(node)) as Tensor;
    for (const node of body) {
      if (node.op === "placeholder") continue;
      values.set(node, {
        shape: node.shape,
        data: definitionOf(node).evaluate(node.inputs.map(valueOf), node as never),
      });
    }
    state = nextCarries.map(valueOf);
    outputs.forEach((node, index) => {
      stacks[index]?.set(valueOf(node).data, time * sizeOf(node.shape));
    });
  }
  const stacked = outputs.map((node, index) => ({
    shape: [length, ...node.shape],
    data: stacks[index] as Float64Array,
  }));
  return [...state, ...stacked];
}
