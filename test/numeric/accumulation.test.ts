/** train.accumulate: several batches make the update that one batch of all their examples makes, on every target. */
import { describe, expect, it } from "vitest";
import { gpuModule } from "../../compiler/compile.ts";
import {
  accumulationLosses,
  accumulationModel,
  exampleCount,
  exampleRows,
  initialTensors,
} from "../support/accumulation-cases.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { InterpretedModel } from "../support/interpreted-model.ts";
import { largestDifference } from "../support/numbers.ts";
import { reportOf, testedTargets } from "../support/targets.ts";
import { liveTrainee } from "../support/trainee.ts";

/** Two updates of six examples each; the second in batches of 1, 2, 2 and 1, of which the last is told to be the last. */
const first = [0, 2, 4, 6];
const second = [0, 1, 3, 5, 6];
const clip = "clip_grad_norm: 0.4";

function differences(found: Readonly<Tensors>, expected: Readonly<Tensors>): number {
  return Math.max(...Object.entries(expected).map(([name, values]) => largestDifference(found[name] ?? [], values)));
}

describe.each(accumulationLosses)("losses with %s", (_, loss) => {
  const whole = accumulationModel(loss, `batch_size: ${String(exampleCount)}, ${clip}`);
  const parts = accumulationModel(loss, `batch_size: 2, accumulate: 3, ${clip}`);
  const reference = new InterpretedModel(whole, initialTensors(whole));
  const start = { ...reference.parameters };
  reference.trainStep(exampleRows(whole, 0, exampleCount));
  const afterOne = { ...reference.parameters };
  reference.trainStep(exampleRows(whole, 0, exampleCount));
  const afterTwo = { ...reference.parameters };

  it("interpreted in float64", () => {
    const model = new InterpretedModel(parts, initialTensors(parts));
    first.slice(1).forEach((end, index) => {
      expect(differences(model.parameters, start)).toBe(0);
      model.trainStep(exampleRows(parts, first[index] ?? 0, end));
    });
    expect(differences(model.parameters, afterOne)).toBeLessThan(1e-13);
    second.slice(1).forEach((end, index) => {
      model.trainStep(exampleRows(parts, second[index] ?? 0, end), end === exampleCount);
    });
    expect(differences(model.parameters, afterTwo)).toBeLessThan(1e-13);
  });

  it.each(testedTargets())(
    "on $title in float32",
    async (target) => {
      const trainee = await liveTrainee(parts, initialTensors(parts), target);
      const { live } = trainee;
      const step = (from: number, to: number, options?: { readonly update: boolean }) => {
        const rows = Object.entries(exampleRows(parts, from, to));
        return live.trainStep(
          Object.fromEntries(rows.map(([name, values]) => [name, Float32Array.from(values)])) as never,
          options,
        );
      };
      const updated: boolean[] = [];
      for (const [index, end] of first.slice(1).entries()) {
        expect(differences(live.parameters(), start)).toBeLessThan(1e-6);
        updated.push((await step(first[index] ?? 0, end)).updated);
      }
      expect(updated).toEqual([false, false, true]);
      expect(differences(live.parameters(), afterOne)).toBeLessThan(5e-6);
      for (const [index, end] of second.slice(1).entries()) {
        await step(second[index] ?? 0, end, { update: end === exampleCount });
      }
      expect(differences(live.parameters(), afterTwo)).toBeLessThan(1e-5);
      expect(live.trainingState()).toMatchObject({ step: 2, accumulated: 0 });
      expect(trainee.report()).toMatchObject(reportOf(target));
      await trainee.dispose();
    },
    120_000,
  );
});

describe("a model that accumulates", () => {
  const [[, loss] = ["", ""]] = accumulationLosses;

  it("needs accumulators for every count that is no multiple of another, and for nothing else", () => {
    const tensorsOf = (text: string): number =>
      accumulationModel(text, "batch_size: 2, accumulate: 2").programs.accumulate?.results.filter(({ name }) =>
        name.includes("#"),
      ).length ?? 0;
    const [same, own, sum] = accumulationLosses.map(([, text]) => tensorsOf(text));
    const { parameters } = accumulationModel(loss, "batch_size: 2").model;
    expect(same).toBe(parameters.length + 1);
    expect(own).toBe(2 * (parameters.length + 2) + 2);
    expect(sum).toBe(2 * parameters.length + 1);
  });

  it("leaves the module of a spec with accumulate: 1 as it is", () => {
    const without = accumulationModel(loss, "batch_size: 2");
    const one = accumulationModel(loss, "batch_size: 2, accumulate: 1");
    expect(one.programs).toEqual(without.programs);
    expect(gpuModule(without)).not.toMatch(/accumulate|accumulation\b[.:]/);
  });

  it("has no update: false without it", async () => {
    const compilation = accumulationModel(loss, "batch_size: 2");
    const trainee = await liveTrainee(compilation, initialTensors(compilation), { backend: "cpu" });
    const rows = Object.entries(exampleRows(compilation, 0, 2));
    const given = Object.fromEntries(rows.map(([name, values]) => [name, Float32Array.from(values)])) as never;
    await expect(trainee.live.trainStep(given, { update: false })).rejects.toMatchObject({ code: "invalid-option" });
    await trainee.dispose();
  });
});
