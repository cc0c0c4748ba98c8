import { describe, expect, it } from "vitest";
import { layers } from "../../compiler/layers/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { differentiate } from "../../compiler/stages/5-differentiate.ts";
import { optimise } from "../../compiler/stages/6-optimise.ts";
import { lower } from "../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../compiler/targets/gpu/limits.ts";
import type { ProgramName } from "../../runtime/contract.ts";
import { decayAndClipping } from "../support/layer-cases.ts";
import { layerModel } from "../support/layer-model.ts";
import { largestDifference, testBindings } from "../support/numbers.ts";
import { runProgram } from "../support/run-program.ts";

const settings = [{ batchSize: 2 }, { batchSize: 3, lengths: true }, { batchSize: 1, ...decayAndClipping }];

for (const definition of layers) {
  describe(`programs of ${definition.kind}`, () => {
    definition.examples.forEach((example, index) => {
      settings.forEach((setting, number) => {
        it(`example ${index + 1}, setting ${number + 1}: every result is the graph's`, () => {
          const model = layerModel(definition, example, setting);
          const graphs = optimise(differentiate(model, build(model)));
          const programs = lower(graphs, gpuLimits);
          for (const name of Object.keys(programs) as ProgramName[]) {
            const bindings = testBindings([graphs[name]], index + 1);
            const expected = interpret(graphs[name], bindings);
            const found = runProgram(programs[name], bindings);
            expect(Object.keys(found)).toEqual(Object.keys(expected));
            for (const [result, { data }] of Object.entries(expected)) {
              expect(largestDifference(found[result] ?? [], data), `${name} ${result}`).toBeLessThan(1e-12);
            }
            for (const kernel of programs[name].kernels) expect(kernel.parameters.length).toBeLessThanOrEqual(7);
          }
        });
      });
    });
  });
}
