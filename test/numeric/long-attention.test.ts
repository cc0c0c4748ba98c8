/** Attention over more than 1000 steps, where loops of some backends end early, against the interpreter. */
import { describe, expect, it } from "vitest";
import { compileText } from "../support/fixture-file.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { asFloat32, float32Difference, testNumbers } from "../support/numbers.ts";
import { reportOf, testedTargets } from "../support/targets.ts";
import { interpretedTrainee, liveTrainee } from "../support/trainee.ts";

const steps = 1003;
const compilation = compileText(
  "long.yaml",
  `
specloom: 1
data: {kind: tensors, file: long.json}
inputs:
  x: {shape: [${steps}, 2], lengths: true}
  q: {shape: [2, 2]}
  y: {shape: [${steps}, 2]}
  t: {shape: [2, 2]}
layers:
  - {name: own, kind: multi_head_attention, from: x, num_heads: 1, causal: true}
  - {name: other, kind: attention, from: [q, own], score: additive}
loss:
  - {kind: mse, input: own, target: y}
  - {kind: mse, input: other, target: t}
optimizer: {kind: sgd, learning_rate: 0.1}
train: {batch_size: 1}
outputs: [own, other]
`,
);
const numbers = (count: number, salt: number): Float64Array => asFloat32(testNumbers(count, salt));
const parameters: Tensors = Object.fromEntries(
  compilation.model.parameters.map(({ name, shape }, index) => [
    name,
    numbers(
      shape.reduce((a, b) => a * b, 1),
      index,
    ),
  ]),
);
const batch: Tensors = {
  // What only the last steps know shows whether they are reached.
  x: numbers(steps * 2, 11).map((value, cell) => (cell > 2000 ? value + 5 : value)),
  q: numbers(4, 12),
  y: numbers(steps * 2, 13).map((value, cell) => (cell > 2000 ? value + 50 : value)),
  t: numbers(4, 14),
  "x.lengths": [steps],
};

describe("attention over more than 1000 steps", () => {
  const oracle = interpretedTrainee(compilation, parameters);
  const outputs = oracle.predict(batch);
  const gradients = oracle.gradients(batch);

  it.each(testedTargets())(
    "on $title",
    async (target) => {
      const trainee = await liveTrainee(compilation, parameters, target);
      const compare = async (found: Promise<Tensors>, expected: Promise<Tensors>): Promise<void> => {
        const is = await found;
        for (const [name, values] of Object.entries(await expected)) {
          expect(float32Difference(is[name] ?? [], values), name).toBeLessThan(1e-4);
        }
      };
      await compare(trainee.predict(batch), outputs);
      await compare(trainee.gradients(batch), gradients);
      expect(trainee.report()).toMatchObject(reportOf(target));
      await trainee.dispose();
    },
    240_000,
  );
});
