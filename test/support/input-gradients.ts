/** Gradients of a training graph's loss with respect to what the model reads, which no program of a module returns. */
import type { Graph } from "../../compiler/ir/graph.ts";
import type { Forward } from "../../compiler/stages/4-build.ts";
import { pullback } from "../../compiler/stages/5-differentiate/pullback.ts";
import { allNodes } from "./numbers.ts";

/** One output per real-valued input of the names asked for, under the input's own name. */
export function inputGradients({ operations: o, loss }: Forward, names: readonly string[]): Graph {
  const graph: Graph = { name: "loss", outputs: [{ name: "loss", node: loss }] };
  const inputs = allNodes(graph).flatMap((node) =>
    node.op === "argument" && node.attributes.role === "input" && names.includes(node.attributes.name) ? [node] : [],
  );
  const pulled = pullback(o, new Map([[loss, o.constant(1)]]), new Set(inputs));
  return {
    name: "input_gradients",
    outputs: inputs.map((input) => ({
      name: input.attributes.name,
      node: pulled.get(input) ?? o.constant(0, input.shape),
    })),
  };
}
