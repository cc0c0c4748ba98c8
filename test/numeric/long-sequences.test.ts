/** More than 1000 steps, where a loop that gpu.js cannot see the end of would stop: outputs and gradients of every recurrent kind. */
import { describe, expect, it } from "vitest";
import { partOf } from "../support/extent.ts";
import { compileText } from "../support/fixture-file.ts";
import { largestDifference } from "../support/numbers.ts";
import { seeded } from "../support/seeded.ts";
import { interpretedTrainee, liveTrainee, onlyInputs } from "../support/trainee.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";

const steps = 1027;

const spec = (kind: string, bidirectional: boolean): string => `
specloom: 1
name: long
data: {kind: tensors, file: data.json}
inputs:
  x: {shape: [${steps}, 2], lengths: true}
  y: {shape: [${steps}, 1]}
layers:
  - {name: encoder, kind: ${kind}, from: x, hidden_size: 2, bidirectional: ${bidirectional}}
  - {name: out, kind: linear, out_features: 1}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: sgd, learning_rate: 0.1}
train: {batch_size: 2}
outputs: [out, encoder.final_state]
`;

const encoders = [
  ["lstm", false],
  ["rnn", false],
  ["gru", true],
] as const;

describe.each(partOf(encoders, 1))("%s", (kind, bidirectional) => {
  const compilation = compileText("long.yaml", spec(kind, bidirectional));
  const random = seeded(kind.length);
  const numbers = (count: number, scale: number): Float64Array =>
    Float64Array.from({ length: count }, () => Math.fround(scale * (2 * random.unit() - 1)));
  const parameters: Tensors = Object.fromEntries(
    compilation.model.parameters.map(({ name, shape }) => [name, numbers(sizeOf(shape), 0.7)]),
  );
  const inputs: Tensors = {
    x: numbers(2 * steps * 2, 1),
    "x.lengths": Float64Array.of(steps, steps - 12),
    y: numbers(2 * steps, 1),
  };

  it.each(["cpu", "wasm"] as const)(
    `on %s as interpreted, over ${steps} steps`,
    async (backend) => {
      const exact = interpretedTrainee(compilation, parameters);
      const live = await liveTrainee(compilation, parameters, { backend });
      const predicted = [
        await exact.predict(onlyInputs(compilation, inputs)),
        await live.predict(onlyInputs(compilation, inputs)),
      ] as const;
      const gradients = [await exact.gradients(inputs), await live.gradients(inputs)] as const;
      await live.dispose();
      for (const [expected, found] of [predicted, gradients]) {
        expect(Object.keys(found)).toEqual(Object.keys(expected));
        for (const [name, values] of Object.entries(expected)) {
          expect(largestDifference(found[name] ?? [], values), name).toBeLessThan(5e-6);
        }
      }
    },
    120_000,
  );
});
