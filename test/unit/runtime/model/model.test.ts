import { describe, expect, it } from "vitest";
import type { ModelDefinition } from "../../../../runtime/contract.ts";
import { defineModel } from "../../../../runtime/model.ts";
import { createModel } from "../../../../runtime/model/create.ts";
import { initialParameters } from "../../../../runtime/model/parameters.ts";
import { readSafetensors, writeSafetensors } from "../../../../runtime/safetensors.ts";
import type { SafetensorsTensor } from "../../../../runtime/safetensors.ts";
import { expectProblem, problemOf } from "./expect-problem.ts";
import {
  FakeExecutor,
  FEATURES,
  linearDefinition,
  linearExamples,
  linearModel,
  linearPrograms,
} from "./linear-fixture.ts";

const entry = (shape: readonly number[], data: SafetensorsTensor["data"]): SafetensorsTensor => ({
  dtype: data instanceof Float32Array ? "F32" : "F64",
  shape,
  data,
});

describe("create", () => {
  const create = (options: object): Promise<unknown> =>
    createModel(linearDefinition, options, () => Promise.resolve(new FakeExecutor()));

  it("starts from the seed, each parameter on its own", async () => {
    const { model } = await linearModel(3);
    const start = model.parameters();
    expect(start).toEqual((await linearModel(3)).model.parameters());
    expect(start["linear.weight"]).not.toEqual((await linearModel(4)).model.parameters()["linear.weight"]);
    expect(start["linear.weight"]?.every((value) => Math.abs(value) <= 0.5)).toBe(true);
    expect(start["linear.bias"]).toEqual(Float32Array.of(0));
    expect(start["scale.value"]).toEqual(Float32Array.of(2));
    const [first] = linearDefinition.parameters;
    const extended: ModelDefinition = {
      ...linearDefinition,
      parameters: [{ ...first, name: "new", initializer: { kind: "normal", mean: 1, deviation: 0.1 } }, first],
    };
    expect(initialParameters(extended, 3)["linear.weight"]).toEqual(start["linear.weight"]);
    expect(initialParameters(extended, 3)["new"]?.every((value) => Math.abs(value - 1) < 0.6)).toBe(true);
  });

  it("refuses unknown backends, options, seeds and weights", async () => {
    await expectProblem(
      () => create({ backend: "cuda" }),
      "unknown-backend",
      /"cuda" is not a backend.*auto, webgpu, webgl2, headlessgl, wasm, webasm, cpu/,
    );
    await expectProblem(() => create({ sead: 1 }), "invalid-option", /no option sead/);
    await expectProblem(() => create({ seed: 1.5 }), "invalid-option", /seed must be a whole number/);
    await expectProblem(() => create({ seed: -1 }), "invalid-option", /seed must be/);
    await expectProblem(() => create({ simd: "fast" }), "invalid-option", /simd must be plain or relaxed, not /);
    for (const threads of [0, 1.5, "2"]) {
      await expectProblem(() => create({ threads }), "invalid-option", /threads must be a whole number from 1, not /);
    }
    await expectProblem(
      () => create({ weights: "file" }),
      "invalid-option",
      /weights must be the bytes.*the text "file"/,
    );
  });

  it("lists every tensor that does not fit", async () => {
    const bytes = writeSafetensors([
      ["linear.weight", entry([3, 1], new Float32Array(3))],
      ["linear.bias", { dtype: "I32", shape: [1], data: new Int32Array(1) }],
      ["scale.value", entry([1], Float32Array.of(NaN))],
      ["other", entry([2], new Float32Array(2))],
    ]);
    const { code, message } = await problemOf(() => create({ weights: bytes }));
    expect(code).toBe("wrong-weights");
    expect(message).toContain("linear.weight is F32 [3, 1], expected F32 [1, 3]");
    expect(message).toContain("linear.bias is I32 [1], expected F32 [1]");
    expect(message).toContain("scale.value[0] is NaN");
    expect(message).toContain("unexpected: other [2]");
    await expectProblem(
      () => create({ weights: writeSafetensors([]) }),
      "wrong-weights",
      /missing: linear.weight \[1, 3\]/,
    );
  });

  it("takes weights of another spec whose tensors fit, to train them further", async () => {
    const { model } = await linearModel(8);
    const bytes = await model.save();
    const other = { ...linearDefinition, specHash: "another" };
    const further = await createModel(other, { weights: bytes }, () => Promise.resolve(new FakeExecutor()));
    expect(further.parameters()).toEqual(model.parameters());
  });

  it("refuses options that are no object, and those that trainStep does not know", async () => {
    const make = (): Promise<unknown> =>
      createModel(linearDefinition, null as never, () => Promise.resolve(new FakeExecutor()));
    await expectProblem(
      make,
      "invalid-option",
      /create takes an object of options \(backend, weights, seed, threads, simd\), not null/,
    );
    const { model } = await linearModel();
    const { tensors } = linearExamples(2);
    for (const options of [{ learning_rate: 3 }, null]) {
      await expectProblem(() => model.trainStep(tensors, options as never), "invalid-option", /learningRate/);
    }
  });

  it("saves and loads the same bits", async () => {
    const { model } = await linearModel(8);
    const bytes = await model.save();
    expect(readSafetensors(bytes).metadata).toEqual({
      compiler_version: "0.1.0",
      format: "pt",
      name: "linear",
      spec_hash: "hash-of-linear",
      specloom_crc32: expect.stringMatching(/^[\da-f]{8}$/) as unknown,
    });
    const { model: other } = await linearModel(9);
    await other.load(bytes);
    expect(other.parameters()).toEqual(model.parameters());
  });

  it("keeps the facts on the handle", () => {
    const handle = defineModel(linearDefinition);
    expect(handle.inputs[0]?.name).toBe("x");
    expect(handle.parameters).toBe(linearDefinition.parameters);
    expect(handle.spec).toBe(linearDefinition.spec);
  });
});

describe("predict and evaluate", () => {
  it("pad the last batch, mask it, and cut the results", async () => {
    const { model, executor } = await linearModel();
    const { tensors } = linearExamples(6);
    const { outputs, count } = await model.evaluate(tensors);
    expect(count).toBe(6);
    expect(outputs.prediction.length).toBe(6);
    expect(executor.calls.map(({ given }) => [...(given["batch.mask"] ?? [])])).toEqual([
      [1, 1, 1, 1],
      [1, 1, 0, 0],
    ]);
    expect([...(executor.calls[1]?.given["x"]?.subarray(2 * FEATURES) ?? [])]).toEqual(new Array(2 * FEATURES).fill(0));
    expect(Object.keys(executor.calls[0]?.given ?? {})).toEqual(linearPrograms.evaluate?.feeds.map(({ name }) => name));
    const { prediction } = await model.predict({ x: tensors.x });
    expect(prediction).toEqual(outputs.prediction);
    const weight = model.parameters()["linear.weight"] ?? [];
    const byHand = [0, 1, 2].reduce((sum, column) => sum + (weight[column] ?? 0) * (tensors.x[15 + column] ?? 0), 0);
    expect(prediction[5]).toBeCloseTo(byHand, 6);
  });

  it("give the exact mean over examples, not the mean of the batches' means", async () => {
    const { model } = await linearModel();
    const { tensors } = linearExamples(5);
    const { loss, outputs } = await model.evaluate(tensors);
    const squares = [...outputs.prediction].map((value, row) => (value - (tensors.y[row] ?? 0)) ** 2);
    expect(loss).toBeCloseTo(squares.reduce((sum, value) => sum + value, 0) / 5, 6);
    const meanOfMeans = (squares.slice(0, 4).reduce((sum, value) => sum + value, 0) / 4 + (squares[4] ?? 0)) / 2;
    expect(Math.abs(loss - meanOfMeans)).toBeGreaterThan(1e-3);
  });

  it("add up where the loss is a sum", async () => {
    const summed = {
      ...linearDefinition,
      losses: [{ input: "prediction", target: "y", reduction: "sum" }],
    } as const;
    const model = await createModel(summed, { seed: 3 }, () => Promise.resolve(new FakeExecutor()));
    const whole = linearExamples(6);
    const first = await model.evaluate(whole.select([0, 1, 2, 3]));
    const second = await model.evaluate(whole.select([4, 5]));
    expect((await model.evaluate(whole.tensors)).loss).toBe(first.loss + second.loss);
  });

  it("take nested numbers", async () => {
    const { model } = await linearModel();
    const nested = await model.predict({
      x: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    expect(nested).toEqual(await model.predict({ x: [1, 2, 3, 4, 5, 6] }));
    expect(nested).toEqual(await model.predict({ x: Int32Array.of(1, 2, 3, 4, 5, 6) }));
  });
});

describe("trainStep", () => {
  it("updates parameters, state and counters, and leaves frozen parameters", async () => {
    const { model, executor } = await linearModel();
    const before = model.parameters();
    const { loss, count } = await model.trainStep(linearExamples(3).tensors, { learningRate: 0.5 });
    expect(count).toBe(3);
    expect(Number.isFinite(loss)).toBe(true);
    expect(executor.calls[0]?.given["learning_rate"]).toEqual(Float32Array.of(0.5));
    const after = model.parameters();
    expect(after["linear.weight"]).not.toEqual(before["linear.weight"]);
    expect(after["scale.value"]).toEqual(before["scale.value"]);
    const { step, slots } = model.trainingState();
    expect(step).toBe(1);
    expect(Object.keys(slots)).toEqual(["linear.weight#momentum_buffer", "linear.bias#momentum_buffer"]);
    expect(slots["linear.bias#momentum_buffer"]?.[0]).not.toBe(0);
  });

  it("draws other random numbers in each step, the same for the same seed", async () => {
    const draws = async (): Promise<unknown[]> => {
      const { model, executor } = await linearModel(5);
      for (let step = 0; step < 3; step += 1) await model.trainStep(linearExamples(4).tensors);
      await model.gradients(linearExamples(4).tensors);
      return executor.calls.map(({ given }) => given["random.0"]?.join());
    };
    const first = await draws();
    expect(new Set(first).size).toBe(4);
    expect(await draws()).toEqual(first);
  });

  it("refuses more than a batch and a wrong learning rate", async () => {
    const { model } = await linearModel();
    await expectProblem(
      () => model.trainStep(linearExamples(5).tensors),
      "wrong-inputs",
      /takes 1 to 4 examples.*5 were/,
    );
    await expectProblem(
      () => model.trainStep(linearExamples(1).tensors, { learningRate: NaN }),
      "invalid-option",
      /learningRate/,
    );
  });

  it("stops at a loss that is not finite, names the tensors, and changes nothing", async () => {
    const { model } = await linearModel();
    await model.trainStep(linearExamples(4).tensors);
    const before = { parameters: model.parameters(), state: model.trainingState() };
    const huge = { x: [1e30, 1e30, 1e30], y: [1] };
    await expectProblem(
      () => model.trainStep(huge),
      "loss-not-finite",
      /update 2 was stopped.*loss is Infinity; gradient.linear.weight\[0, \d\] is -?Infinity/,
    );
    expect({ parameters: model.parameters(), state: model.trainingState() }).toEqual(before);
    await model.trainStep(linearExamples(4).tensors);
  });

  it("names new parameters when loss and gradients were still finite", async () => {
    const { model } = await linearModel();
    const before = model.parameters();
    const call = (): Promise<unknown> => model.trainStep({ x: [1e15, 0, 0], y: [0] }, { learningRate: 3e38 });
    await expectProblem(call, "loss-not-finite", /Not finite: new linear.weight\[0, 0\] is -?Infinity/);
    expect(model.parameters()).toEqual(before);
  });

  it("gives gradients by parameter name", async () => {
    const { model } = await linearModel();
    const gradients = await model.gradients(linearExamples(4).tensors);
    expect(Object.keys(gradients)).toEqual(["linear.weight", "linear.bias"]);
  });

  it("continues from a restored state exactly", async () => {
    const first = (await linearModel(3)).model;
    for (let step = 0; step < 3; step += 1) await first.trainStep(linearExamples(4, step).tensors);
    const second = (await linearModel(99)).model;
    await second.load(await first.save());
    second.restoreTrainingState(first.trainingState());
    for (const model of [first, second]) await model.trainStep(linearExamples(4, 7).tensors);
    expect(second.parameters()).toEqual(first.parameters());
    expect(second.trainingState()).toEqual(first.trainingState());
  });

  it("refuses a state that is not this model's", async () => {
    const { model } = await linearModel();
    const state = model.trainingState();
    const restore = (change: object) => (): void => {
      model.restoreTrainingState({ ...state, ...change });
    };
    await expectProblem(restore({ step: -1 }), "invalid-option", /step/);
    await expectProblem(restore({ seed: 0.5 }), "invalid-option", /seed/);
    await expectProblem(restore({ slots: {} }), "wrong-weights", /optimizer's slots.*\n.*missing: linear.weight#/);
  });
});

describe("calls", () => {
  it("are run one at a time, in order", async () => {
    const { model, executor } = await linearModel();
    const { tensors } = linearExamples(4);
    await Promise.all([
      model.trainStep(tensors),
      model.predict({ x: tensors.x }),
      model.trainStep({ ...tensors, y: [1] as const }).catch(() => undefined),
      model.evaluate(tensors),
      model.trainStep(tensors),
    ]);
    expect(executor.mostRunning).toBe(1);
    expect(executor.calls.map(({ program }) => program)).toEqual(["train_step", "predict", "evaluate", "train_step"]);
  });

  it("keep the inputs they were made with", async () => {
    const { model, executor } = await linearModel();
    const features = Float32Array.of(1, 2, 3);
    const pending = model.predict({ x: features });
    features.fill(9);
    await pending;
    expect([...(executor.calls[0]?.given["x"]?.subarray(0, 3) ?? [])]).toEqual([1, 2, 3]);
  });

  it("keep them while they wait, too", async () => {
    const { model, executor } = await linearModel();
    const features = Float32Array.of(1, 2, 3);
    const pending: Promise<unknown>[] = [];
    for (const value of [4, 5, 6]) {
      features.fill(value);
      pending.push(model.predict({ x: features }));
    }
    await Promise.all(pending);
    expect(executor.calls.map(({ given }) => given["x"]?.[0])).toEqual([4, 5, 6]);
  });

  it("are all refused after dispose, which waits for those under way", async () => {
    const { model, executor } = await linearModel();
    const { tensors } = linearExamples(2);
    const pending = model.predict({ x: tensors.x });
    await Promise.all([model.dispose(), model.dispose()]);
    expect((await pending).prediction.length).toBe(2);
    expect(executor.disposals).toBe(1);
    const state = { step: 0, seed: 0, slots: {} };
    const calls: (() => unknown)[] = [
      () => model.predict({ x: tensors.x }),
      () => model.evaluate(tensors),
      () => model.trainStep(tensors),
      () => model.gradients(tensors),
      () => model.parameters(),
      () => model.save(),
      () => model.load(new Uint8Array(0)),
      () => model.trainingState(),
      () => {
        model.restoreTrainingState(state);
      },
      () => model.report(),
    ];
    for (const call of calls) await expectProblem(call, "model-disposed", /"linear" was disposed/);
  });
});

describe("a module of another version", () => {
  it("is refused, with what to do", async () => {
    const older = { ...linearDefinition, losses: undefined, training: undefined };
    await expectProblem(
      () => Promise.resolve(defineModel(older as unknown as ModelDefinition)),
      "program-mismatch",
      /the module of model "linear" says nothing of losses, training\.[^]*compile the spec again/,
    );
  });
});
