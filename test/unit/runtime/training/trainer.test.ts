import { describe, expect, it } from "vitest";
import type { LiveOf } from "../../../../runtime/contract-live.ts";
import { writeWeights } from "../../../../runtime/model/parameters.ts";
import { Problem } from "../../../../runtime/problem.ts";
import { readSafetensors } from "../../../../runtime/safetensors.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../../runtime/training/checkpoint.ts";
import type { TrainOptions } from "../../../../runtime/training/options.ts";
import type { EpochRecord, TrainingSnapshot } from "../../../../runtime/training/state.ts";
import { train, Trainer } from "../../../../runtime/training/trainer.ts";
import type { TrainingOutcome } from "../../../../runtime/training/trainer.ts";
import { BATCH, linearDefinition, linearExamples, linearModel } from "../model/linear-fixture.ts";
import type { LinearDefinition, LinearExamples } from "../model/linear-fixture.ts";

type Options = Partial<TrainOptions>;

interface Trained {
  readonly model: LiveOf<LinearDefinition>;
  readonly trainer: Trainer;
  /** Without the seconds, which no two runs share. */
  readonly records: Omit<EpochRecord, "seconds">[];
  readonly outcome: TrainingOutcome | undefined;
}

const COUNT = 10;

/** Trains a new model, from a snapshot where there is one, until the goal or until `stopAfter` steps. */
async function trained(options: Options = {}, from?: TrainingSnapshot, stopAfter = Infinity): Promise<Trained> {
  const { model } = await linearModel(from === undefined ? 3 : 77);
  const controller = new AbortController();
  const trainer = new Trainer({
    model,
    train: linearExamples(COUNT),
    validation: linearExamples(6, 1000),
    signal: controller.signal,
    ...(options.steps === undefined ? { epochs: 6 } : {}),
    ...options,
  });
  if (from !== undefined) await trainer.restore(from);
  const records: Omit<EpochRecord, "seconds">[] = [];
  let outcome: TrainingOutcome | undefined;
  let steps = 0;
  for await (const event of trainer.events()) {
    if (event.kind === "epoch") {
      const { seconds, ...record } = event.record;
      expect(seconds).toBeGreaterThanOrEqual(0);
      records.push(record);
    } else if (event.kind === "end") {
      outcome = event.outcome;
    } else {
      steps += 1;
      if (steps === stopAfter) controller.abort();
    }
  }
  return { model, trainer, records, outcome };
}

/** Through the file format, as a resume from disk goes. */
function throughFile(snapshot: TrainingSnapshot): TrainingSnapshot {
  return decodeCheckpoint(linearDefinition, encodeCheckpoint(linearDefinition, snapshot));
}

function comparable({ counters, ...tensors }: TrainingSnapshot): unknown {
  return { ...tensors, counters: { ...counters, seconds: 0 } };
}

describe("Trainer", () => {
  it("trains: losses fall, records count epochs and steps", async () => {
    const { records, outcome } = await trained({ epochs: 30 });
    expect(outcome).toBe("finished");
    expect(records.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(records[0]).toMatchObject({ step: 3, learning_rate: 0.02 });
    expect(records[29]?.step).toBe(90);
    expect(records[29]?.train_loss).toBeLessThan((records[0]?.train_loss ?? 0) / 3);
    expect(records[29]?.validation_loss).toBeLessThan((records[0]?.validation_loss ?? 0) / 3);
  });

  it("uses each example once per epoch, in another order each epoch, the remainder as a smaller batch", async () => {
    const picked: number[][] = [];
    const examples = linearExamples(COUNT);
    const spy = {
      count: COUNT,
      select: (indices: ArrayLike<number>) => {
        picked.push(Array.from(indices));
        return examples.select(indices);
      },
    };
    await trained({ epochs: 2, train: spy });
    expect(picked.map(({ length }) => length)).toEqual([4, 4, 2, 4, 4, 2]);
    const [first, second] = [picked.slice(0, 3).flat(), picked.slice(3).flat()];
    const inOrder = Array.from({ length: COUNT }, (_, index) => index);
    for (const order of [first, second]) expect([...order].sort((a, b) => a - b)).toEqual(inOrder);
    expect(first).not.toEqual(second);
    picked.length = 0;
    await trained({ epochs: 1, train: spy, shuffle: false });
    expect(picked.flat()).toEqual(inOrder);
  });

  it("averages the training loss over examples, the smaller batch by its size", async () => {
    const { model } = await linearModel(3);
    const losses: number[] = [];
    for (const event of await eventsOf({ model, train: linearExamples(5), epochs: 1 })) {
      if (event.kind === "step") losses.push(event.loss);
      if (event.kind === "epoch") {
        const [whole = 0, rest = 0] = losses;
        expect(event.record.train_loss).toBe((whole * 4 + rest) / 5);
        expect(event.record.validation_loss).toBeNull();
      }
    }
    expect(losses.length).toBe(2);
  });

  it("validates over examples, not over batches", async () => {
    const { model, records } = await trained({ epochs: 1 });
    const { loss } = await model.evaluate(linearExamples(6, 1000).tensors);
    expect(records[0]?.validation_loss).toBe(loss);
  });

  it("resumed from any step ends exactly as the unbroken training", async () => {
    const unbroken = await trained();
    const total = unbroken.trainer.counters.step;
    for (let stop = 1; stop < total; stop += 1) {
      const first = await trained({}, undefined, stop);
      expect(first.outcome).toBe("interrupted");
      expect(first.trainer.counters.step).toBe(stop);
      const second = await trained({}, throughFile(first.trainer.snapshot()));
      expect(second.outcome).toBe("finished");
      expect([...first.records, ...second.records]).toEqual(unbroken.records);
      expect(comparable(second.trainer.snapshot())).toEqual(comparable(unbroken.trainer.snapshot()));
    }
  });

  it("ends after a number of steps, validates the cut epoch, and completes it when the goal moves on", async () => {
    const cut = await trained({ steps: 7 });
    expect(cut.records.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 3],
      [2, 6],
      [3, 7],
    ]);
    expect(cut.trainer.done).toBe(true);
    const further = await trained({ epochs: 6 }, throughFile(cut.trainer.snapshot()));
    const unbroken = await trained({ epochs: 6 });
    expect(further.records).toEqual(unbroken.records.slice(2));
    expect(further.model.parameters()).toEqual(unbroken.model.parameters());
  });

  it("makes up for a validation that was interrupted at the last step", async () => {
    const stopped = await trained({ steps: 7 }, undefined, 7);
    expect(stopped.outcome).toBe("interrupted");
    expect(stopped.records.length).toBe(2);
    const resumed = await trained({ steps: 7 }, throughFile(stopped.trainer.snapshot()));
    expect([...stopped.records, ...resumed.records]).toEqual((await trained({ steps: 7 })).records);
  });

  it("lets other work run while it trains", async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    await trained({ epochs: 2000 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });

  it("refuses settings that make no sense", async () => {
    const { model } = await linearModel();
    const examples = linearExamples(4);
    const cases: [Options, RegExp][] = [
      [{}, /either epochs or steps/],
      [{ epochs: 1, steps: 1 }, /either epochs or steps/],
      [{ epochs: 1.5 }, /epochs must be a whole number/],
      [{ epochs: 1, earlyStopping: { patience: 0 } }, /patience/],
      [{ epochs: 1, earlyStopping: { patience: 1, metric: "rmse" } }, /not "rmse"/],
      [{ epochs: 1, earlyStopping: { patience: 1, metric: "validation_loss" } }, /needs validation examples/],
      [{ epochs: 1, train: linearExamples(0) }, /no examples/],
    ];
    for (const [options, message] of cases) {
      expect(() => new Trainer({ model, train: examples, ...options })).toThrow(message);
    }
  });

  it("refuses a snapshot of other data", async () => {
    const { trainer } = await trained({}, undefined, 2);
    const snapshot = trainer.snapshot();
    await expect(trained({ train: linearExamples(11) }, snapshot)).rejects.toThrow(
      /training examples: 10 then, 11 now/,
    );
    await expect(trained({ shuffle: false }, snapshot)).rejects.toThrow(/shuffling: true then, false now/);
  });

  it("is there as a plain sequence of epochs", async () => {
    const { model } = await linearModel(3);
    const epochs: number[] = [];
    for await (const { epoch } of train({ model, train: linearExamples(4), epochs: 3 })) epochs.push(epoch);
    expect(epochs).toEqual([1, 2, 3]);
  });
});

describe("early stopping", () => {
  /** Validation against half the targets: training passes the best point and then makes it worse. */
  function halved(): LinearExamples {
    const examples = linearExamples(6, 1000);
    examples.tensors.y.forEach((value, index) => (examples.tensors.y[index] = 0.5 * value));
    return examples;
  }

  it("stops after its patience and restores the best epoch, the snapshot keeps the last", async () => {
    const options: Options = { epochs: 50, validation: halved(), earlyStopping: { patience: 3 } };
    const { model, trainer, records, outcome } = await trained(options);
    expect(outcome).toBe("stopped_early");
    const losses = records.map(({ validation_loss }) => validation_loss ?? Infinity);
    const best = losses.indexOf(Math.min(...losses));
    expect(best).toBeGreaterThan(0);
    expect(records.length).toBe(best + 1 + 3);
    expect(trainer.counters).toMatchObject({ bestEpoch: best + 1, bestValue: losses[best], stoppedEarly: true });
    expect((await model.evaluate(halved().tensors)).loss).toBe(losses[best]);
    expect(model.parameters()).toEqual(trainer.best);
    expect(trainer.snapshot().parameters).not.toEqual(trainer.best);
    const again = await trained(options, throughFile(trainer.snapshot()));
    expect(again.outcome).toBe("stopped_early");
    expect(again.records).toEqual([]);
    expect(again.model.parameters()).toEqual(model.parameters());
  });

  it("keeps the last parameters when asked, and without early stopping", async () => {
    const validation = halved();
    for (const earlyStopping of [{ patience: 3, restoreBest: false }, undefined]) {
      const { model, trainer } = await trained({ epochs: 12, validation, earlyStopping });
      expect(model.parameters()).not.toEqual(trainer.best);
    }
  });

  it("can watch the training loss", async () => {
    const { trainer, records } = await trained({ epochs: 4, earlyStopping: { patience: 9, metric: "train_loss" } });
    expect(trainer.counters.bestValue).toBe(Math.min(...records.map(({ train_loss }) => train_loss)));
  });

  it("can watch a score of all validation outputs, the higher the better", async () => {
    const validation = halved();
    const sizes = new Set<number>();
    // Minus the validation loss by another name: it must choose the epoch that the loss chooses.
    const score = (outputs: Readonly<Record<string, Float32Array>>): number => {
      const found = Object.values(outputs)[0] ?? new Float32Array();
      sizes.add(found.length);
      return -found.reduce((sum, value, index) => sum + (value - (validation.tensors.y[index] ?? NaN)) ** 2, 0);
    };
    const metric = { name: "closeness", better: "higher" as const, score };
    const byLoss = await trained({ epochs: 50, validation, earlyStopping: { patience: 3 } });
    const byScore = await trained({ epochs: 50, validation, earlyStopping: { patience: 3, metric } });
    expect(byScore.trainer.counters.bestEpoch).toBe(byLoss.trainer.counters.bestEpoch);
    expect(byScore.model.parameters()).toEqual(byLoss.model.parameters());
    expect([...sizes]).toEqual([6]);
  });

  it("leaves what the weights say beside the tensors", async () => {
    const { model } = await linearModel(3);
    await model.load(writeWeights(linearDefinition, model.parameters(), { scaler: "kept" }));
    const options = { model, train: linearExamples(COUNT), validation: halved(), epochs: 9 };
    const trainer = new Trainer({ ...options, earlyStopping: { patience: 3 } });
    for await (const event of trainer.events()) expect(event).toBeDefined();
    expect(model.parameters()).toEqual(trainer.best);
    expect(readSafetensors(await model.save()).metadata).toMatchObject({ scaler: "kept", spec_hash: "hash-of-linear" });
  });

  it("resumed in between stops at the same epoch", async () => {
    const options: Options = { epochs: 50, validation: halved(), earlyStopping: { patience: 2 } };
    const unbroken = await trained(options);
    const first = await trained(options, undefined, unbroken.trainer.counters.step - 4);
    const second = await trained(options, throughFile(first.trainer.snapshot()));
    expect([...first.records, ...second.records]).toEqual(unbroken.records);
    expect(second.model.parameters()).toEqual(unbroken.model.parameters());
  });
});

describe("numbers that are not finite", () => {
  it("stop training with the tensor named and the state of the step before", async () => {
    const { model } = await linearModel(3);
    const examples = linearExamples(COUNT);
    examples.tensors.x.fill(1e30, 27, 30);
    const trainer = new Trainer({ model, train: examples, epochs: 1, shuffle: false });
    let steps = 0;
    const run = async (): Promise<void> => {
      for await (const event of trainer.events()) steps += event.kind === "step" ? 1 : 0;
    };
    await expect(run()).rejects.toThrow(/update 3 was stopped.*loss is Infinity; gradient.linear.weight/);
    expect(steps).toBe(2);
    const { counters, parameters } = trainer.snapshot();
    expect(counters).toMatchObject({ step: 2, position: 2 * BATCH });
    expect(Object.values(parameters).every((values) => values.every(Number.isFinite))).toBe(true);
  });

  it("stop training when they come from the validation", async () => {
    const validation = linearExamples(2);
    validation.tensors.x.fill(1e30);
    const call = trained({ validation });
    await expect(call).rejects.toThrow(/validation loss after epoch 1 is Infinity/);
    await expect(call).rejects.toBeInstanceOf(Problem);
  });
});

describe("checkpoint", () => {
  it("keeps everything, further texts too, and refuses what is not one", async () => {
    const { trainer, model } = await trained({}, undefined, 4);
    const snapshot = trainer.snapshot();
    expect(throughFile(snapshot)).toEqual(snapshot);
    const refuse = (bytes: Uint8Array, message: RegExp, definition: object = linearDefinition): void => {
      expect(() => decodeCheckpoint(definition as LinearDefinition, bytes)).toThrow(message);
    };
    refuse(await model.save(), /not a checkpoint/);
    const bytes = encodeCheckpoint(linearDefinition, snapshot);
    refuse(bytes.subarray(0, bytes.length - 1), /cut off/);
    refuse(bytes, /another spec/, { ...linearDefinition, specHash: "x" });
    const damaged = { ...snapshot, counters: { ...snapshot.counters, position: 1.5 } };
    refuse(encodeCheckpoint(linearDefinition, damaged), /damaged \(position\)/);
  });
});

async function eventsOf(options: TrainOptions) {
  const events = [];
  for await (const event of new Trainer(options).events()) events.push(event);
  return events;
}
