/** Several losses that count differently: what the runtime tells of batches of different sizes, through `Trainer` too. */
import { describe, expect, it } from "vitest";
import type { LossPartValue, TrainInputs } from "../../runtime/contract-live.ts";
import { Trainer } from "../../runtime/training/trainer.ts";
import { compileFixture, flatAll, readFixture, rows } from "../support/fixture-file.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import type { PytorchFixture } from "../support/pytorch-cases.ts";
import type { LiveTrainee } from "../support/trainee.ts";
import { liveTrainee } from "../support/trainee.ts";

const name = "pytorch/losses/regression-lengths";
const fixture = readFixture<PytorchFixture>(`${name}.json`);
const compilation = compileFixture(`${name}.yaml`);
const start = (): Promise<LiveTrainee> => liveTrainee(compilation, flatAll(fixture.init), { backend: "cpu" });

function examples(from: number, to: number): TrainInputs<LiveTrainee["live"]["definition"]> {
  const tensors: Tensors = rows(fixture.data, from, to);
  return Object.fromEntries(
    Object.entries(tensors).map(([key, values]) => [key, Float32Array.from(values)]),
  ) as TrainInputs<LiveTrainee["live"]["definition"]>;
}

describe("the losses of an epoch", () => {
  it("are weighed each by what it counts", async () => {
    const first = await start();
    const steps: (readonly LossPartValue[])[] = [];
    for (const [from, to] of [
      [0, 3],
      [3, 5],
    ] as const) {
      const { parts, loss } = await first.live.trainStep(examples(from, to));
      expect(parts?.reduce((sum, part) => sum + part.loss, 0)).toBeCloseTo(loss, 5);
      steps.push(parts ?? []);
    }
    await first.dispose();
    // Lengths 4, 1, 3 and then 2, 4; two channels, examples of the sum, one channel.
    expect(steps.map((parts) => parts.map(({ count }) => count))).toEqual([
      [16, 3, 8],
      [12, 2, 6],
    ]);
    const [a, b] = steps as [readonly LossPartValue[], readonly LossPartValue[]];
    const joined = a.reduce((sum, { loss, count, reduction }, index) => {
      const other = b[index] as LossPartValue;
      const together = count + other.count;
      return sum + (reduction === "sum" ? loss + other.loss : (loss * count + other.loss * other.count) / together);
    }, 0);

    const second = await start();
    const trainer = new Trainer({
      model: second.live,
      train: {
        count: 5,
        select: (indices) => examples(indices[0] ?? 0, (indices[indices.length - 1] ?? 0) + 1) as Record<string, never>,
      },
      epochs: 1,
      shuffle: false,
    });
    let told = NaN;
    for await (const event of trainer.events()) if (event.kind === "epoch") told = event.record.train_loss;
    await second.dispose();
    expect(told).toBeCloseTo(joined, 5);
  });
});

describe("a target of classes without a vocabulary", () => {
  it("takes the classes of its loss, and those that are ignored", async () => {
    const compiled = compileFixture("pytorch/losses/classes-sum.yaml");
    const { init } = readFixture<PytorchFixture>("pytorch/losses/classes-sum.json");
    const trainee = await liveTrainee(compiled, flatAll(init), { backend: "cpu" });
    const evaluate = (label: number, all: number): Promise<unknown> =>
      trainee.live.evaluate({ x: [[[1, 2]]], label: [[label]], all: [[all]] } as never);
    await expect(evaluate(5, 0)).rejects.toThrow(
      "label[0, 0] is 5; a whole number from 0 to 4 (or -100, which the loss ignores) is expected.",
    );
    await expect(evaluate(-100, 4)).resolves.toMatchObject({ count: 1 });
    await trainee.dispose();
  });
});
