/** train.average against torch.optim.swa_utils.AveragedModel: the slot after every update, interpreted and on every target. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Compilation } from "../../../compiler/contracts/programs.ts";
import { compileText } from "../../support/fixture-file.ts";
import { InterpretedModel } from "../../support/interpreted-model.ts";
import type { Tensors } from "../../support/interpreted-model.ts";
import { largestDifference } from "../../support/numbers.ts";
import { reportOf, testedTargets } from "../../support/targets.ts";
import { liveTrainee } from "../../support/trainee.ts";

type Nested = number | readonly Nested[];
type NestedTensors = Readonly<Record<string, Nested>>;

interface AverageFixture {
  readonly decay: number;
  readonly init: NestedTensors;
  readonly x: Nested;
  readonly y: Nested;
  readonly start_1: readonly NestedTensors[];
  readonly start_3: readonly NestedTensors[];
}

const file = new URL("../../fixtures/pytorch/optimizers/average.json", import.meta.url);
const fixture = JSON.parse(readFileSync(file, "utf8")) as AverageFixture;
const flat = (value: Nested): number[] => (typeof value === "number" ? [value] : value.flatMap(flat));
const flatAll = (tensors: NestedTensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, flat(value)]));
const inputs = { x: flat(fixture.x), y: flat(fixture.y) };

const compiled = (start: number): Compilation =>
  compileText(
    "average.yaml",
    `
specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [2]}, y: {shape: [1]}}
layers:
  - {name: hidden, kind: linear, from: x, out_features: 3, activation: tanh}
  - {name: out, kind: linear, out_features: 1}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: adam, learning_rate: 0.1}
train: {batch_size: 4, average: {kind: ema, decay: ${String(fixture.decay)}, start_step: ${String(start)}}}
`,
  );

function deviation(slots: Readonly<Tensors>, expected: NestedTensors | undefined): number {
  const entries = Object.entries(flatAll(expected ?? {}));
  if (entries.length === 0) throw new Error("nothing to compare with");
  return Math.max(...entries.map(([name, values]) => largestDifference(slots[`${name}#average`] ?? [], values)));
}

describe.each([
  [1, fixture.start_1],
  [3, fixture.start_3],
] as const)("from update %i", (start, averages) => {
  it("interpreted in float64", () => {
    const model = new InterpretedModel(compiled(start), flatAll(fixture.init));
    for (const expected of averages) {
      model.trainStep(inputs);
      expect(deviation(model.slots, expected)).toBeLessThan(1e-12);
    }
  });

  it.each(testedTargets())(
    "on $title in float32",
    async (target) => {
      const trainee = await liveTrainee(compiled(start), flatAll(fixture.init), target);
      for (const expected of averages) {
        await trainee.trainStep(inputs);
        expect(deviation(trainee.live.trainingState().slots, expected)).toBeLessThan(2e-6);
      }
      expect(trainee.report()).toMatchObject(reportOf(target));
      await trainee.dispose();
    },
    120_000,
  );
});
