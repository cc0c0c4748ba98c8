import { describe, expect, it } from "vitest";
import { losses } from "../../compiler/losses/index.ts";
import type { LossDefinition } from "../../compiler/losses/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { lowerGraph } from "../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../compiler/targets/gpu/limits.ts";
import { centralDifferences } from "../support/differences.ts";
import { inputGradients } from "../support/input-gradients.ts";
import type { Example, LossSetting } from "../support/loss-cases.ts";
import { elementOf, lossCase, lossModel, lossSettings, workedLoss } from "../support/loss-cases.ts";
import { largestDifference } from "../support/numbers.ts";
import { runProgram } from "../support/run-program.ts";

for (const definition of losses) {
  describe(definition.kind, () => {
    it("has numbers or a formula to compare with", () => {
      const { kind, worked, examples } = definition;
      const missing = `loss ${kind}: give its record \`worked\` numbers, or a formula to elementOf in test/support/loss-cases.ts`;
      expect(worked !== undefined || kind in elementOf, missing).toBe(true);
      expect(examples.length, `loss ${kind}: give its record \`examples\``).toBeGreaterThan(0);
      if (worked !== undefined) expect(workedLoss(definition, worked)).toBeCloseTo(worked.loss, 6);
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
          const lowered = runProgram(lowerGraph(gradients, gpuLimits), bindings)["p"] ?? [];
          expect(largestDifference(lowered, gradient)).toBeLessThan(1e-12);
          expect(runProgram(lowerGraph(evaluate, gpuLimits), bindings)["loss"]?.[0]).toBeCloseTo(expected.loss, 12);
        });
      }
    });
  });
}

describe("a mean in which nothing counts", () => {
  const classes: Example = {
    config: { ignore_index: 2, class_weight: [0.5, 0, 1], label_smoothing: 0.1 },
    input: [2, 3],
    target: [2],
    targetKind: "class",
  };
  const setting: LossSetting = { batchSize: 2, lengths: true, real: 2, config: { reduction: "mean" } };

  it.each(["cross_entropy", "nll"])("of %s is 0 with gradients of 0", (kind) => {
    const definition = losses.find((loss) => loss.kind === kind) as LossDefinition;
    const forward = build(lossModel(definition, classes, setting));
    const bindings = {
      p: Float64Array.from({ length: 12 }, (_, cell) => (cell === 5 ? 1e4 : cell / 7)),
      y: Float64Array.of(2, 2, 2, 0),
      "p.lengths": Float64Array.of(2, 1),
      "batch.mask": Float64Array.of(1, 1),
    };
    const found = interpret(forward.evaluate, bindings);
    expect(found["loss"]?.data[0]).toBe(0);
    expect(found["loss.count"]?.data[0]).toBe(0);
    const gradient = interpret(inputGradients(forward.training, ["p"]), bindings)["p"]?.data ?? [];
    expect(Array.from(gradient, Math.abs)).toEqual(new Array(12).fill(0));
  });
});

describe("losses far from 0", () => {
  const far = [-1e4, -200, 200, 1e4];
  const setting: LossSetting = { batchSize: 1, lengths: false, real: 1, config: { reduction: "sum" } };
  const run = (kind: string, p: readonly number[], y: readonly number[]): { loss?: number; gradient: number[] } => {
    const definition = losses.find((loss) => loss.kind === kind) as LossDefinition;
    const isClass = kind === "cross_entropy";
    const example: Example = {
      config: {},
      input: [p.length],
      target: isClass ? [] : [y.length],
      targetKind: isClass ? "class" : "real",
    };
    const forward = build(lossModel(definition, example, setting));
    const bindings = { p: Float64Array.from(p), y: Float64Array.from(y), "batch.mask": Float64Array.of(1) };
    const loss = interpret(forward.evaluate, bindings)["loss"]?.data[0];
    const gradient = interpret(inputGradients(forward.training, ["p"]), bindings)["p"]?.data ?? [];
    return { ...(loss === undefined ? {} : { loss }), gradient: Array.from(gradient, (value) => value + 0) };
  };

  it("stay finite", () => {
    expect(run("bce_with_logits", far, [1, 1, 0, 0])).toEqual({ loss: 20400, gradient: [-1, -1, 1, 1] });
    expect(run("cross_entropy", far, [0])).toEqual({ loss: 20000, gradient: [-1, 0, 0, 1] });
    // As PyTorch's, whose logarithms are at least -100; where they are held the gradient is 0.
    expect(run("bce", [0, 0, 1, 1], [1, 0, 0, 1])).toEqual({ loss: 200, gradient: [0, 1, 0, -1] });
  });
});

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
