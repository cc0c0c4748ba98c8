/** Scheduled sampling: what a decoder reads in training is its own token where the draw says so, and nothing else changes. */
import { describe, expect, it } from "vitest";
import { gpuModule } from "../../compiler/compile.ts";
import { GraphBuilder } from "../../compiler/ir/builder.ts";
import { likeliest } from "../../compiler/layers/likeliest.ts";
import { operations } from "../../compiler/ops/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { compileFixture, compileText, fixtureText } from "../support/fixture-file.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { InterpretedModel } from "../support/interpreted-model.ts";
import { loadModule } from "../support/load-module.ts";
import { largestDifference } from "../support/numbers.ts";
import { references } from "../support/reference-cases.ts";
import { seeded } from "../support/seeded.ts";
import { testedTargets } from "../support/targets.ts";
import { liveTrainee } from "../support/trainee.ts";

const [layers, decoder] = ["g", "g-decoder"].map((spec) => references.find((reference) => reference.spec === spec));
if (layers === undefined || decoder === undefined) throw new Error("the reference is lost");

const forced = (setting: string) =>
  compileText(
    "g-decoder.yaml",
    fixtureText("reference/g-decoder.yaml").replace("steps: 40", `steps: 40, teacher_forcing: ${setting}`),
  );

const batch = decoder.comparisonOf("float64").batches[0] ?? {};
const [examples, steps, vocabulary] = [3, 7, 9] as const;

function lossOf(model: InterpretedModel, inputs: Tensors): number {
  return model.evaluate(inputs)["loss"]?.[0] ?? NaN;
}

describe("teacher forcing", () => {
  it("feeds the true token or the likeliest of the step before, as drawn", () => {
    const draw = seeded(17);
    const random = Float64Array.from({ length: examples * steps }, () => draw.unit());
    const probability = 0.4;
    const model = new InterpretedModel(
      forced(`{kind: constant, start: ${String(probability)}}`),
      decoder.initial,
      () => random,
    );

    // The same model layer by layer, fed with tokens that are found one step after the other.
    const reference = new InterpretedModel(compileFixture("reference/g.yaml"), layers.initial);
    const truth = batch["target"] ?? [];
    const read = new Float64Array(examples * steps).fill(1);
    let own = 0;
    for (let step = 1; step < steps; step++) {
      const logits = reference.predict({ ...batch, decoder_input: read.slice() })["out"] ?? new Float64Array();
      for (let row = 0; row < examples; row++) {
        const cell = row * steps + step;
        const start = (cell - 1) * vocabulary;
        const before = logits.subarray(start, start + vocabulary);
        const isTrue = (random[cell] ?? 0) < probability;
        read[cell] = isTrue ? (truth[cell - 1] ?? 0) : before.indexOf(Math.max(...before));
        if (read[cell] !== truth[cell - 1]) own += 1;
      }
    }
    expect(own).toBeGreaterThan(5);
    const inputs = { ...batch, decoder_input: read };
    const [found, expected] = [model.gradients(batch), reference.gradients(inputs)];
    for (const [ours, theirs] of [
      ["decoder.embedding.weight", "target_vectors.weight"],
      ["decoder.cell.weight_hh_l0", "states.weight_hh_l0"],
      ["decoder.out.weight", "out.weight"],
      ["source_vectors.weight", "source_vectors.weight"],
    ] as const) {
      expect(largestDifference(found[ours] ?? [], expected[theirs] ?? [NaN]), ours).toBeLessThan(1e-12);
    }
    expect(model.trainStep(batch)).toBeCloseTo(reference.trainStep(inputs), 12);
  });

  it("is no different from true tokens with probability 1, and in evaluation always", () => {
    const always = new InterpretedModel(forced("{kind: constant}"), decoder.initial, (_, count) =>
      new Float64Array(count).fill(1 - 2 ** -24),
    );
    const never = new InterpretedModel(
      forced("{kind: constant, start: 0}"),
      decoder.initial,
      (_, count) => new Float64Array(count),
    );
    const without = new InterpretedModel(compileFixture("reference/g-decoder.yaml"), decoder.initial);
    expect(lossOf(never, batch)).toBe(lossOf(without, batch));
    expect(Math.abs(never.trainStep(batch) - without.trainStep(batch))).toBeGreaterThan(1e-3);
    const again = new InterpretedModel(compileFixture("reference/g-decoder.yaml"), decoder.initial);
    for (let step = 0; step < 5; step++) expect(always.trainStep(batch)).toBeCloseTo(again.trainStep(batch), 11);
  });

  it.each(testedTargets())("falls from true tokens to its own on $title", async (target) => {
    const falling = await liveTrainee(forced("{kind: linear, steps: 2}"), decoder.initial, target);
    const never = await liveTrainee(forced("{kind: constant, start: 0}"), decoder.initial, target);
    const always = await liveTrainee(compileFixture("reference/g-decoder.yaml"), decoder.initial, target);
    // The first update has probability 1, the third 0: then the losses are those of the parameters as they are.
    expect(Math.abs((await falling.trainStep(batch)) - (await always.trainStep(batch)))).toBeLessThan(2e-6);
    await falling.trainStep(batch);
    const bytes = await falling.live.save();
    await never.live.load(bytes);
    await always.live.load(bytes);
    const [own, free, fed] = [
      await falling.trainStep(batch),
      await never.trainStep(batch),
      await always.trainStep(batch),
    ];
    expect(Math.abs(own - free)).toBeLessThan(2e-6);
    expect(Math.abs(own - fed)).toBeGreaterThan(1e-4);
    for (const trainee of [falling, never, always]) await trainee.dispose();
  });

  it.each([
    ["{kind: constant, start: 0.7}", (): number => 0.7],
    ["{kind: linear, start: 0.9, end: 0.1, steps: 10}", (t: number): number => Math.max(0.1, 0.9 - 0.08 * t)],
    ["{kind: exponential, k: 0.9, end: 0.2}", (t: number): number => Math.max(0.2, 0.9 ** t)],
    ["{kind: inverse_sigmoid, k: 5}", (t: number): number => 5 / (5 + Math.exp(t / 5))],
  ] as const)("%s", (setting, expected) => {
    const { scalars } = loadModule(gpuModule(forced(setting))).definition.optimizer;
    for (const step of [1, 2, 5, 11, 40, 100000]) {
      expect(scalars(step, 0.1)["optimizer.teacher_forcing"]).toBeCloseTo(expected(step - 1), 12);
    }
  });

  it.each([
    ["{kind: linear}", '"steps" of teacher_forcing of kind linear is not given'],
    ["{kind: exponential}", '"k" of teacher_forcing of kind exponential is not given'],
    ["{kind: exponential, k: 1.5}", "expected: a number below 1"],
    ["{kind: inverse_sigmoid, k: 0.5}", "expected: a number from 1"],
    ["{kind: constant, steps: 3}", '"steps" of teacher_forcing of kind constant is 3'],
    ["{kind: linear, steps: 3, start: 0.5, end: 0.6}", "at most the start of 0.5"],
    ["{kind: linear, steps: 3, start: 2}", "start"],
  ])("refuses %s", (setting, message) => {
    expect(() => forced(setting)).toThrow(message);
  });

  it("is refused without a decoder", () => {
    const text = fixtureText("reference/g.yaml").replace("steps: 40", "steps: 40, teacher_forcing: {kind: constant}");
    expect(() => compileText("g.yaml", text)).toThrow("a decoder layer");
  });
});

describe("the likeliest token", () => {
  it("is the first of the largest", () => {
    const o = operations(new GraphBuilder());
    const rows = o.argument("input", "rows", [4, 3]);
    const graph = { name: "likeliest", outputs: [{ name: "token", node: likeliest(o, rows) }] };
    const { token } = interpret(graph, { rows: [1, 3, 3, 2, 2, 2, -5, -9, -4, 0, -1, -1] });
    expect(Array.from(token?.data ?? [])).toEqual([1, 0, 2, 0]);
  });
});
