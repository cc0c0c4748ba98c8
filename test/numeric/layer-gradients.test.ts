import { describe, expect, it } from "vitest";
import { layers } from "../../compiler/layers/index.ts";
import type { LayerDefinition } from "../../compiler/layers/index.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { differentiate } from "../../compiler/stages/5-differentiate.ts";
import { optimise, optimiseGraph } from "../../compiler/stages/6-optimise.ts";
import { partOf } from "../support/extent.ts";
import { centralDifferences } from "../support/differences.ts";
import { inputGradients } from "../support/input-gradients.ts";
import { oneStep } from "../support/layer-cases.ts";
import { layerModel } from "../support/layer-model.ts";
import { largestDifference, testBindings } from "../support/numbers.ts";

type Example = LayerDefinition["examples"][number];

const settings = [
  { title: "batch 2", options: { batchSize: 2 }, change: (example: Example): Example => example },
  { title: "batch 1, T = 1", options: { batchSize: 1 }, change: oneStep },
  { title: "batch 3 with lengths", options: { batchSize: 3, lengths: true }, change: (example: Example) => example },
];

for (const definition of layers) {
  describe(`gradients of ${definition.kind}`, () => {
    it("are held against central differences", () => {
      expect(definition.examples.length, `layer ${definition.kind}: give its record \`examples\``).toBeGreaterThan(0);
    });
    definition.examples.forEach((example, index) => {
      // Each example in another setting, or in all of them.
      const turned = [...settings.slice(index % 3), ...settings.slice(0, index % 3)];
      for (const { title, options, change } of partOf(turned, 1)) {
        it(`example ${index + 1}, ${title}: of parameters and inputs`, () => {
          const model = layerModel(definition, change(example), options);
          const forward = build(model);
          const graphs = differentiate(model, forward);
          const optimised = optimise(graphs);
          const bindings = testBindings([graphs.gradients, graphs.evaluate, graphs.train_step], index + 1);
          const before = interpret(graphs.gradients, bindings);
          const after = interpret(optimised.gradients, bindings);
          const loss: Graph = { name: "loss", outputs: [{ name: "loss", node: forward.training.loss }] };
          const optimisedLoss = optimiseGraph(loss);
          for (const { name } of graphs.gradients.outputs) {
            expect(largestDifference(before[name]?.data ?? [], after[name]?.data ?? [])).toBeLessThan(1e-12);
          }
          for (const { name, frozen, initializer, shape } of model.parameters) {
            if (frozen) {
              expect(after).not.toHaveProperty([`gradient.${name}`]);
              continue;
            }
            const numeric = centralDifferences(optimisedLoss, bindings, name);
            // A row of padding has no gradient, whatever it does to the loss.
            const width = shape[1] ?? 1;
            if (initializer.zeroRow !== undefined)
              numeric.fill(0, initializer.zeroRow * width, (initializer.zeroRow + 1) * width);
            expect(largestDifference(after[`gradient.${name}`]?.data ?? [], numeric), name).toBeLessThan(1e-7);
          }
          const names = model.inputs
            .filter(({ role, dtype }) => role === "input" && dtype === "float32")
            .map(({ name }) => name);
          const ofInputs = inputGradients(forward.training, names);
          expect(ofInputs.outputs.map((output) => output.name).sort()).toEqual([...names].sort());
          const found = interpret(optimiseGraph(ofInputs), bindings);
          for (const name of names) {
            const numeric = centralDifferences(optimisedLoss, bindings, name);
            expect(largestDifference(found[name]?.data ?? [], numeric), name).toBeLessThan(1e-7);
          }
        });
      }
    });
  });
}
