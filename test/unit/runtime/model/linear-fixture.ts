/**
 * A model small enough to work out by hand, and an executor that computes it in plain JavaScript: y = w x + b with
 * dropout on x in training, mean squared error over the real rows, gradient descent with momentum.
 */
import type { AnyProgramName, FeedFact, ModelDefinition, TensorFact } from "../../../../runtime/contract.ts";
import type { LiveOf } from "../../../../runtime/contract-live.ts";
import type { Executor, ProgramFacts, ProgramRun } from "../../../../runtime/contract-backend.ts";
import { Residents } from "../../../../runtime/devices/residents.ts";
import { createModel } from "../../../../runtime/model/create.ts";
import { residentTensors } from "../../../../runtime/model/parameters.ts";

export const FEATURES = 3;
export const BATCH = 4;
const KEEP = 0.95;
const MOMENTUM = 0.9;

const inputs = [
  { name: "x", role: "input", shape: [FEATURES], axes: ["C"], dtype: "float32", lengths: false },
  { name: "y", role: "target", shape: [1], axes: ["C"], dtype: "float32", lengths: false },
] as const;

const parameters = [
  { name: "linear.weight", shape: [1, FEATURES], initializer: { kind: "uniform", bound: 0.5 }, frozen: false },
  { name: "linear.bias", shape: [1], initializer: { kind: "constant", value: 0 }, frozen: false },
  { name: "scale.value", shape: [1], initializer: { kind: "constant", value: 2 }, frozen: true },
] as const;

const trained = parameters.filter(({ frozen }) => !frozen);
const argument = (role: FeedFact["role"], name: string, shape: readonly number[]): FeedFact => ({ name, role, shape });
const x = argument("input", "x", [BATCH, FEATURES]);
const y = argument("input", "y", [BATCH, 1]);
const mask = argument("input", "batch.mask", [BATCH]);
const random = argument("random", "random.0", [BATCH, FEATURES]);
const loss = { name: "loss", shape: [] };
const lossCount = { name: "loss.count", shape: [] };
const prediction = { name: "prediction", shape: [BATCH, 1] };

function program(feeds: readonly FeedFact[], results: readonly TensorFact[]): ProgramFacts {
  return { feeds, results };
}

export const linearPrograms: Readonly<Partial<Record<AnyProgramName, ProgramFacts>>> = {
  predict: program([x], [prediction]),
  evaluate: program([x, y, mask], [prediction, loss, lossCount]),
  gradients: program(
    [x, y, mask, random],
    [loss, ...trained.map(({ name, shape }) => ({ name: `gradient.${name}`, shape }))],
  ),
  train_step: program([x, y, mask, argument("scalar", "learning_rate", []), random], [loss]),
};

export const linearDefinition = {
  name: "linear",
  specHash: "hash-of-linear",
  compilerVersion: "0.1.0",
  spec: { name: "linear" },
  stream: { reason: "it was written by hand" },
  metrics: [],
  training: { length: { epochs: 1 }, seed: 0, shuffle: true },
  data: { kind: "tensors", file: "examples.json" },
  losses: [{ input: "linear", target: "y", reduction: "mean" }],
  batchSize: BATCH,
  inputs,
  outputs: [{ name: "prediction", shape: [1], axes: ["C"] }],
  parameters,
  optimizer: {
    kind: "sgd",
    learningRate: 0.02,
    slots: ["momentum_buffer"],
    scalars: (_step: number, learningRate: number) => ({ learning_rate: learningRate }),
  },
  programs: ["predict", "evaluate", "gradients", "train_step"],
} as const satisfies ModelDefinition;

export type LinearDefinition = typeof linearDefinition;

export interface FakeCall {
  readonly program: AnyProgramName;
  readonly given: Readonly<Record<string, Float32Array>>;
  readonly batch: number;
}

/** Runs the programs of `linearDefinition` and remembers the arguments of each call, but for resident tensors. */
export class FakeExecutor implements Executor {
  readonly calls: FakeCall[] = [];
  readonly #residents: Residents;
  readonly #names: readonly string[];
  readonly #programs: typeof linearPrograms;
  readonly write: Executor["write"];
  readonly read: Executor["read"];
  disposals = 0;
  running = 0;
  mostRunning = 0;

  constructor(definition: ModelDefinition = linearDefinition, programs = linearPrograms) {
    this.#programs = programs;
    this.#names = residentTensors(definition).map(({ name }) => name);
    this.#residents = new Residents(definition);
    this.write = this.#residents.write;
    this.read = this.#residents.read;
  }

  facts(program: AnyProgramName): ProgramFacts | undefined {
    return this.#programs[program];
  }

  batches(): readonly [number, ...number[]] {
    return [BATCH];
  }

  report(): ReturnType<Executor["report"]> {
    return {
      requested: "cpu",
      backend: "cpu",
      executorKind: "fake",
      fallbackReason: null,
      adapter: null,
      software: true,
      reason: "a test",
    };
  }

  async run(
    program: AnyProgramName,
    given: Readonly<Record<string, Float32Array>>,
    batch: number,
    taken?: (program: AnyProgramName) => void,
  ): Promise<ProgramRun> {
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    this.calls.push({ program, given, batch });
    await Promise.resolve();
    this.running -= 1;
    const whole: Record<string, Float32Array> = { ...given };
    for (const name of this.#names) {
      const resident = this.#residents.get(name);
      if (resident !== undefined) whole[name] = resident;
    }
    return this.#residents.settle(compute(program, whole), () => taken?.(program));
  }

  dispose(): Promise<void> {
    this.disposals += 1;
    return Promise.resolve();
  }
}

function compute(name: AnyProgramName, given: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
  const take = (key: string): Float32Array => given[key] ?? new Float32Array(0);
  const dropped = given["random.0"];
  const features = take("x").map((value, index) =>
    dropped === undefined ? value : (dropped[index] ?? 0) < KEEP ? value / KEEP : 0,
  );
  const weight = take("linear.weight");
  const outputs = new Float32Array(BATCH);
  for (let row = 0; row < BATCH; row += 1) {
    let sum = take("linear.bias")[0] ?? 0;
    for (let column = 0; column < FEATURES; column += 1) {
      sum += (weight[column] ?? 0) * (features[row * FEATURES + column] ?? 0);
    }
    outputs[row] = sum;
  }
  if (name === "predict") return { prediction: outputs };
  const rows = take("batch.mask");
  const count = rows.reduce((sum, value) => sum + value, 0);
  const errors = outputs.map((value, row) => (value - (take("y")[row] ?? 0)) * (rows[row] ?? 0));
  const total = Float32Array.of(errors.reduce((sum, value) => sum + value * value, 0) / count);
  if (name === "evaluate") return { prediction: outputs, loss: total, "loss.count": Float32Array.of(count) };
  const gradientOfWeight = new Float32Array(FEATURES);
  errors.forEach((error, row) => {
    for (let column = 0; column < FEATURES; column += 1) {
      gradientOfWeight[column]! += (2 * error * (features[row * FEATURES + column] ?? 0)) / count;
    }
  });
  const gradientOfBias = Float32Array.of((2 * errors.reduce((sum, value) => sum + value, 0)) / count);
  if (name === "gradients") {
    return { loss: total, "gradient.linear.weight": gradientOfWeight, "gradient.linear.bias": gradientOfBias };
  }
  const results: Record<string, Float32Array> = { loss: total };
  const rate = take("learning_rate")[0] ?? 0;
  for (const [key, gradient] of [
    ["linear.weight", gradientOfWeight],
    ["linear.bias", gradientOfBias],
  ] as const) {
    const slot = take(`${key}#momentum_buffer`).map((value, index) => MOMENTUM * value + (gradient[index] ?? 0));
    results[`${key}#momentum_buffer`] = slot;
    results[key] = take(key).map((value, index) => value - rate * (slot[index] ?? 0));
  }
  return results;
}

export interface LinearModel {
  readonly model: LiveOf<LinearDefinition>;
  readonly executor: FakeExecutor;
}

export async function linearModel(seed = 3): Promise<LinearModel> {
  const executor = new FakeExecutor();
  return { model: await createModel(linearDefinition, { seed }, () => Promise.resolve(executor)), executor };
}

/** Examples of y = 1 x0 - 2 x1 + 0.5 x2 + 0.3 with a little noise; the same for the same start. */
export function linearExamples(count: number, start = 0): LinearExamples {
  const features = Float32Array.from({ length: count * FEATURES }, (_, index) => Math.sin(1.7 * (index + start) + 0.3));
  const targets = Float32Array.from({ length: count }, (_, row) => {
    const [a = 0, b = 0, c = 0] = features.subarray(row * FEATURES);
    return a - 2 * b + 0.5 * c + 0.3 + 0.1 * Math.sin(5.1 * (row + start));
  });
  return new LinearExamples(count, features, targets);
}

export class LinearExamples {
  readonly count: number;
  readonly tensors: { readonly x: Float32Array; readonly y: Float32Array };

  constructor(count: number, features: Float32Array, targets: Float32Array) {
    this.count = count;
    this.tensors = { x: features, y: targets };
  }

  select(indices: ArrayLike<number>): { x: Float32Array; y: Float32Array } {
    const rows = Array.from(indices);
    const pick = (values: Float32Array, width: number): Float32Array =>
      Float32Array.from(rows.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));
    return { x: pick(this.tensors.x, FEATURES), y: pick(this.tensors.y, 1) };
  }
}
