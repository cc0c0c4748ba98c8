import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { CreateOptions, LiveOf } from "../../../../runtime/contract-live.ts";
import { createExecutor } from "../../../../runtime/devices/create.ts";
import { createWasmExecutor } from "../../../../runtime/devices/wasm.ts";
import { wasmMachine, type WasmMachine } from "../../../../runtime/devices/wasm/machine.ts";
import { defineModel } from "../../../../runtime/model.ts";
import { createModel } from "../../../../runtime/model/create.ts";
import { BATCH, wasmDefinition } from "../../../support/wasm-model.ts";
import { problemOf } from "../model/expect-problem.ts";

type Definition = Awaited<ReturnType<typeof wasmDefinition>>;

let single: Definition;
let double: Definition;
let machine: WasmMachine;
beforeAll(async () => {
  [single, double] = await Promise.all([wasmDefinition(), wasmDefinition({ threads: 2 })]);
  machine = { ...(await wasmMachine()), cores: 2 };
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const asked = { requested: "wasm", reason: "asked for" } as const;

/** A model on this machine as if it had two cores. */
function create(definition: Definition, options: CreateOptions = {}, on = machine): Promise<LiveOf<Definition>> {
  return createModel(definition, options, (known, { threads, simd }) =>
    createWasmExecutor(known, { ...asked, threads, simd }, on),
  );
}

const examples = (count: number, start = 0): { x: Float32Array; y: Float32Array } => ({
  x: Float32Array.from({ length: 2 * count }, (_, index) => Math.sin(1.7 * (index + start))),
  y: Float32Array.from({ length: count }, (_, index) => Math.cos(0.9 * (index + start))),
});

const dot = (w: Float32Array | undefined, x: Float32Array, row: number): number =>
  (w?.[0] ?? NaN) * (x[2 * row] ?? NaN) + (w?.[1] ?? NaN) * (x[2 * row + 1] ?? NaN);

describe("a model in wasm", () => {
  it("predicts any number of examples, the last few of them one by one", async () => {
    const model = await create(single);
    const { w } = model.parameters();
    for (const count of [1, 4, 5, 7, 9]) {
      const { x } = examples(count);
      const { prediction } = await model.predict({ x });
      expect(prediction).toHaveLength(count);
      prediction.forEach((value, row) => {
        expect(value).toBeCloseTo(dot(w, x, row), 6);
      });
    }
  });

  it("trains: update, state, loss before the update", async () => {
    const model = await create(single);
    const { x, y } = examples(3);
    const w = model.parameters()["w"] ?? new Float32Array(2);
    const errors = [0, 1, 2].map((row) => dot(w, x, row) - (y[row] ?? 0));
    const gradient = [0, 1].map((cell) =>
      errors.reduce((sum, error, row) => sum + error * (x[2 * row + cell] ?? 0), 0),
    );
    expect((await model.gradients({ x, y }))["w"]?.[1]).toBeCloseTo(gradient[1] ?? NaN, 5);
    const { loss } = await model.trainStep({ x, y }, { learningRate: 0.25 });
    expect(loss).toBeCloseTo(
      errors.reduce((sum, error) => sum + error * error, 0),
      5,
    );
    const after = model.parameters()["w"];
    for (const cell of [0, 1]) expect(after?.[cell]).toBeCloseTo((w[cell] ?? 0) - 0.25 * (gradient[cell] ?? 0), 5);
    const { step, slots } = model.trainingState();
    expect(step).toBe(1);
    expect(slots["w#momentum"]?.[0]).toBeCloseTo(gradient[0] ?? NaN, 5);
    expect((await model.evaluate({ x, y })).loss).toBeLessThan(loss);
  });

  it("hands out copies, which nothing changes later", async () => {
    const model = await create(single);
    const before = model.parameters();
    const kept = before["w"]?.slice();
    const { prediction } = await model.predict({ x: examples(4).x });
    const keptPrediction = prediction.slice();
    await model.trainStep(examples(4));
    await model.predict({ x: examples(4, 3).x });
    expect(before["w"]).toEqual(kept);
    expect(prediction).toEqual(keptPrediction);
    expect(before["w"]?.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it.each([
    ["a loss", { x: [1e30, 1e30], y: [1] }, undefined, /loss is Infinity; gradient.w\[0\] is -?Infinity/],
    ["a loss alone", { x: [1, 1], y: [1e20] }, undefined, /Not finite: loss is Infinity\.$/],
    ["a new parameter", { x: [1e10, 0], y: [0] }, 3e38, /Not finite: new w\[0\] is -?Infinity\.$/],
  ])("refuses an update that makes %s not finite, and is as before", async (_what, inputs, learningRate, message) => {
    const model = await create(single);
    await model.trainStep(examples(4));
    const before = { parameters: model.parameters(), state: model.trainingState() };
    const call = (): Promise<unknown> => model.trainStep(inputs, learningRate === undefined ? {} : { learningRate });
    const problem = await problemOf(call);
    expect(problem).toMatchObject({ code: "loss-not-finite" });
    expect(problem.message).toMatch(message);
    expect({ parameters: model.parameters(), state: model.trainingState() }).toEqual(before);
    await model.trainStep(examples(4));
  });

  it("tells what a refused update would have made of the tensors", async () => {
    const executor = await createWasmExecutor(single, asked, machine);
    executor.write({ w: Float32Array.of(1, 2), "w#momentum": Float32Array.of(0, 8) });
    const given = {
      x: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0),
      y: Float32Array.of(1e20, 0, 0, 0),
      "batch.mask": Float32Array.of(1, 0, 0, 0),
      learning_rate: Float32Array.of(0.5),
    };
    const { results, refused } = await executor.run("train_step", given, BATCH);
    expect(results).toEqual({ loss: Float32Array.of(Infinity) });
    expect(refused).toEqual({ w: Float32Array.of(1 + 5e19, 0), "w#momentum": Float32Array.of(-1e20, 4) });
    expect(executor.read("w")).toEqual(Float32Array.of(1, 2));
    expect(executor.read("w#momentum")).toEqual(Float32Array.of(0, 8));
  });

  it("continues from saved weights and state exactly", async () => {
    const first = await create(single, { seed: 3 });
    for (let step = 0; step < 3; step += 1) await first.trainStep(examples(4, step));
    const second = await create(single, { seed: 99 });
    await second.load(await first.save());
    second.restoreTrainingState(first.trainingState());
    for (const model of [first, second]) await model.trainStep(examples(4, 7));
    expect(second.parameters()).toEqual(first.parameters());
    expect(second.trainingState()).toEqual(first.trainingState());
  });

  it("refuses a module whose update does not look at the loss", async () => {
    const model = await create(await wasmDefinition({ unguarded: true }));
    const call = (): Promise<unknown> => model.trainStep({ x: [1, 1], y: [1e20] });
    expect(await problemOf(call)).toMatchObject({ code: "program-mismatch" });
  });
});

describe("variants", () => {
  it("takes relaxed SIMD where the engine has it, and says where it has not", async () => {
    const relaxed = await create(single, {}, { ...machine, relaxed: true });
    expect(relaxed.report()).toMatchObject({
      requested: "wasm",
      backend: "wasm",
      executorKind: "relaxed-simd",
      fallbackReason: null,
      adapter: null,
      software: false,
    });
    const plain = await create(single, {}, { ...machine, relaxed: false });
    expect(plain.report()).toMatchObject({
      executorKind: "simd",
      fallbackReason: "this engine has no relaxed SIMD",
    });
    for (const model of [relaxed, plain]) for (let k = 0; k < 5; k += 1) await model.trainStep(examples(4, k));
    expect(plain.parameters()["w"]?.[0]).toBeCloseTo(relaxed.parameters()["w"]?.[0] ?? NaN, 5);
  });

  it("takes the variant that is asked for, and nothing else", async () => {
    const both = { ...machine, relaxed: true };
    const plain = await create(single, { simd: "plain" }, both);
    expect(plain.report()).toMatchObject({ executorKind: "simd", fallbackReason: null });
    expect((await create(single, { simd: "relaxed" }, both)).report()).toMatchObject({ executorKind: "relaxed-simd" });
    const call = (): Promise<unknown> => create(single, { simd: "relaxed" }, { ...machine, relaxed: false });
    expect(await problemOf(call)).toMatchObject({
      code: "backend-unavailable",
      message: "Relaxed SIMD was asked for, but this engine has none.",
    });
    const onGpu = (): Promise<unknown> => defineModel(single).create({ backend: "cpu", simd: "plain" });
    expect(await problemOf(onGpu)).toMatchObject({
      code: "invalid-option",
      message: "simd is an option of the backend wasm, but cpu was asked for.",
    });
  });

  it("says what is missing", async () => {
    const none = { ...machine, simd: false, relaxed: false };
    expect(await problemOf(() => create(single, {}, none))).toMatchObject({ code: "backend-unavailable" });
    const { wasm, ...gpuOnly } = single;
    expect((await wasm.load()).memoryBytes).toBe(65536);
    expect(await problemOf(() => createExecutor(gpuOnly, { backend: "wasm" }))).toMatchObject({
      code: "backend-unavailable",
      message: 'The backend wasm cannot run "by-hand": the module was compiled for the gpu target alone.',
    });
    const call = (): Promise<unknown> => defineModel(single).create({ backend: "cpu", threads: 2 });
    expect(await problemOf(call)).toMatchObject({ code: "invalid-option" });
  });
});

describe("threads", () => {
  const whole = { ...examples(4), "batch.mask": new Float32Array(4).fill(1) };
  const shares = async (
    definition: Definition,
    threads?: number,
    on = machine,
  ): Promise<[number[], unknown, unknown]> => {
    const executor = await createWasmExecutor(definition, { ...asked, threads }, on);
    try {
      const { results } = await executor.run("evaluate", whole, BATCH);
      const { executorKind, fallbackReason } = executor.report();
      return [Array.from(results["shares"] ?? []), executorKind?.replace("relaxed-", ""), fallbackReason];
    } finally {
      await executor.dispose();
    }
  };
  const relaxedReason = (): string | null => (machine.relaxed ? null : "this engine has no relaxed SIMD");
  const reasons = (reason: string): string => [relaxedReason(), reason].filter((part) => part !== null).join("; ");

  it("share the work where it pays, and as many as there may be", async () => {
    expect(await shares(double)).toEqual([[2, 2], "simd, 2 threads", relaxedReason()]);
    expect(await shares(double, 1)).toEqual([[4, 0], "simd", relaxedReason()]);
    expect(await shares(single)).toEqual([[4, 0], "simd", relaxedReason()]);
    expect(await shares(double, undefined, { ...machine, cores: 1 })).toEqual([[4, 0], "simd", relaxedReason()]);
  });

  it("train as one does", async () => {
    const [one, two] = [await create(double, { seed: 5, threads: 1 }), await create(double, { seed: 5 })];
    for (let step = 0; step < 20; step += 1) for (const model of [one, two]) await model.trainStep(examples(4, step));
    expect(two.parameters()["w"]?.[0]).toBeCloseTo(one.parameters()["w"]?.[0] ?? NaN, 5);
    const huge = { x: [1e30, 1e30], y: [1] };
    expect(await problemOf(() => two.trainStep(huge))).toMatchObject({ code: "loss-not-finite" });
    await Promise.all([one.dispose(), two.dispose()]);
    await expect(two.predict({ x: [1, 2] })).rejects.toMatchObject({ code: "model-disposed" });
  });

  it("are left out where memory cannot be shared", async () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    const poor = { ...(await wasmMachine()), cores: 2 };
    expect(await shares(double, undefined, poor)).toEqual([
      [4, 0],
      "simd",
      reasons("one thread, since there is no SharedArrayBuffer"),
    ]);
  });

  it("are left out where workers do not start", async () => {
    const broken = await wasmDefinition({ threads: 2, worker: true });
    const [rows, kind, reason] = await shares(broken);
    expect([rows, kind]).toEqual([[4, 0], "simd"]);
    expect(reason).toBe(reasons("one thread, since workers did not start: RuntimeError: unreachable"));
  });
});
