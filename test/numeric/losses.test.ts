import { describe, expect, it } from "vitest";
import { losses } from "../../compiler/losses/index.ts";
import type { LossDefinition } from "../../compiler/losses/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { lowerGraph } from "../../compiler/stages/7-lower.ts";
import { centralDifferences } from "../support/differences.ts";
import { inputGradients } from "../support/input-gradients.ts";
import type { Example, LossSetting } from "../support/loss-cases.ts";
import { elementOf, lossCase, lossModel, lossSettings } from "../support/loss-cases.ts";
import { largestDifference } from "../support/numbers.ts";
import { runProgram } from "../support/run-program.ts";

for (const definition of losses) {
  describe(definition.kind, () => {
    it("has a formula to compare with", () => {
      expect(Object.keys(elementOf)).toContain(definition.kind);
    });
    definition.examples.forEach((example, index) => {
      for (const setting of lossSettings) {
        it(`example ${index + 1}, ${setting.title}: value, gradient and program`, () => {
          const { bindings, expected, evaluate, gradients, loss } = lossCase(definition, example, setting);
          const found = interpret(evaluate, bindings);
          expect(found["loss"]?.data[0]).toBeCloseTo(expected.loss, 12);
          expect(found["loss.count"]?.data[0]).toBe(expected.count);
          const gradient = interpret(gradients, bindings)["p"]?.data ?? [];
          expect(largestDifference(gradient, centralDifferences(loss, bindings, "p"))).toBeLessThan(1e-8);
          const lowered = runProgram(lowerGraph(gradients), bindings)["p"] ?? [];
          expect(largestDifference(lowered, gradient)).toBeLessThan(1e-12);
          expect(runProgram(lowerGraph(evaluate), bindings)["loss"]?.[0]).toBeCloseTo(expected.loss, 12);
        });
      }
    });
  });
}

describe("what masks hide", () => {
  it("may be anything at all, even NaN", () => {
    const mse = losses.find(({ kind }) => kind === "mse") as LossDefinition;
    const example: Example = { config: {}, input: [2, 1], target: [2, 1], targetKind: "real" };
    const setting: LossSetting = { batchSize: 2, lengths: true, real: 1, config: { reduction: "mean" } };
    const forward = build(lossModel(mse, example, setting));
    const bindings = {
      p: Float64Array.of(3, NaN, NaN, NaN),
      y: Float64Array.of(1, 0, 0, 0),
      "p.lengths": Float64Array.of(1, 1),
      "batch.mask": Float64Array.of(1, 0),
    };
    expect(interpret(forward.evaluate, bindings)["loss"]?.data[0]).toBe(4);
    const gradient = interpret(inputGradients(forward.training, ["p"]), bindings)["p"]?.data;
    expect(gradient?.[0]).toBe(4);
  });
});
