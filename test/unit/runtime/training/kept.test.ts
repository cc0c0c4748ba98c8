/** Which weights a training keeps, whatever ends it. */
import { describe, expect, it } from "vitest";
import type { LiveOf } from "../../../../runtime/contract-live.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../../runtime/training/checkpoint.ts";
import type { TrainOptions, ValidationScore } from "../../../../runtime/training/options.ts";
import { readCounters } from "../../../../runtime/training/state.ts";
import type { EpochRecord, TrainingSnapshot } from "../../../../runtime/training/state.ts";
import { Trainer } from "../../../../runtime/training/trainer.ts";
import { linearDefinition, linearExamples, linearModel } from "../model/linear-fixture.ts";
import type { LinearDefinition, LinearExamples } from "../model/linear-fixture.ts";

type Options = Partial<TrainOptions>;

interface Trained {
  readonly model: LiveOf<LinearDefinition>;
  readonly trainer: Trainer;
  readonly records: readonly EpochRecord[];
}

const PER_EPOCH = 3;

/** Validation against half the targets: training passes the best point, within an epoch, and then makes it worse. */
function halved(): LinearExamples {
  const examples = linearExamples(6, 1000);
  examples.tensors.y.forEach((value, index) => (examples.tensors.y[index] = 0.5 * value));
  return examples;
}

async function trained(options: Options, from?: TrainingSnapshot): Promise<Trained> {
  const { model } = await linearModel(from === undefined ? 3 : 77);
  const trainer = new Trainer({ model, train: linearExamples(10), validation: halved(), ...options });
  if (from !== undefined) {
    await trainer.restore(decodeCheckpoint(linearDefinition, encodeCheckpoint(linearDefinition, from)));
  }
  const records: EpochRecord[] = [];
  for await (const event of trainer.events()) if (event.kind === "epoch") records.push(event.record);
  return { model, trainer, records };
}

function comparable({ trainer, model }: Trained): unknown {
  const { counters, ...tensors } = trainer.snapshot();
  const { recordedStep, ...rest } = counters;
  expect(recordedStep).toBe(counters.step);
  return { tensors, counters: { ...rest, seconds: 0 }, kept: trainer.kept(), model: model.parameters() };
}

const validationLoss = async (model: LiveOf<LinearDefinition>): Promise<number> =>
  (await model.evaluate(halved().tensors)).loss;

describe("the weights that are kept", () => {
  it("are the best by the validation loss where that is asked, or the last", async () => {
    const best = await trained({ epochs: 12, keepBest: true });
    const losses = best.records.map(({ validation_loss: loss }) => loss ?? Infinity);
    const epoch = losses.indexOf(Math.min(...losses)) + 1;
    expect(epoch).toBeLessThan(12);
    expect(best.trainer.kept()).toMatchObject({ choice: "best", epoch, step: epoch * PER_EPOCH, whole: true });
    expect(await validationLoss(best.model)).toBe(losses[epoch - 1]);
    for (const options of [{}, { keepBest: true, earlyStopping: { patience: 99, restoreBest: false } }]) {
      const last = await trained({ epochs: 12, ...options });
      expect(last.trainer.kept()).toMatchObject({ choice: "last", epoch: 12, step: 36, whole: true, value: null });
      expect(await validationLoss(last.model)).toBe(losses[11]);
    }
  });

  it("are the last where nothing is watched: the training loss, which is of weights one update older, chooses none", async () => {
    const options = { validation: undefined, keepBest: true };
    const whole = await trained({ epochs: 5, ...options });
    expect(whole.trainer.counters).toMatchObject({ watched: null, bestEpoch: null, bestValue: null });
    expect(whole.trainer.kept()).toMatchObject({ choice: "last", epoch: 5, step: 15, whole: true });
    const cut = await trained({ steps: 13, ...options });
    expect(cut.trainer.kept()).toMatchObject({ choice: "last", epoch: 5, step: 13, whole: false });
    expect(cut.model.parameters()).toEqual(cut.trainer.snapshot().parameters);
  });

  it("are there before the first epoch ends, and before the first update", async () => {
    const { model } = await linearModel(3);
    const start = model.parameters();
    const trainer = new Trainer({
      model,
      train: linearExamples(10),
      validation: halved(),
      epochs: 2,
      keepBest: true,
    });
    expect(trainer.kept()).toMatchObject({ choice: "last", epoch: 0, step: 0, parameters: start });
    const events = trainer.events();
    await events.next();
    expect(trainer.kept()).toMatchObject({ choice: "last", epoch: 1, step: 1, whole: false, value: null });
    expect(trainer.kept().parameters).not.toEqual(start);
  });

  it("are the last where the watched score is defined after no epoch", async () => {
    for (const value of [null, NaN]) {
      const metric: ValidationScore = { name: "mape", better: "lower", score: () => value };
      const { trainer, records, model } = await trained({ epochs: 9, earlyStopping: { patience: 2, metric } });
      expect(records.map((record) => record["validation_mape"])).toEqual([null, null]);
      expect(trainer.kept()).toMatchObject({ choice: "last", epoch: 2, step: 6 });
      expect(model.parameters()).toEqual(trainer.snapshot().parameters);
    }
  });

  it("refuses a score whose column would be that of the loss", async () => {
    const metric: ValidationScore = { name: "loss", better: "lower", score: () => 0 };
    await expect(trained({ epochs: 1, earlyStopping: { patience: 1, metric } })).rejects.toThrow(/"loss"/);
  });

  it("say nothing of a validation loss that counts nothing", async () => {
    const model = (await linearModel(3)).model;
    const evaluate = model.evaluate.bind(model);
    model.evaluate = async (inputs) => ({ ...(await evaluate(inputs)), loss: 0, count: 0 });
    const trainer = new Trainer({
      model,
      train: linearExamples(10),
      validation: halved(),
      epochs: 2,
      keepBest: true,
    });
    for await (const event of trainer.events()) {
      if (event.kind === "epoch") expect(event.record.validation_loss).toBeNull();
    }
    expect(trainer.kept()).toMatchObject({ choice: "last", step: 6 });
  });
});

describe("a training with a further goal", () => {
  const score: ValidationScore = {
    name: "closeness",
    better: "higher",
    score: (outputs) => -Math.abs(Object.values(outputs)[0]?.[0] ?? NaN),
  };
  const choices: Readonly<Record<string, Options>> = {
    "the best validation loss": { keepBest: true },
    "the best of a score": { earlyStopping: { patience: 4, metric: score } },
    "the last": { earlyStopping: { patience: 4, restoreBest: false } },
    "the last without validation": { validation: undefined },
  };

  for (const [name, options] of Object.entries(choices)) {
    it(`ends as the unbroken one, wherever a goal in steps had cut it: ${name}`, async () => {
      for (const further of [{ steps: 17 }, { epochs: 6 }]) {
        const unbroken = await trained({ ...options, ...further });
        for (let steps = 1; steps < 17; steps += 1) {
          const cut = await trained({ ...options, steps });
          const resumed = await trained({ ...options, ...further }, cut.trainer.snapshot());
          expect(comparable(resumed)).toEqual(comparable(unbroken));
        }
      }
    });
  }

  it("keeps the weights of a cut epoch while they are the best, and when it is resumed with nothing to do", async () => {
    const losses: number[] = [];
    for (let steps = 1; steps <= 17; steps += 1) {
      losses.push(await validationLoss((await trained({ steps })).model));
    }
    const wholeEpochs = losses.filter((_, index) => (index + 1) % PER_EPOCH === 0);
    const better = losses.findIndex((loss, index) => loss < Math.min(...wholeEpochs, ...losses.slice(0, index)));
    const steps = better + 1;
    expect(steps % PER_EPOCH).not.toBe(0);
    const cut = await trained({ steps, keepBest: true });
    const kept = {
      choice: "best",
      epoch: Math.ceil(steps / PER_EPOCH),
      step: steps,
      whole: false,
      value: losses[better],
    };
    expect(cut.trainer.kept()).toMatchObject(kept);
    expect(await validationLoss(cut.model)).toBe(losses[better]);
    const again = await trained({ steps, keepBest: true }, cut.trainer.snapshot());
    expect(again.records).toEqual([]);
    expect(again.trainer.kept()).toMatchObject(kept);
    expect(again.model.parameters()).toEqual(cut.model.parameters());
    const further = await trained({ steps: 17, keepBest: true }, cut.trainer.snapshot());
    expect(further.trainer.kept()).toMatchObject({ choice: "best", value: Math.min(...wholeEpochs) });
  });

  it("goes on where the patience is raised or early stopping taken away", async () => {
    const stopped = await trained({ epochs: 40, earlyStopping: { patience: 2 } });
    expect(stopped.trainer.counters.stoppedEarly).toBe(true);
    for (const options of [{ earlyStopping: { patience: 5 } }, { keepBest: true }]) {
      const resumed = await trained({ epochs: 40, ...options }, stopped.trainer.snapshot());
      expect(comparable(resumed)).toEqual(comparable(await trained({ epochs: 40, ...options })));
    }
  });

  it("is refused where something else would choose the best", async () => {
    const first = await trained({ epochs: 3, earlyStopping: { patience: 9, metric: score } });
    await expect(trained({ epochs: 6, keepBest: true }, first.trainer.snapshot())).rejects.toThrow(
      /what selects the best weights: closeness then, validation_loss now/,
    );
  });
});

describe("checkpoints of a version before", () => {
  const old = async (steps: number): Promise<Record<string, unknown>> => {
    const { watched, bestValue, cutValue, ...rest } = (await trained({ steps, keepBest: true })).trainer.counters;
    expect(watched).toBe("validation_loss");
    return { ...rest, bestLoss: cutValue ?? bestValue, bestEpoch: cutValue === null ? rest.bestEpoch : rest.epoch + 1 };
  };

  it("are read: the best value under its old name", async () => {
    const counters = await old(6);
    const read = { watched: null, cutValue: null, bestValue: counters["bestLoss"], bestEpoch: counters["bestEpoch"] };
    expect(readCounters(counters)).toMatchObject(read);
    expect(readCounters(counters)).not.toHaveProperty("bestLoss");
    expect(readCounters({ ...counters, bestLoss: "0" })).toBe("bestValue");
  });

  it("are read: an epoch cut short was taken for the best of the whole", async () => {
    const counters = await old(2);
    expect(counters).toMatchObject({ epoch: 0, bestEpoch: 1, position: 8 });
    expect(readCounters(counters)).toMatchObject({ bestValue: null, bestEpoch: null, cutValue: counters["bestLoss"] });
  });
});
