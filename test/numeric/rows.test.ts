/** Rows found and placed by number, in gpu.js's modes: every case, its gradients, and the operation in a loop. */
import { describe, expect, it } from "vitest";
import type { Graph } from "../../compiler/ir/graph.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { simplify } from "../../compiler/passes/simplify.ts";
import { lowerGraph } from "../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../compiler/targets/gpu/limits.ts";
import { createExecutor } from "../../runtime/devices/create.ts";
import { testedModes } from "../support/gpu-modes.ts";
import { definitionOf } from "../support/hand-built-program.ts";
import { asFloat32, float32Difference } from "../support/numbers.ts";
import { opCases } from "../support/op-cases.ts";
import { gradientGraphs, loopGraph, type Numbers } from "../support/op-graphs.ts";

const cases = (["take", "place_rows"] as const).flatMap((name) =>
  opCases[name].flatMap((one) => {
    const { loss, gradients, bindings } = gradientGraphs(one);
    const loop = loopGraph(one, { length: 3, choice: 2 ** one.operands.length - 1, reverse: true });
    const all: (readonly [string, Graph, Numbers])[] = [
      ["value", simplify(loss), bindings],
      ["gradients", simplify(gradients), bindings],
      ["loop", loop.graph, loop.bindings],
    ];
    // A thousand rows of a thousand ids take a while where every row looks through all of them.
    return all
      .filter(() => one.long !== true)
      .map(([kind, graph, given]) => ({ title: `${name} ${one.title}: ${kind}`, graph, given }));
  }),
);

describe.each(testedModes)("on %s", (backend) => {
  it.each(cases)("$title", async ({ graph, given }) => {
    const bindings = Object.fromEntries(Object.entries(given).map(([key, values]) => [key, asFloat32(values)]));
    const definition = definitionOf(lowerGraph(graph, gpuLimits));
    const executor = await createExecutor(definition, { backend });
    const needed = executor.facts("predict")?.feeds.map(({ name }) => name) ?? [];
    const { results } = await executor.run(
      "predict",
      Object.fromEntries(needed.map((name) => [name, Float32Array.from(bindings[name] ?? [])])),
      definition.batchSize,
    );
    await executor.dispose();
    const expected = interpret(graph, bindings);
    expect(Object.keys(results).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { data }] of Object.entries(expected)) {
      expect(float32Difference(results[name] ?? [], data), name).toBeLessThan(1e-5);
    }
  });
});
