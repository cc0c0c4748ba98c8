/** Public calls handed what their types forbid: a Problem that names the argument, never an error of the engine. */
import { describe, expect, it } from "vitest";
import { decodeCtc } from "../../../runtime/decoding/ctc.ts";
import { ctcGreedy } from "../../../runtime/decoding/ctc.ts";
import { ctcPrefixBeam } from "../../../runtime/decoding/ctc-prefix-beam.ts";
import { createModel } from "../../../runtime/model/create.ts";
import { readSafetensors, writeSafetensors } from "../../../runtime/safetensors.ts";
import { Trainer } from "../../../runtime/training/trainer.ts";
import { expectProblem } from "./model/expect-problem.ts";
import { FakeExecutor, linearDefinition, linearExamples, linearModel } from "./model/linear-fixture.ts";

/** Of the kinds that JavaScript has, all but those that an option takes. */
const nothing = [null, NaN, Infinity, -1, 1.5, "1", true, [], {}, () => 1, 1n, Symbol("s")];

describe("create", () => {
  const create = (options: unknown) => () =>
    createModel(linearDefinition, options as never, () => Promise.resolve(new FakeExecutor()));

  it.each<[unknown, RegExp]>([
    [[], /create takes an object of options .*, not a list of 0/],
    [new Map([["backend", "cpu"]]), /not a Map/],
    ["cpu", /not the text "cpu"/],
    [{ backends: "cpu" }, /no option backends; .* help: did you mean "backend"\?/],
    [{ Seed: 1 }, /did you mean "seed"\?/],
    [{ wieghts: 1 }, /did you mean "weights"\?/],
  ])("refuses %o as options", async (options, message) => {
    await expectProblem(create(options), "invalid-option", message);
  });

  it("suggests a backend, and refuses what is no name", async () => {
    await expectProblem(
      create({ backend: "web-gpu" }),
      "unknown-backend",
      /did you mean "webgpu"\? known backends: auto/,
    );
    for (const backend of nothing) await expectProblem(create({ backend }), "unknown-backend", /is not a backend/);
  });

  it("takes undefined for what is left out", async () => {
    const options = { backend: undefined, weights: undefined, seed: undefined, threads: undefined, simd: undefined };
    expect((await create(options)()).parameters()).toEqual((await create({})()).parameters());
  });

  it.each(["seed", "threads", "simd", "weights"])("refuses what is no %s", async (name) => {
    for (const value of nothing)
      await expectProblem(create({ [name]: value }), "invalid-option", new RegExp(`^${name} must be`));
  });
});

describe("the calls of a live model", () => {
  const { tensors } = linearExamples(2);

  it.each<[unknown, RegExp]>([
    [null, /trainStep takes an object of options \(learningRate, epoch, update\), not null/],
    [[], /not a list of 0/],
    [{ learningrate: 1 }, /no option learningrate; .* did you mean "learningRate"\?/],
    [{ learningRate: "0.1" }, /learningRate must be a number from 0, not the text "0.1"/],
    [{ learningRate: NaN }, /learningRate must be a number from 0, not the number NaN/],
    [{ learningRate: -1 }, /learningRate must be a number from 0/],
    [{ learningRate: null }, /learningRate must be a number from 0, not null/],
    [{ epoch: 0 }, /epoch must be a whole number from 1/],
    [{ update: "no" }, /update must be true or false, not the text "no"/],
    [{ update: 0 }, /update must be true or false, not the number 0/],
    [{ update: false }, /update: false is for models whose spec says train.accumulate/],
  ])("trainStep refuses %o", async (options, message) => {
    const { model } = await linearModel();
    await expectProblem(() => model.trainStep(tensors, options as never), "invalid-option", message);
  });

  it("trainStep takes undefined for what is left out", async () => {
    const [first, second] = [(await linearModel(3)).model, (await linearModel(3)).model];
    const left = { learningRate: undefined, epoch: undefined, update: undefined };
    expect(await first.trainStep(tensors, left)).toEqual(await second.trainStep(tensors));
  });

  it.each<[object | null, RegExp]>([
    [null, /restoreTrainingState takes an object of options \(step, seed, slots, accumulated\), not null/],
    [{ steps: 1 }, /no option steps; .* did you mean "step"\?/],
    [{ step: -1 }, /step must be a whole number from 0/],
    [{ seed: 0.5 }, /seed must be a whole number from 0/],
    [{ slots: null }, /slots must be an object of tensors by name, not null/],
    [{ slots: new Map() }, /slots must be an object of tensors by name, not a Map/],
    [{ slots: { a: [1] } }, /slots\["a"\] must be a Float32Array, not a list of 1/],
    [{ accumulated: 2 }, /accumulated must be a whole number from 0 to 0, not the number 2/],
  ])("restoreTrainingState refuses %o", async (change, message) => {
    const { model } = await linearModel();
    const state = change === null ? null : { ...model.trainingState(), ...change };
    await expectProblem(
      () => {
        model.restoreTrainingState(state as never);
      },
      "invalid-option",
      message,
    );
  });

  it.each(nothing)("refuse %o for inputs", async (inputs) => {
    const { model } = await linearModel();
    for (const call of ["predict", "evaluate", "trainStep", "gradients"] as const) {
      await expectProblem(() => model[call](inputs as never), "wrong-inputs", /./);
    }
  });
});

describe("a training", () => {
  const start = (options: object) => async () => {
    const { model } = await linearModel();
    return new Trainer({ model, train: linearExamples(4), epochs: 1, ...options } as never);
  };

  it("takes undefined for what is left out", async () => {
    const left = {
      validation: undefined,
      steps: undefined,
      shuffle: undefined,
      earlyStopping: undefined,
      signal: undefined,
    };
    await start(left)();
  });

  it.each<[object, RegExp]>([
    [{ epoch: 3 }, /no option epoch; .* did you mean "epochs"\?/],
    [{ earlyStopping: { patients: 3 } }, /earlyStopping has no option patients; .* did you mean "patience"\?/],
    [{ earlyStopping: 3 }, /earlyStopping takes an object of options/],
    [{ earlyStopping: { patience: 1, restoreBest: "no" } }, /restoreBest must be true or false, not the text "no"/],
    [
      { earlyStopping: { patience: 1, metric: { name: "a", better: "more", score: () => 1 } } },
      /better must be lower or higher/,
    ],
    [{ earlyStopping: { patience: 1, metric: { name: "a", better: "lower", score: 1 } } }, /score must be a function/],
    [{ earlyStopping: { patience: 1, metric: 4 } }, /metric must be the name of a loss or a score, not the number 4/],
    [{ model: {} }, /model must be what model.create\(\) gives, not an object/],
    [{ model: Promise.resolve() }, /not a Promise. help: await it first/],
    [{ train: [1, 2] }, /train must be an object with the count/],
    [{ train: { count: 1.5, select: () => ({}) } }, /train.count must be a whole number from 0, not the number 1.5/],
    [{ validation: null }, /validation must be an object with the count .*, not null/],
    [{ shuffle: "yes" }, /shuffle must be true or false/],
    [
      { signal: new AbortController() },
      /signal must be an AbortSignal, not an AbortController. help: hand over controller.signal/,
    ],
    [{ epochs: "3" }, /epochs must be a whole number from 0, not the text "3"/],
    [{ epochs: undefined, steps: NaN }, /steps must be a whole number from 0, not the number NaN/],
    [{ keepBest: 1 }, /keepBest must be true or false/],
  ])("refuses %o", async (options, message) => {
    await expectProblem(start(options), "invalid-option", message);
  });
});

describe("decoding of ctc", () => {
  const logits = new Float32Array(6);
  const decode =
    (...given: readonly unknown[]) =>
    () =>
      decodeCtc(...(given as Parameters<typeof decodeCtc>));

  it.each<[readonly unknown[], RegExp]>([
    [[[...logits], [1, 2, 3], undefined, { kind: "greedy" }], /logits must be a Float32Array, not a list of 6/],
    [[logits, [2, 3], undefined, { kind: "greedy" }], /shape must be \[examples, steps, classes\], not a list of 2/],
    [[logits, "1,2,3", undefined, { kind: "greedy" }], /shape must be/],
    [[logits, [1, 2, 3], 2, { kind: "greedy" }], /lengths must be a list, not the number 2/],
  ])("refuses %o", async (given, message) => {
    await expectProblem(decode(...given), "wrong-inputs", message);
  });

  it.each<[unknown, RegExp]>([
    [undefined, /decodeCtc takes an object of options .*, not undefined/],
    [{ kind: "Greedy" }, /kind must be greedy or beam, not the text "Greedy". help: did you mean "greedy"\?/],
    [{ kind: "beam", beamsize: 3 }, /no option beamsize; .* did you mean "beamSize"\?/],
    [{ kind: "beam", beamSize: null }, /beamSize must be a whole number from 1, not null/],
    [{ kind: "greedy", blank: 3 }, /blank must be one of the classes 0 to 2, not the number 3/],
  ])("refuses the options %o", async (options, message) => {
    await expectProblem(decode(logits, [1, 2, 3], undefined, options), "invalid-option", message);
  });

  it("checks the searches that are called by themselves", async () => {
    await expectProblem(
      () => ctcGreedy([0], 2, 1, 0),
      "wrong-inputs",
      /1 steps of 2 classes are 2 numbers, but 1 were given/,
    );
    await expectProblem(() => ctcGreedy(null as never, 2, 1, 0), "wrong-inputs", /must be a list of numbers, not null/);
    await expectProblem(
      () => ctcPrefixBeam([0, 0], 2, NaN, 0, 1),
      "invalid-option",
      /steps must be a whole number from 0/,
    );
    await expectProblem(
      () => ctcPrefixBeam([0, 0], 2, 1, 0, 0),
      "invalid-option",
      /beamSize must be a whole number from 1/,
    );
  });
});

describe("files of tensors", () => {
  const tensor = { dtype: "F32", shape: [1], data: new Float32Array(1) };

  it.each<[unknown, unknown, RegExp]>([
    [{ a: tensor }, {}, /the tensors must be a list or map of \[name, tensor\], not an object/],
    [[["a"]], {}, /an entry of the tensors must be \[name, tensor\], not a list of 1/],
    [[[1, tensor]], {}, /the name of a tensor must be a text, not the number 1/],
    [[["a", null]], {}, /tensor "a" must be an object with dtype, shape and data, not null/],
    [[["a", { ...tensor, dtype: "f32" }]], {}, /tensor "a" has the dtype the text "f32"; known are BOOL/],
    [[["a", { ...tensor, shape: 1 }]], {}, /list of whole numbers from 0 as its shape, not the number 1/],
    [[["a", { ...tensor, shape: [-1] }]], {}, /list of whole numbers/],
    [[["a", { ...tensor, data: [1] }]], {}, /a typed array as its data, not a list of 1/],
    [[["a", tensor]], { epoch: 3 }, /the metadata "epoch" must be a text, not the number 3/],
    [[["a", tensor]], null, /the metadata must be an object of texts, not null/],
  ])("are not written of %o with %o", async (tensors, metadata, message) => {
    await expectProblem(() => writeSafetensors(tensors as never, metadata as never), "invalid-tensor", message);
  });

  it("are read from bytes alone", async () => {
    for (const value of nothing) {
      await expectProblem(() => readSafetensors(value as never), "invalid-option", /^the file must be the bytes/);
    }
    const bytes = writeSafetensors(new Map([["a", tensor as never]]));
    expect(readSafetensors(bytes.slice().buffer)).toEqual(readSafetensors(bytes));
  });
});
