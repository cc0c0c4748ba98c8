import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../compiler/ir/builder.ts";
import type { Graph, Node } from "../../../compiler/ir/graph.ts";
import { isScan, topological } from "../../../compiler/ir/graph.ts";
import { operations } from "../../../compiler/ops/index.ts";
import { interpret } from "../../../compiler/ops/interpret.ts";
import { joinScans } from "../../../compiler/passes/join-scans.ts";
import { pullback } from "../../../compiler/stages/5-differentiate/pullback.ts";

/** The sum of the states of a small recurrent layer, with its gradients; differentiation saves values of the loop. */
function differentiated(): Graph {
  const o = operations(new GraphBuilder());
  const steps = o.argument("input", "steps", [4, 2]);
  const weight = o.argument("parameter", "weight", [2]);
  const { outputs } = o.scan({
    length: 4,
    initial: [o.constant(0, [2])],
    slices: [steps],
    body: ([state], [step]) => {
      const next = o.tanh(o.add(o.multiply(weight, o.exp(state as Node)), o.sigmoid(step as Node)));
      return { carries: [next], outputs: [next] };
    },
  });
  const loss = o.sum(outputs[0] as Node, [0, 1]);
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

const scansOf = ({ outputs }: Graph): readonly Node[] => topological(outputs.map(({ node }) => node)).filter(isScan);

describe("joinScans", () => {
  it("makes one loop forwards and one backwards, with the numbers there were", () => {
    const graph = differentiated();
    expect(scansOf(graph).length).toBeGreaterThan(2);
    const joined = joinScans(graph);
    expect(scansOf(joined)).toHaveLength(2);
    const bindings = {
      steps: Float64Array.of(0.1, -0.4, 0.7, 0.2, -0.9, 0.3, 0.5, -0.6),
      weight: Float64Array.of(0.3, -0.2),
    };
    expect(interpret(joined, bindings)).toEqual(interpret(graph, bindings));
  });

  it("leaves loops over different bodies apart", () => {
    const o = operations(new GraphBuilder());
    const steps = o.argument("input", "steps", [4, 2]);
    const running = (start: number): Node =>
      o.scan({
        length: 4,
        initial: [o.constant(start, [2])],
        slices: [steps],
        body: ([sum], [step]) => ({ carries: [o.add(sum as Node, step as Node)], outputs: [] }),
      }).carries[0] as Node;
    const graph = { name: "two", outputs: [1, 2].map((start) => ({ name: `from${start}`, node: running(start) })) };
    expect(scansOf(joinScans(graph))).toHaveLength(2);
    const bindings = { steps: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
    expect(interpret(joinScans(graph), bindings)).toEqual({
      from1: { shape: [2], data: Float64Array.of(17, 21) },
      from2: { shape: [2], data: Float64Array.of(18, 22) },
    });
  });
});
