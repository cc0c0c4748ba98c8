/** Whole trainings through schedules, accumulated updates and moving averages: stopped anywhere, they go on as if they had not been. */
import { describe, expect, it } from "vitest";
import type { LiveModel, ModelHandle } from "../../runtime/contract-live.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../runtime/training/checkpoint.ts";
import { averagedParameters } from "../../runtime/training/average.ts";
import type { TrainingExamples } from "../../runtime/training/options.ts";
import { initialPlateau, plateauAfter } from "../../runtime/training/plateau.ts";
import type { EpochRecord } from "../../runtime/training/state.ts";
import { Trainer } from "../../runtime/training/trainer.ts";
import { compileText } from "../support/fixture-file.ts";
import { largestDifference, testNumbers } from "../support/numbers.ts";
import { moduleFor } from "../support/trainee.ts";

interface Setting {
  readonly schedule?: string;
  /** Further keys of `train`. */
  readonly train?: string;
  readonly dropout?: number;
  readonly batch?: number;
}

/** A series, which has validation data. */
function handleOf({ schedule, train = "", dropout = 0, batch = 2 }: Setting): Promise<ModelHandle> {
  const text = `
specloom: 1
data: {kind: series, file: data.csv, columns: [value], window: 3}
layers:
  - {name: hidden, kind: linear, out_features: 4, activation: tanh}
  - {name: kept, kind: dropout, p: ${String(dropout)}}
  - {name: answer, kind: linear, out_features: 1}
loss: {kind: mse, input: answer, target: next}
optimizer: {kind: adam, learning_rate: 0.1}
${schedule === undefined ? "" : `schedule: ${schedule}`}
train: {batch_size: ${String(batch)}, seed: 5${train === "" ? "" : `, ${train}`}}
`;
  return moduleFor(compileText("training.yaml", text), "cpu");
}

function examples(count: number, salt: number): TrainingExamples {
  const series = testNumbers(count * 3, salt);
  const next = testNumbers(count * 3, salt + 1);
  const pick = (values: ArrayLike<number>, indices: ArrayLike<number>): Float32Array =>
    Float32Array.from(Array.from(indices).flatMap((index) => Array.from(values).slice(index * 3, index * 3 + 3)));
  return { count, select: (indices) => ({ series: pick(series, indices), next: pick(next, indices) }) };
}

/** Seven examples: four batches of two, the last of them smaller. */
const train = examples(7, 1);
const validation = examples(4, 9);

interface Run {
  readonly model: LiveModel;
  readonly trainer: Trainer;
  readonly records: readonly EpochRecord[];
  readonly steps: number;
}

/** @param stops after which steps the training is stopped, saved and taken up by a new model */
async function trained(handle: ModelHandle, epochs: number, stops: readonly number[] = []): Promise<Run> {
  const records: EpochRecord[] = [];
  let model = await handle.create({ backend: "cpu", seed: 5 });
  let checkpoint: Uint8Array | undefined;
  let steps = 0;
  for (;;) {
    const controller = new AbortController();
    const trainer = new Trainer({ model, train, validation, epochs, signal: controller.signal });
    if (checkpoint !== undefined) await trainer.restore(decodeCheckpoint(model.definition, checkpoint));
    let interrupted = false;
    for await (const event of trainer.events()) {
      if (event.kind === "epoch") records.push({ ...event.record, seconds: 0 });
      if (event.kind === "step" && stops.includes(++steps)) controller.abort();
      if (event.kind === "end") interrupted = event.outcome === "interrupted";
    }
    if (!interrupted) return { model, trainer, records, steps };
    checkpoint = encodeCheckpoint(model.definition, trainer.snapshot());
    await model.dispose();
    model = await handle.create({ backend: "cpu", seed: 99 });
  }
}

const settings: readonly (readonly [string, Setting])[] = [
  ["a schedule per update", { schedule: "{kind: cosine, t_max: 9, eta_min: 0.01, warmup_steps: 3}" }],
  ["a schedule per epoch", { schedule: "{kind: step, step_size: 1, gamma: 0.5, per: epoch, warmup_steps: 5}" }],
  ["a plateau", { schedule: "{kind: plateau, patience: 0, factor: 0.5, threshold: 0.2}" }],
  ["accumulated updates and dropout", { train: "accumulate: 3", dropout: 0.3 }],
  ["a moving average", { train: "average: {kind: ema, decay: 0.7, start_step: 2}" }],
  [
    "all of them",
    {
      schedule: "{kind: plateau, patience: 0, factor: 0.5, threshold: 0.2, warmup_steps: 3}",
      train: "accumulate: 2, clip_grad_norm: 0.5, average: {kind: ema, decay: 0.5}",
      dropout: 0.2,
    },
  ],
];

describe.each(settings)("a training with %s", (_, setting) => {
  it("that is stopped after any step and resumed ends as one that is not", async () => {
    const handle = await handleOf(setting);
    const whole = await trained(handle, 3);
    expect(whole.steps).toBe(12);
    for (const stops of [[1], [2], [3], [4], [6, 7, 11]]) {
      const parts = await trained(handle, 3, stops);
      expect(parts.records, `stopped after ${stops.join(", ")}`).toEqual(whole.records);
      expect(parts.trainer.snapshot().parameters).toEqual(whole.trainer.snapshot().parameters);
      expect(parts.trainer.snapshot().slots).toEqual(whole.trainer.snapshot().slots);
      expect(parts.trainer.best).toEqual(whole.trainer.best);
      expect(parts.model.parameters()).toEqual(whole.model.parameters());
      await parts.model.dispose();
    }
    await whole.model.dispose();
  }, 60_000);
});

async function recordsOf(setting: Setting, epochs: number): Promise<readonly EpochRecord[]> {
  const { model, records } = await trained(await handleOf(setting), epochs);
  await model.dispose();
  return records;
}

const rates = (records: readonly EpochRecord[]): readonly number[] => records.map((record) => record.learning_rate);

describe("the learning rate of the log", () => {
  it("is that of the epoch's last update", async () => {
    // Four updates an epoch: the third, seventh and eleventh step behind it.
    const perStep = await recordsOf({ schedule: "{kind: exponential, gamma: 0.5}" }, 3);
    expect(rates(perStep)).toEqual([0.1 * 0.5 ** 3, 0.1 * 0.5 ** 7, 0.1 * 0.5 ** 11]);
    const perEpoch = await recordsOf({ schedule: "{kind: exponential, gamma: 0.5, per: epoch}" }, 3);
    expect(rates(perEpoch)).toEqual([0.1, 0.05, 0.025]);
    const fewer = await recordsOf({ schedule: "{kind: exponential, gamma: 0.5}", train: "accumulate: 3" }, 2);
    expect(rates(fewer)).toEqual([0.1 * 0.5, 0.1 * 0.5 ** 3]);
    expect(rates(await recordsOf({}, 2))).toEqual([0.1, 0.1]);
  });

  it("follows the validation losses of a plateau", async () => {
    const setting = { schedule: "{kind: plateau, patience: 0, factor: 0.5, threshold: 0.5}" };
    const { definition } = await handleOf(setting);
    const records = await recordsOf(setting, 6);
    let state = initialPlateau(0.1);
    for (const record of records) {
      expect(record.learning_rate).toBe(state.learningRate);
      if (definition.schedule?.plateau === undefined) throw new Error("no plateau");
      state = plateauAfter(definition.schedule.plateau, state, record.validation_loss ?? NaN);
    }
    expect(state.learningRate).toBeLessThan(0.05);
  });

  it("of a plateau needs validation examples", async () => {
    const handle = await handleOf({ schedule: "{kind: plateau}" });
    const model = await handle.create({ backend: "cpu" });
    expect(() => new Trainer({ model, train, epochs: 1 })).toThrow(expect.objectContaining({ code: "invalid-option" }));
    await model.dispose();
  });
});

describe("trainStep", () => {
  it("goes by the schedule on its own, by the epoch it is told, and by a rate that is given", async () => {
    const rows = train.select([0, 1]) as never;
    const perStep = await (await handleOf({ schedule: "{kind: exponential, gamma: 0.5}" })).create({ backend: "cpu" });
    expect((await perStep.trainStep(rows)).learningRate).toBe(0.1);
    expect((await perStep.trainStep(rows)).learningRate).toBe(0.05);
    expect((await perStep.trainStep(rows, { learningRate: 0.3 })).learningRate).toBe(0.3);
    expect((await perStep.trainStep(rows)).learningRate).toBe(0.0125);
    await perStep.dispose();
    const handle = await handleOf({ schedule: "{kind: exponential, gamma: 0.5, per: epoch}" });
    const perEpoch = await handle.create({ backend: "cpu" });
    expect((await perEpoch.trainStep(rows)).learningRate).toBe(0.1);
    expect((await perEpoch.trainStep(rows, { epoch: 3 })).learningRate).toBe(0.025);
    await expect(perEpoch.trainStep(rows, { epoch: 0 })).rejects.toMatchObject({ code: "invalid-option" });
    await perEpoch.dispose();
  });
});

describe("accumulated updates", () => {
  it("of an epoch and its rest train as larger batches do", async () => {
    const parts = await trained(await handleOf({ train: "accumulate: 3" }), 3);
    const whole = await trained(await handleOf({ batch: 6 }), 3);
    expect(parts.records.map(({ step }) => step)).toEqual([2, 4, 6]);
    parts.records.forEach((record, index) => {
      const { train_loss: loss, validation_loss: other, step } = whole.records[index] as EpochRecord;
      expect(record.step).toBe(step);
      expect(record.train_loss).toBeCloseTo(loss, 5);
      expect(record.validation_loss).toBeCloseTo(other ?? NaN, 5);
    });
    const expected = whole.model.parameters();
    for (const [name, values] of Object.entries(parts.model.parameters())) {
      expect(largestDifference(values, expected[name] ?? [])).toBeLessThan(1e-5);
    }
    await Promise.all([parts.model.dispose(), whole.model.dispose()]);
  });

  it("draw other numbers for dropout in each of their batches", async () => {
    const handle = await handleOf({ train: "accumulate: 2", dropout: 0.5, batch: 1 });
    const model = await handle.create({ backend: "cpu", seed: 1 });
    const rows = train.select([0]) as never;
    const first = await model.trainStep(rows);
    const second = await model.trainStep(rows);
    expect([first.updated, second.updated]).toEqual([false, true]);
    expect(first.loss).not.toBe(second.loss);
    await model.dispose();
  });
});

describe("a moving average", () => {
  it("is what is validated, kept as the best and left in the model", async () => {
    const setting = { train: "average: {kind: ema, decay: 0.9}" };
    const { model, trainer, records } = await trained(await handleOf(setting), 2);
    const { parameters, slots } = trainer.snapshot();
    const averages = Object.fromEntries(Object.keys(parameters).map((name) => [name, slots[`${name}#average`]]));
    expect(averages).not.toEqual(parameters);
    expect(model.parameters()).toEqual(averages);
    const { loss } = await evaluated(model);
    expect(loss).toBeCloseTo(records.at(-1)?.validation_loss ?? NaN, 6);
    const best = records.reduce((a, b) => ((b.validation_loss ?? 0) < (a.validation_loss ?? 0) ? b : a));
    if (best === records.at(-1)) expect(trainer.best).toEqual(averages);
    await model.dispose();
  });

  it("before the first update is the parameters", async () => {
    const handle = await handleOf({ train: "average: {kind: ema}" });
    const model = await handle.create({ backend: "cpu" });
    expect(averagedParameters(model)).toEqual(model.parameters());
    await model.dispose();
  });
});

function evaluated(model: LiveModel) {
  return model.evaluate(validation.select([0, 1, 2, 3]) as never);
}
