/** clip_grad_norm where the square of the norm is more than float32 holds: clipped right or refused on every target, never a silent zero. */
import { describe, expect, it } from "vitest";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { compileText } from "../support/fixture-file.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { InterpretedModel } from "../support/interpreted-model.ts";
import { asFloat32, testNumbers } from "../support/numbers.ts";
import { optimizerConfigs } from "../support/optimizer-cases.ts";
import { testedTargets } from "../support/targets.ts";
import { liveTrainee, weightsOf } from "../support/trainee.ts";

const rows = 3;
const features = 20;
const answers = 6;

/** The gradient of the weight is the input times the sign of the error: as large as wanted, with a finite loss. */
function linearModel(train: string, optimizer = "{kind: sgd, learning_rate: 1}"): Compilation {
  return compileText(
    "clip.yaml",
    `specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [${String(features)}]}, y: {shape: [${String(answers)}]}}
layers: [{name: out, kind: linear, from: x, out_features: ${String(answers)}}]
loss: {kind: l1, input: out, target: y, reduction: sum}
optimizer: ${optimizer}
train: {batch_size: ${String(rows)}${train}}
`,
  );
}

const start: Tensors = {
  "out.weight": asFloat32(testNumbers(features * answers, 1)),
  "out.bias": asFloat32(testNumbers(answers, 2)),
};

function batch(size: number, salt = 3): Record<string, Float32Array> {
  return {
    x: Float32Array.from(testNumbers(rows * features, salt), (value) => Math.fround(value) * size),
    y: new Float32Array(rows * answers),
  };
}

function norm(gradients: Readonly<Tensors>): number {
  return Math.hypot(...Object.values(gradients).flatMap((values) => Array.from(values)));
}

/** Largest difference of one tensor's values, as a part of the largest expected. */
function relative(found: Readonly<Tensors>, expected: Readonly<Tensors>): number {
  return Math.max(
    ...Object.entries(expected).map(([name, values]) => {
      const size = Math.max(...Array.from(values, Math.abs), Number.MIN_VALUE);
      return Math.max(...Array.from(values, (value, index) => Math.abs((found[name]?.[index] ?? NaN) - value) / size));
    }),
  );
}

/** Around the root of the largest float32, above it, and close to the largest norm that a limit of 0.5 brings down. */
const sizes = [1, 1e18, 1e20, 1e36];

describe.each(testedTargets())("clipping by norm on $title", (target) => {
  it.each([
    ["one batch", ", clip_grad_norm: 0.5"],
    ["accumulated batches", ", clip_grad_norm: 0.5, accumulate: 2"],
    ["a moving average", ", clip_grad_norm: 0.5, average: {kind: ema, decay: 0.75}"],
    ["a limit that nothing reaches", ", clip_grad_norm: 1.0e+38"],
  ])(
    "%s",
    async (_, train) => {
      const compilation = linearModel(train);
      const trainee = await liveTrainee(compilation, start, target);
      const { live } = trainee;
      const fresh = live.trainingState();
      for (const size of sizes) {
        const reference = new InterpretedModel(compilation, start);
        await live.load(weightsOf(compilation, start));
        live.restoreTrainingState(fresh);
        const gradients = reference.gradients(batch(size));
        for (const salt of train.includes("accumulate") ? [3, 3] : [3]) {
          const step = await live.trainStep(batch(size, salt) as never);
          reference.trainStep(batch(size, salt));
          const isLast = step.updated;
          const expected = (train.includes("accumulate") ? 2 : 1) * norm(gradients);
          if (isLast) expect((step.gradientNorm ?? NaN) / expected).toBeCloseTo(1, 5);
          else expect(step).not.toHaveProperty("gradientNorm");
        }
        expect(relative(trainee.parameters(), reference.parameters), String(size)).toBeLessThan(2e-6);
        expect(relative(live.trainingState().slots, reference.slots), String(size)).toBeLessThan(2e-6);
      }
      await trainee.dispose();
    },
    120_000,
  );

  it("refuses what no float32 brings down, with nothing taken over", async () => {
    const trainee = await liveTrainee(linearModel(", clip_grad_norm: 0.0001"), start, target);
    await expect(trainee.live.trainStep(batch(1e36) as never)).rejects.toMatchObject({
      code: "loss-not-finite",
      message: expect.stringMatching(
        /^update 1 was stopped, .* Not finite: the factor of clip_grad_norm, 0\.0001 \/ \d\.\d+e\+37, which is less than float32 holds\.$/,
      ) as string,
    });
    expect(relative(trainee.parameters(), start)).toBe(0);
    expect(trainee.live.trainingState().step).toBe(0);
    expect(await trainee.live.trainStep(batch(1) as never)).toMatchObject({ updated: true });
    await trainee.dispose();
  });

  it("tells no norm where none is clipped", async () => {
    const trainee = await liveTrainee(linearModel(", clip_grad_value: 0.5"), start, target);
    expect(await trainee.live.trainStep(batch(1e36) as never)).not.toHaveProperty("gradientNorm");
    await trainee.dispose();
  });
});

describe("optimizers whose squares overflow", () => {
  const [first = { title: "cpu", backend: "cpu" }] = testedTargets().filter(({ backend }) => backend !== "webasm");
  const settings = Object.entries(optimizerConfigs).flatMap(([kind, list]) =>
    list.map((config) => [kind, JSON.stringify({ kind, ...config }), ""] as const),
  );

  it.each(settings)(
    "%s %s",
    async (_, optimizer) => {
      const compilation = linearModel("", optimizer);
      const trainee = await liveTrainee(compilation, start, first);
      const fresh = trainee.live.trainingState();
      for (const size of [1e18, 1e20, 1e36]) {
        const reference = new InterpretedModel(compilation, start);
        await trainee.live.load(weightsOf(compilation, start));
        trainee.live.restoreTrainingState(fresh);
        reference.trainStep(batch(size));
        const outcome = await trainee.live.trainStep(batch(size) as never).then(
          () => relative(trainee.parameters(), reference.parameters) < 1e-5,
          (error: unknown) => (error as { readonly code?: string }).code === "loss-not-finite",
        );
        expect(outcome, `right or refused, at ${String(size)}`).toBe(true);
      }
      await trainee.dispose();
    },
    120_000,
  );
});
