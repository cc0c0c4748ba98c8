/** Targets that are not known, NaN in the calls: they count for nothing, on every target and over accumulated batches. */
import { describe, expect, it } from "vitest";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { compileText } from "../support/fixture-file.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { asFloat32, largestDifference, testNumbers } from "../support/numbers.ts";
import { testedTargets } from "../support/targets.ts";
import { liveTrainee } from "../support/trainee.ts";

const WINDOW = 4;
const EXAMPLES = 6;

function forecaster({
  horizon = "next",
  missing = "interpolate",
  loss = "{kind: mse, input: forecast, target: next}",
  train = "batch_size: 6",
}): Compilation {
  const layers =
    horizon === "next"
      ? "[{name: encoder, kind: gru, hidden_size: 3}, {name: forecast, kind: linear, out_features: 2}]"
      : "[{name: encoder, kind: gru, hidden_size: 3, return: last}, {name: wide, kind: linear, out_features: 6}, {name: forecast, kind: reshape, shape: [3, 2]}]";
  return compileText(
    "forecaster.yaml",
    [
      "specloom: 1",
      `data: {kind: series, file: s.csv, columns: [a, b], window: ${String(WINDOW)}, horizon: ${horizon}, missing: ${missing}}`,
      `layers: ${layers}`,
      `loss: ${loss}`,
      "optimizer: {kind: sgd, learning_rate: 0.1}",
      `train: {${train}}`,
      "",
    ].join("\n"),
  );
}

const series = asFloat32(testNumbers(EXAMPLES * WINDOW * 2, 1));
const truth = asFloat32(testNumbers(EXAMPLES * WINDOW * 2, 2));
/** The last example has no target at all. */
const isKnown = (cell: number): boolean => cell % 3 !== 1 && cell < (EXAMPLES - 1) * WINDOW * 2;
const known = truth.map((value, cell) => (isKnown(cell) ? value : Number.NaN));

function parametersOf({ model }: Compilation): Tensors {
  return Object.fromEntries(
    model.parameters.map(({ name, shape }, index) => [name, asFloat32(testNumbers(sizeOf(shape), index + 7))]),
  );
}

const asTensors = (next: ArrayLike<number>, name = "next"): never =>
  ({ series: Float32Array.from(series), [name]: Float32Array.from(next) }) as never;

describe.each(testedTargets())("on $title", (target) => {
  it("the loss is the mean over what is known, and gradients are those of it alone", async () => {
    const compilation = forecaster({});
    const trainee = await liveTrainee(compilation, parametersOf(compilation), target);
    const { loss, count, outputs } = await trainee.live.evaluate(asTensors(known));
    const forecast = (outputs as Record<string, Float32Array>)["forecast"] ?? new Float32Array();
    const errors = Array.from(forecast).flatMap((value, cell) =>
      isKnown(cell) ? [(value - (truth[cell] ?? 0)) ** 2] : [],
    );
    expect(count).toBe(errors.length);
    expect(loss).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / errors.length, 5);
    // A target that the model hits exactly has no gradient either; the mean is over more then.
    const hit = truth.map((value, cell) => (isKnown(cell) ? value : (forecast[cell] ?? 0)));
    const given = await trainee.live.gradients(asTensors(known));
    const expected = await trainee.live.gradients(asTensors(hit));
    for (const [name, values] of Object.entries(expected)) {
      const scaled = Array.from(values, (value) => (value * truth.length) / errors.length);
      expect(largestDifference(given[name] ?? [], scaled), name).toBeLessThan(2e-6);
    }
    await trainee.dispose();
  });

  it("accumulated batches make the update of one batch", async () => {
    const whole = forecaster({});
    const parts = forecaster({ train: "batch_size: 2, accumulate: 3" });
    const one = await liveTrainee(whole, parametersOf(whole), target);
    const other = await liveTrainee(parts, parametersOf(parts), target);
    await one.live.trainStep(asTensors(known));
    for (let start = 0; start < EXAMPLES; start += 2) {
      const rows = (values: ArrayLike<number>): Float32Array =>
        Float32Array.from(Array.from(values).slice(start * WINDOW * 2, (start + 2) * WINDOW * 2));
      await other.live.trainStep({ series: rows(series), next: rows(known) } as never);
    }
    const trained = one.live.parameters();
    for (const [name, values] of Object.entries(other.live.parameters())) {
      expect(largestDifference(values, trained[name] ?? []), name).toBeLessThan(1e-6);
    }
    await one.dispose();
    await other.dispose();
  });

  it("of several losses over a horizon each counts its own", async () => {
    const loss =
      "[{kind: huber, input: forecast, target: future}, {kind: mse, input: forecast, target: future, reduction: sum, weight: 0.1}]";
    const compilation = forecaster({ horizon: "3", loss });
    const trainee = await liveTrainee(compilation, parametersOf(compilation), target);
    const future = known.slice(0, EXAMPLES * 6);
    const { parts } = await trainee.live.evaluate(asTensors(future, "future"));
    const knownCells = Array.from(future).filter((value) => !Number.isNaN(value)).length;
    expect(parts?.map(({ count }) => count)).toEqual([knownCells, EXAMPLES]);
    await trainee.dispose();
  });
});

describe("where all targets are known", () => {
  it("the numbers are, to the bit, those of a spec in which nothing may be missing", async () => {
    const run = async (missing: string): Promise<readonly unknown[]> => {
      const compilation = forecaster({ missing });
      const trainee = await liveTrainee(compilation, parametersOf(compilation), { backend: "wasm" });
      const steps = [];
      for (let step = 0; step < 3; step += 1) steps.push((await trainee.live.trainStep(asTensors(truth))).loss);
      const parameters = trainee.live.parameters();
      await trainee.dispose();
      return [steps, parameters];
    };
    expect(await run("interpolate")).toEqual(await run("error"));
  });

  it("NaN is refused where nothing may be missing, and in inputs always", async () => {
    const strict = forecaster({ missing: "error" });
    const trainee = await liveTrainee(strict, parametersOf(strict), { backend: "cpu" });
    await expect(trainee.live.evaluate(asTensors(known))).rejects.toThrow(
      "next[0, 0, 1] is NaN; every number must be finite.",
    );
    await trainee.dispose();
    const filling = forecaster({});
    const other = await liveTrainee(filling, parametersOf(filling), { backend: "cpu" });
    await expect(
      other.live.evaluate({ series: Float32Array.from(known), next: Float32Array.from(truth) } as never),
    ).rejects.toThrow("series[0, 0, 1] is NaN; every number must be finite.");
    const infinite = Float32Array.from(truth).fill(Infinity, 2, 3);
    await expect(other.live.evaluate(asTensors(infinite))).rejects.toThrow("next[0, 1, 0] is Infinity");
    await other.dispose();
  });
});
