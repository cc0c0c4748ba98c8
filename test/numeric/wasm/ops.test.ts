/** Every case of every operation on the wasm target: the program of its value, of its gradients and of a loop around it. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Graph, OpName } from "../../../compiler/ir/graph.ts";
import { ops } from "../../../compiler/ops/index.ts";
import { interpret } from "../../../compiler/ops/interpret.ts";
import { simplify } from "../../../compiler/passes/simplify.ts";
import { lowerGraph } from "../../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../../compiler/targets/gpu/limits.ts";
import { partOf } from "../../support/extent.ts";
import { asFloat32, float32Difference } from "../../support/numbers.ts";
import { opCases } from "../../support/op-cases.ts";
import { doesNothing, fitsIntoLoop, gradientGraphs, loopGraph, type Numbers } from "../../support/op-graphs.ts";
import { assembling, separateRunner, variants, type WasmRunner } from "../../support/wasm-program.ts";

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly graph: Graph;
  readonly bindings: Numbers;
}

function casesOf(name: OpName): readonly { readonly title: string; readonly cases: readonly Case[] }[] {
  return partOf(opCases[name], 2).map((one, index) => {
    const { loss, gradients, bindings } = gradientGraphs(one);
    const graphs: (readonly [string, Graph, Numbers])[] = [
      ["value", simplify(loss), bindings],
      ["gradients", simplify(gradients), bindings],
    ];
    if (fitsIntoLoop(name, one) && one.long !== true) {
      // Every operand changes with time.
      const loop = loopGraph(one, { length: 3, choice: 2 ** one.operands.length - 1, reverse: index % 2 === 1 });
      if (!doesNothing(loop.graph)) graphs.push(["loop", loop.graph, loop.bindings]);
    }
    const cases = graphs.map(([kind, graph, given]) => ({
      id: `${name} ${index} ${kind}`,
      kind,
      graph,
      bindings: Object.fromEntries(Object.entries(given).map(([key, values]) => [key, asFloat32(values)])),
    }));
    return { title: one.title, cases };
  });
}

const all = (Object.keys(ops) as OpName[]).map((name) => ({ name, list: casesOf(name) }));
let run: WasmRunner["run"];

beforeAll(async () => {
  const cases = all.flatMap(({ list }) => list.flatMap((one) => one.cases));
  run = await separateRunner(Object.fromEntries(cases.map(({ id, graph }) => [id, lowerGraph(graph, gpuLimits)])));
}, assembling);

describe.each(all)("$name", ({ list }) => {
  it.each(list)("$title", ({ cases }) => {
    for (const { id, kind, graph, bindings } of cases) {
      const expected = interpret(graph, bindings);
      for (const variant of variants) {
        const found = run(id, bindings, variant);
        expect(Object.keys(found)).toEqual(Object.keys(expected));
        for (const [result, { data }] of Object.entries(expected)) {
          expect(float32Difference(found[result] ?? [], data), `${kind} ${result}, ${variant}`).toBeLessThan(1e-5);
        }
      }
    }
  });
});
