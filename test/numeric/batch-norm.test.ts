/** What batch_norm keeps from step to step: when it changes, what counts, and that files hold it. PyTorch's numbers are in pytorch/norms. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gpuModule } from "../../compiler/compile.ts";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import type { LiveModel, ModelHandle, TensorInputs } from "../../runtime/contract-live.ts";
import { readSafetensors, writeSafetensors } from "../../runtime/safetensors.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../runtime/training/checkpoint.ts";
import { Trainer } from "../../runtime/training/trainer.ts";
import { compileText } from "../support/fixture-file.ts";
import { InterpretedModel } from "../support/interpreted-model.ts";
import { largestDifference, testNumbers } from "../support/numbers.ts";
import { testedTargets } from "../support/targets.ts";
import { moduleFor } from "../support/trainee.ts";

const batch = 4;
const features = 3;

const rowSpec = `
specloom: 1
name: rows
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [${features}]}, y: {shape: [1]}}
layers:
  - {name: norm, kind: batch_norm, from: x}
  - {name: out, kind: linear, out_features: 1}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: sgd, learning_rate: 0.1, momentum: 0.9}
train: {batch_size: ${batch}}
outputs: [norm]
`;

const stepSpec = `
specloom: 1
name: steps
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [4, ${features}], lengths: true}, y: {shape: [4, 1]}}
layers:
  - {name: norm, kind: batch_norm, from: x}
  - {name: out, kind: linear, out_features: 1}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: sgd}
train: {batch_size: 3}
`;

const statistics = ["norm.num_batches_tracked", "norm.running_mean", "norm.running_var"];

function examples(count: number, salt: number): { readonly x: Float32Array; readonly y: Float32Array } {
  return {
    x: Float32Array.from(testNumbers(count * features, salt), (value) => 3 * value + 1),
    y: Float32Array.from(testNumbers(count, salt + 1)),
  };
}

/** Mean and unbiased variance of each feature of rows. */
function moments(x: ArrayLike<number>): { readonly mean: number[]; readonly variance: number[] } {
  const columns = Array.from({ length: features }, (_, feature) =>
    Array.from(x).filter((_, cell) => cell % features === feature),
  );
  const mean = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);
  const variance = columns.map(
    (column, feature) =>
      column.reduce((sum, value) => sum + (value - (mean[feature] ?? NaN)) ** 2, 0) / (column.length - 1),
  );
  return { mean, variance };
}

function start(compilation: Compilation): Record<string, Float64Array> {
  return Object.fromEntries(
    compilation.model.parameters.map(({ name, shape, initializer }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const value = initializer.kind === "constant" ? initializer.value : 0.5;
      return [name, new Float64Array(count).fill(value)];
    }),
  );
}

describe("statistics of batch_norm", () => {
  it("are parameters in name, without gradient and optimizer state", () => {
    const compilation = compileText("rows.yaml", rowSpec);
    const { model, graphs } = compilation;
    const kept = model.parameters.filter(({ statistic }) => statistic !== undefined);
    expect(kept.map(({ name }) => name).sort()).toEqual(statistics);
    expect(kept.every(({ frozen }) => frozen)).toBe(true);
    expect(graphs.gradients.outputs.map(({ name }) => name).filter((name) => /running|tracked/.test(name))).toEqual([]);
    const renewed = graphs.train_step.outputs.map(({ name }) => name).filter((name) => /running|tracked/.test(name));
    expect(renewed.sort()).toEqual(statistics);
    expect(gpuModule(compilation)).toContain(" 10 parameters.");
  });

  it("count neither padded steps nor the padding of a smaller batch, whatever lies there", () => {
    const compilation = compileText("steps.yaml", stepSpec);
    const model = new InterpretedModel(compilation, start(compilation));
    const x = testNumbers(2 * 4 * features, 5);
    const lengths = [3, 1];
    const inside = x.filter(
      (_, cell) => Math.floor(cell / features) % 4 < (lengths[Math.floor(cell / (4 * features))] ?? 0),
    );
    const spoilt = x.map((value, cell) => (inside.includes(value) ? value : cell % 2 === 0 ? NaN : 1e30));
    const given = { "x.lengths": lengths, y: testNumbers(8, 6) };
    const expected = model.gradients({ x, ...given });
    const found = model.gradients({ x: spoilt, ...given });
    for (const [name, values] of Object.entries(expected)) expect(found[name]).toEqual(values);
    model.trainStep({ x: spoilt, ...given });
    const { mean, variance } = moments(inside);
    const after = model.parameters;
    expect(
      largestDifference(
        after["norm.running_mean"] ?? [],
        mean.map((value) => 0.1 * value),
      ),
    ).toBeLessThan(1e-12);
    expect(
      largestDifference(
        after["norm.running_var"] ?? [],
        variance.map((value) => 0.9 + 0.1 * value),
      ),
    ).toBeLessThan(1e-12);
    expect(Array.from(after["norm.num_batches_tracked"] ?? [])).toEqual([1]);
  });

  it("stay as they are after a batch with one value per feature, which they normalise", () => {
    const compilation = compileText("rows.yaml", rowSpec);
    const kept = { "norm.running_mean": [1, -2, 3], "norm.running_var": [4, 0.25, 1], "norm.num_batches_tracked": [5] };
    const given = { x: [2, -1, 5], y: [0.5] };
    const model = new InterpretedModel(compilation, { ...start(compilation), ...kept });
    const loss = model.evaluate(given)["loss"]?.[0] ?? NaN;
    expect(model.trainStep(given)).toBeCloseTo(loss, 12);
    expect(model.parameters).toMatchObject(
      Object.fromEntries(Object.entries(kept).map(([name, values]) => [name, Float64Array.from(values)])),
    );
    expect(Array.from(model.parameters["norm.weight"] ?? [])).not.toEqual([1, 1, 1]);
  });
});

describe.each(testedTargets().filter(({ plain }) => plain !== true))("on $backend", ({ backend }) => {
  let handle: ModelHandle;
  const models: LiveModel[] = [];

  const create = async (weights?: Uint8Array): Promise<LiveModel> => {
    const model = await handle.create({ backend, seed: 3, ...(weights === undefined ? {} : { weights }) });
    models.push(model);
    return model;
  };
  const typed = (inputs: TensorInputs): never => inputs as never;
  const statisticsOf = (model: LiveModel): Record<string, number[]> => {
    const all = model.parameters();
    return Object.fromEntries(statistics.map((name) => [name, [...(all[name] ?? [])]]));
  };

  beforeAll(async () => {
    handle = await moduleFor(compileText("rows.yaml", rowSpec), backend);
  }, 120_000);

  afterAll(async () => {
    for (const model of models) await model.dispose();
  });

  it("only a training step changes them, and evaluation uses them", async () => {
    const model = await create();
    const initial = statisticsOf(model);
    expect(initial).toEqual({
      "norm.num_batches_tracked": [0],
      "norm.running_mean": [0, 0, 0],
      "norm.running_var": [1, 1, 1],
    });
    const given = examples(batch, 1);
    const gradients = await model.gradients(typed(given));
    expect(Object.keys(gradients).sort()).toEqual(["norm.bias", "norm.weight", "out.bias", "out.weight"]);
    await model.evaluate(typed(given));
    await model.predict(typed({ x: given.x }));
    expect(statisticsOf(model)).toEqual(initial);
    await model.trainStep(typed(given), { learningRate: 0 });
    const { mean, variance } = moments(given.x);
    const after = statisticsOf(model);
    expect(
      largestDifference(
        after["norm.running_mean"] ?? [],
        mean.map((value) => 0.1 * value),
      ),
    ).toBeLessThan(1e-6);
    expect(
      largestDifference(
        after["norm.running_var"] ?? [],
        variance.map((value) => 0.9 + 0.1 * value),
      ),
    ).toBeLessThan(1e-6);
    const { norm } = (await model.predict(typed({ x: given.x }))) as Record<string, Float32Array>;
    const expected = given.x.map((value, cell) => {
      const feature = cell % features;
      const scale = Math.sqrt((after["norm.running_var"]?.[feature] ?? NaN) + 1e-5);
      return (value - (after["norm.running_mean"]?.[feature] ?? NaN)) / scale;
    });
    expect(largestDifference(norm ?? [], expected)).toBeLessThan(1e-5);
  });

  it("a refused step leaves them as they were", async () => {
    const model = await create();
    await model.trainStep(typed(examples(batch, 1)));
    const before = model.parameters();
    const { x } = examples(batch, 2);
    await expect(model.trainStep(typed({ x, y: new Float32Array(batch).fill(3e38) }))).rejects.toThrow("Not finite");
    expect(model.parameters()).toEqual(before);
    // Here the outputs are finite, and only the variance of what came in is not.
    const huge = x.map((value) => value * 1e25);
    await expect(model.trainStep(typed({ x: huge, y: new Float32Array(batch) }))).rejects.toThrow("running_var");
    expect(model.parameters()).toEqual(before);
  });

  it("a file holds them as PyTorch does, and gives them back", async () => {
    const model = await create();
    for (const salt of [1, 2, 3]) await model.trainStep(typed(examples(batch, salt)));
    const bytes = await model.save();
    const { tensors, metadata } = readSafetensors(bytes);
    expect(tensors.get("norm.num_batches_tracked")).toEqual({ dtype: "I64", shape: [], data: BigInt64Array.of(3n) });
    expect(tensors.get("norm.running_var")).toMatchObject({ dtype: "F32", shape: [features] });
    const other = await create(bytes);
    expect(other.parameters()).toEqual(model.parameters());
    const x = examples(7, 9).x;
    expect(await other.predict(typed({ x }))).toEqual(await model.predict(typed({ x })));
    const wrong = new Map(tensors).set("norm.running_mean", { dtype: "I64", shape: [1], data: BigInt64Array.of(1n) });
    wrong.set("norm.num_batches_tracked", { dtype: "I32", shape: [], data: Int32Array.of(3) });
    await expect(other.load(writeSafetensors(wrong, metadata))).rejects.toThrow(
      /running_mean is I64 \[1\], expected F32 \[3\]\n.*num_batches_tracked is I32 \[\], expected I64 \[\]/,
    );
  });

  it("a resumed training goes on with them", async () => {
    const all = examples(10, 4);
    const part = (values: Float32Array, width: number, indices: ArrayLike<number>): Float32Array =>
      Float32Array.from(
        Array.from(indices).flatMap((index) => [...values.subarray(index * width, (index + 1) * width)]),
      );
    const train = {
      count: 10,
      select: (indices: ArrayLike<number>) => ({ x: part(all.x, features, indices), y: part(all.y, 1, indices) }),
    };
    const run = async (steps: number, from?: Uint8Array): Promise<Trainer> => {
      const trainer = new Trainer({ model: await create(), train, validation: train, steps });
      if (from !== undefined) await trainer.restore(decodeCheckpoint(handle.definition, from));
      for await (const event of trainer.events()) expect(event.kind).toMatch(/step|epoch|end/);
      return trainer;
    };
    const whole = (await run(8)).snapshot();
    const half = encodeCheckpoint(handle.definition, (await run(5)).snapshot());
    expect(readSafetensors(half).tensors.get("model.norm.num_batches_tracked")?.dtype).toBe("I64");
    const resumed = (await run(8, half)).snapshot();
    expect(resumed.parameters).toEqual(whole.parameters);
    expect(resumed.slots).toEqual(whole.slots);
    expect(resumed.parameters["norm.num_batches_tracked"]).toEqual(Float32Array.of(8));
  });
});
