import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../compiler/ir/builder.ts";
import type { Graph, Node } from "../../../compiler/ir/graph.ts";
import { isScan, topological } from "../../../compiler/ir/graph.ts";
import { operations } from "../../../compiler/ops/index.ts";
import { interpret } from "../../../compiler/ops/interpret.ts";
import { joinScans } from "../../../compiler/passes/join-scans.ts";
import { pullback } from "../../../compiler/stages/5-differentiate/pullback.ts";

/** The sum of the states of recurrent layers, one on the other, with its gradients: differentiation saves values of each loop. */
function differentiated(layers: number): Graph {
  const o = operations(new GraphBuilder());
  const steps = o.argument("input", "steps", [4, 2]);
  const weight = o.argument("parameter", "weight", [2]);
  const recurrent = (sequence: Node): Node =>
    o.scan({
      length: 4,
      initial: [o.constant(0, [2])],
      slices: [sequence],
      body: ([state], [step]) => {
        const next = o.tanh(o.add(o.multiply(weight, o.exp(state as Node)), o.sigmoid(step as Node)));
        return { carries: [next], outputs: [next] };
      },
    }).outputs[0] as Node;
  const loss = o.sum(Array.from({ length: layers }).reduce<Node>(recurrent, steps), [0, 1]);
  const gradients = pullback(o, new Map([[loss, o.constant(1)]]), new Set([steps, weight]));
  return {
    name: "gradients",
    outputs: [
      { name: "loss", node: loss },
      { name: "steps", node: gradients.get(steps) as Node },
      { name: "weight", node: gradients.get(weight) as Node },
    ],
  };
}

const bindings = {
  steps: Float64Array.of(0.1, -0.4, 0.7, 0.2, -0.9, 0.3, 0.5, -0.6),
  weight: Float64Array.of(0.3, -0.2),
};

const scansOf = ({ outputs }: Graph): readonly Node[] => topological(outputs.map(({ node }) => node)).filter(isScan);

describe("joinScans", () => {
  it.each([1, 2, 3])(
    "makes one loop forwards and one backwards of each of %i bodies, with the numbers there were",
    (layers) => {
      const graph = differentiated(layers);
      expect(scansOf(graph).length).toBeGreaterThan(2 * layers);
      const joined = joinScans(graph);
      expect(scansOf(joined)).toHaveLength(2 * layers);
      expect(interpret(joined, bindings)).toEqual(interpret(graph, bindings));
    },
  );

  it("leaves a graph as it is where every scan has a body of its own", () => {
    const joined = joinScans(differentiated(2));
    expect(joinScans(joined)).toBe(joined);
  });
});
