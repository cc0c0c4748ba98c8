/** All programs of every layer's examples on the wasm target, with the gradients of what the layer reads. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Graph } from "../../../compiler/ir/graph.ts";
import { layers } from "../../../compiler/layers/index.ts";
import { interpret } from "../../../compiler/ops/interpret.ts";
import { build } from "../../../compiler/stages/4-build.ts";
import { differentiate } from "../../../compiler/stages/5-differentiate.ts";
import { optimise, optimiseGraph } from "../../../compiler/stages/6-optimise.ts";
import { lowerGraph } from "../../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../../compiler/targets/gpu/limits.ts";
import { partOf } from "../../support/extent.ts";
import { inputGradients } from "../../support/input-gradients.ts";
import { decayAndClipping, oneStep, type LayerSetting } from "../../support/layer-cases.ts";
import { layerModel } from "../../support/layer-model.ts";
import { asFloat32, float32Difference, testBindings } from "../../support/numbers.ts";
import { assembling, separateRunner, variants, type WasmRunner } from "../../support/wasm-program.ts";

const settings: readonly LayerSetting[] = [
  { title: "batch 2", options: { batchSize: 2 } },
  { title: "batch 19 with lengths", options: { batchSize: 19, lengths: true } },
  { title: "batch 1, clipped and decayed", options: { batchSize: 1, ...decayAndClipping } },
  { title: "batch 1, T = 1", options: { batchSize: 1 }, change: oneStep },
];

/** A kind is a module to assemble. */
const kinds = partOf(layers, 4).map((definition) => ({
  kind: definition.kind,
  list: definition.examples.flatMap((example, index) =>
    settings.map(({ title, options, change = (same) => same }) => {
      const model = layerModel(definition, change(example), options);
      const forward = build(model);
      const names = model.inputs
        .filter(({ role, dtype }) => role === "input" && dtype === "float32")
        .map(({ name }) => name);
      const all: Readonly<Record<string, Graph>> = {
        ...optimise(differentiate(model, forward)),
        input_gradients: optimiseGraph(inputGradients(forward.training, names)),
      };
      const graphs = Object.entries(all).map(([name, graph]) => {
        const given = Object.entries(testBindings([graph], index + 5));
        const bindings = Object.fromEntries(given.map(([name, values]) => [name, asFloat32(values)]));
        return { name, graph, bindings };
      });
      return { title: `example ${index + 1}, ${title}`, graphs };
    }),
  ),
}));

describe.each(kinds)("$kind", ({ list }) => {
  let run: WasmRunner["run"];

  beforeAll(async () => {
    const programs = list.flatMap(({ title, graphs }) =>
      graphs.map(({ name, graph }) => [`${title} ${name}`, lowerGraph(graph, gpuLimits)]),
    );
    run = await separateRunner(Object.fromEntries(programs) as Parameters<typeof separateRunner>[0]);
  }, assembling);

  it.each(list)("$title: every result is the graph's", ({ title, graphs }) => {
    for (const { name, graph, bindings } of graphs) {
      const expected = interpret(graph, bindings);
      for (const variant of variants) {
        const found = run(`${title} ${name}`, bindings, variant);
        expect(Object.keys(found)).toEqual(Object.keys(expected));
        for (const [result, { data }] of Object.entries(expected)) {
          expect(float32Difference(found[result] ?? [], data), `${name} ${result}, ${variant}`).toBeLessThan(2e-5);
        }
      }
    }
  });
});
