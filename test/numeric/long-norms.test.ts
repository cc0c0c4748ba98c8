/** Norms over more than 1000 numbers and far from zero: loops that stop early, or sums that lose digits, would show here. */
import { describe, expect, it } from "vitest";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { compileText } from "../support/fixture-file.ts";
import { largestDifference, testNumbers } from "../support/numbers.ts";
import { randomParameters } from "../support/random-case.ts";
import { reportOf, testedTargets } from "../support/targets.ts";
import { interpretedTrainee, liveTrainee } from "../support/trainee.ts";

const steps = 1037;
const width = 1013;

const spec = `
specloom: 1
name: long
data: {kind: tensors, file: data.json}
inputs:
  x: {shape: [${steps}, 3], lengths: true}
  z: {shape: [${width}]}
  y: {shape: [2]}
layers:
  - {name: batch, kind: batch_norm, from: x}
  - {name: end, kind: last_step}
  - {name: layer, kind: layer_norm, from: z}
  - {name: rms, kind: rms_norm}
  - {name: all, kind: concat, from: [end, rms]}
  - {name: out, kind: linear, out_features: 2}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: sgd, learning_rate: 0.001}
train: {batch_size: 3}
outputs: [out, batch, layer, rms]
`;

/** Two examples, so that a third of the batch is padding. */
const given = {
  x: testNumbers(2 * steps * 3, 1).map((value) => Math.fround(100 + value)),
  "x.lengths": [steps, 421],
  z: testNumbers(2 * width, 2).map((value) => Math.fround(50 + 3 * value)),
  y: testNumbers(4, 3).map(Math.fround),
};

describe.each(testedTargets())("norms over more than 1000 numbers on $title", (target) => {
  it("are the interpreter's", async () => {
    const compilation: Compilation = compileText("long.yaml", spec);
    const exact = interpretedTrainee(compilation, randomParameters(compilation));
    const live = await liveTrainee(compilation, randomParameters(compilation), target);
    const compare = (found: object, expected: object, allowed: number): void => {
      const numbersOf = found as Readonly<Record<string, ArrayLike<number>>>;
      for (const [name, values] of Object.entries(expected) as [string, ArrayLike<number>][]) {
        expect
          .soft(
            largestDifference(Array.from(numbersOf[name] ?? []), Array.from(values).slice(0, numbersOf[name]?.length)),
            name,
          )
          .toBeLessThan(allowed);
      }
    };
    compare(await live.gradients(given), await exact.gradients(given), 2e-4);
    expect(await live.trainStep(given)).toBeCloseTo(await exact.trainStep(given), 3);
    compare(live.parameters(), exact.parameters(), 5e-5);
    compare(await live.predict(given), await exact.predict(given), 2e-4);
    expect(live.report()).toMatchObject(reportOf(target));
    await live.dispose();
  }, 120_000);
});
