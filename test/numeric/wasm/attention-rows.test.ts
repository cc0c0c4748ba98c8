/** Queries without any key to look at, which no module lets in: zeros in float32 too, forwards and backwards. */
import { expect, it } from "vitest";
import { layers } from "../../../compiler/layers/index.ts";
import { interpret } from "../../../compiler/ops/interpret.ts";
import { build } from "../../../compiler/stages/4-build.ts";
import { optimiseGraph } from "../../../compiler/stages/6-optimise.ts";
import { lowerGraph } from "../../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../../compiler/targets/gpu/limits.ts";
import { inputGradients } from "../../support/input-gradients.ts";
import { layerModel } from "../../support/layer-model.ts";
import { asFloat32, float32Difference, testBindings } from "../../support/numbers.ts";
import { assembling, separateRunner, variants } from "../../support/wasm-program.ts";

it(
  "are what the interpreter says",
  async () => {
    const definition = layers.find(({ kind }) => kind === "attention");
    const example = definition?.examples[0];
    if (definition === undefined || example === undefined) throw new Error("no attention");
    const forward = build(layerModel(definition, example, { batchSize: 2, lengths: true }));
    const graphs = {
      predict: optimiseGraph(forward.predict),
      back: optimiseGraph(inputGradients(forward.training, ["x0", "x1"])),
    };
    const given = Object.entries(testBindings(Object.values(graphs))).map(([name, values]) => [
      name,
      asFloat32(values),
    ]);
    const bindings = { ...(Object.fromEntries(given) as Record<string, Float64Array>), "x1.lengths": [0, 3] };
    const programs = { predict: lowerGraph(graphs.predict, gpuLimits), back: lowerGraph(graphs.back, gpuLimits) };
    const run = await separateRunner(programs);
    for (const variant of variants) {
      for (const name of ["predict", "back"] as const) {
        const found = run(name, bindings, variant);
        for (const [result, { data }] of Object.entries(interpret(graphs[name], bindings))) {
          const values = found[result] ?? Float32Array.of(NaN);
          expect(values.subarray(0, values.length / 2).every((value) => value === 0)).toBe(true);
          expect(float32Difference(values, data), `${name} ${result}, ${variant}`).toBeLessThan(1e-6);
        }
      }
    }
  },
  assembling,
);
