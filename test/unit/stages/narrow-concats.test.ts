import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../compiler/ir/builder.ts";
import { printGraph } from "../../../compiler/ir/print.ts";
import type { Graph, Node } from "../../../compiler/ir/graph.ts";
import { operations } from "../../../compiler/ops/index.ts";
import { lowerGraph } from "../../../compiler/stages/7-lower.ts";
import { narrowConcats } from "../../../compiler/stages/7-lower/narrow-concats.ts";
import { runProgram } from "../../support/run-program.ts";

/** `count` tensors of two numbers each, end to end: in a loop over three steps, or as they are. */
function joined(count: number, isInLoop = false): Graph {
  const o = operations(new GraphBuilder());
  const parts = Array.from({ length: count }, (_, index) => o.argument("input", `part${index}`, [2]));
  const all = (extra: readonly Node[]): Node => o.builder.named(o.concat([...parts, ...extra], 0), "all");
  const node = isInLoop
    ? o.scan({
        length: 3,
        initial: [o.constant(0, [2])],
        slices: [],
        body: ([carry]) => ({ carries: [o.add(carry as Node, o.constant(1, [2]))], outputs: [all([carry as Node])] }),
      }).outputs[0]
    : all([]);
  return { name: "joined", outputs: [{ name: "all", node: node as Node }] };
}

const bindings = (count: number): Record<string, Float64Array> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`part${index}`, Float64Array.of(2 * index, 2 * index + 1)]),
  );

function widest(graph: Graph, kernelTensors: number): number {
  return Math.max(...lowerGraph(graph, { kernelTensors }).kernels.map(({ parameters }) => parameters.length));
}

describe("narrowConcats", () => {
  it("leaves what is narrow enough as it is", () => {
    const graph = joined(7);
    expect(narrowConcats(graph, 7)).toBe(graph);
  });

  it("joins in groups of one size, the last of them perhaps smaller, and keeps the name", () => {
    const graph = narrowConcats(joined(9), 4);
    expect(graph.outputs[0]?.node.label).toBe("all");
    expect(
      printGraph(graph)
        .split("\n")
        .filter((line) => line.includes("concat")),
    ).toMatchInlineSnapshot(`
      [
        "  %9 = concat axis=0 %0 %1 %2 : [6]",
        "  %10 = concat axis=0 %3 %4 %5 : [6]",
        "  %11 = concat axis=0 %6 %7 %8 : [6]",
        "  %12 = concat axis=0 %9 %10 %11 : [18]",
      ]
    `);
  });

  it.each([1, 2, 7, 8, 9, 49, 50, 60])("makes programs of %i parts that read no more than a target can", (count) => {
    const graph = joined(count);
    const expected = Array.from({ length: 2 * count }, (_, index) => index);
    for (const most of [2, 3, 7, 100]) {
      expect(widest(graph, most)).toBeLessThanOrEqual(most);
      expect([...(runProgram(lowerGraph(graph, { kernelTensors: most }), bindings(count))["all"] ?? [])]).toEqual(
        expected,
      );
    }
    expect(widest(graph, 100)).toBe(count);
  });

  it("looks into loops", () => {
    const graph = joined(9, true);
    expect(widest(graph, 100)).toBe(10);
    expect(widest(graph, 4)).toBeLessThanOrEqual(4);
    const parts = Array.from({ length: 18 }, (_, index) => index);
    expect([...(runProgram(lowerGraph(graph, { kernelTensors: 4 }), bindings(9))["all"] ?? [])]).toEqual(
      [0, 1, 2].flatMap((step) => [...parts, step, step]),
    );
  });
});
