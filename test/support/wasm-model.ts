/**
 * A model whose WebAssembly is written by hand, in the shape that the wasm target promises: prediction = w . x, the sum of
 * squared errors over the real rows, gradient descent with momentum, the rows shared out between the threads.
 */
import { deflateSync } from "node:zlib";
import * as asc from "assemblyscript/asc";
import type { FeedFact, ModelDefinition, ProgramName, WasmProgram, WasmTarget } from "../../runtime/contract.ts";
import type { ProgramFacts } from "../../runtime/contract-backend.ts";

export const BATCH = 4;

/** Bytes of the linear memory; every tensor has 64 of them. */
const places = [
  "w",
  "w#momentum",
  "x",
  "y",
  "batch.mask",
  "learning_rate",
  "prediction",
  "loss",
  "loss.count",
  "gradient.w",
  "shares",
] as const;
type Place = (typeof places)[number];
const at = (place: Place): number => 64 * (1 + places.indexOf(place));

const source = (faults: Faults): string => `
let index: i32 = 0;
let count: i32 = 1;
const GO: usize = 2048;
const DONE: usize = 2052;
/** Per thread 64 bytes: loss, gradient of both weights. */
const PARTS: usize = 4096;

export function enter(self: i32, all: i32): void {
  ${faults.worker === true ? "if (self > 0) unreachable();" : ""}
  index = self;
  count = all;
}

export function work(): void {
  let seen: i32 = 0;
  while (true) {
    while (atomic.load<i32>(GO) == seen) atomic.wait<i32>(GO, seen, -1);
    seen = atomic.load<i32>(GO);
    if (seen < 0) return;
    part();
    atomic.add<i32>(DONE, 1);
  }
}

export function leave(): void {
  atomic.store<i32>(GO, -1);
  atomic.notify(GO, -1);
}

// Bit 1 of a call's mode would let the workers sleep: a hint that this module does without.
function share(): void {
  if (count > 1) {
    atomic.store<i32>(DONE, 0);
    atomic.add<i32>(GO, 1);
    atomic.notify(GO, -1);
  }
  part();
  if (count > 1) while (atomic.load<i32>(DONE) != count - 1) {}
}

function predictRow(row: i32): f32 {
  const x: usize = ${at("x")} + 8 * row;
  const value = load<f32>(${at("w")}) * load<f32>(x) + load<f32>(${at("w")} + 4) * load<f32>(x + 4);
  store<f32>(${at("prediction")} + 4 * row, value);
  return value;
}

function part(): void {
  const rows: i32 = ${BATCH} / count;
  let loss: f32 = 0;
  let sums = f32x4.splat(0);
  for (let row: i32 = index * rows; row < (index + 1) * rows; row++) {
    const x: usize = ${at("x")} + 8 * row;
    const error = (predictRow(row) - load<f32>(${at("y")} + 4 * row)) * load<f32>(${at("batch.mask")} + 4 * row);
    loss += error * error;
    const given = f32x4(load<f32>(x), load<f32>(x + 4), 0, 0);
    if (ASC_FEATURE_RELAXED_SIMD) sums = f32x4.relaxed_madd(f32x4.splat(error), given, sums);
    else sums = f32x4.add(f32x4.mul(f32x4.splat(error), given), sums);
  }
  store<f32>(PARTS + 64 * index, loss);
  store<f32>(PARTS + 64 * index + 4, f32x4.extract_lane(sums, 0));
  store<f32>(PARTS + 64 * index + 8, f32x4.extract_lane(sums, 1));
  store<f32>(${at("shares")} + 4 * index, <f32>rows);
}

/** Which: 0 the loss, 1 and 2 the gradient. */
function total(which: usize): f32 {
  let sum: f32 = 0;
  for (let thread = 0; thread < count; thread++) sum += load<f32>(PARTS + 64 * thread + 4 * which);
  return sum;
}

export function predict(mode: i32): i32 {
  for (let row = 0; row < ${BATCH}; row++) predictRow(row);
  return 1;
}

export function predict_one(mode: i32): i32 {
  predictRow(0);
  return 1;
}

export function evaluate(mode: i32): i32 {
  for (let thread = 0; thread < 2; thread++) store<f32>(${at("shares")} + 4 * thread, 0);
  share();
  store<f32>(${at("loss")}, total(0));
  let real: f32 = 0;
  for (let row = 0; row < ${BATCH}; row++) real += load<f32>(${at("batch.mask")} + 4 * row);
  store<f32>(${at("loss.count")}, real);
  return 1;
}

export function gradients(mode: i32): i32 {
  share();
  store<f32>(${at("loss")}, total(0));
  for (let cell = 0; cell < 2; cell++) store<f32>(${at("gradient.w")} + 4 * cell, total(1 + cell));
  return 1;
}

export function train_step(mode: i32): i32 {
  gradients(0);
  // Arguments' memory is the program's own.
  memory.fill(${at("x")}, 255, ${4 * 2 * BATCH});
  const loss = load<f32>(${at("loss")});
  let bad = ${faults.unguarded === true ? "false" : "loss - loss != 0"};
  for (let turn = 0; turn < 2; turn++) {
    for (let cell = 0; cell < 2; cell++) {
      const w: usize = ${at("w")} + 4 * cell;
      const m: usize = ${at("w#momentum")} + 4 * cell;
      const momentum: f32 = 0.5 * load<f32>(m) + load<f32>(${at("gradient.w")} + 4 * cell);
      const weight: f32 = load<f32>(w) - load<f32>(${at("learning_rate")}) * momentum;
      if (turn == 0) {
        if (momentum - momentum != 0 || weight - weight != 0) bad = true;
        continue;
      }
      store<f32>(m, momentum);
      store<f32>(w, weight);
    }
    if (bad && (mode & 1) == 0) return 0;
  }
  return 1;
}
`;

/** What may be wrong with a module. */
interface Faults {
  /** Workers fail when they enter. */
  readonly worker?: boolean;
  /** An update is taken over although the loss is not finite. */
  readonly unguarded?: boolean;
}

export interface WasmModelOptions extends Faults {
  /** Threads that the programs ask for; default 1. */
  readonly threads?: number;
}

export async function wasmDefinition({ threads = 1, ...faults }: WasmModelOptions = {}): Promise<
  ReturnType<typeof definitionWith>
> {
  const wasm = (name: ProgramName, batch = BATCH): WasmProgram => ({
    feeds: facts(batch)[name].feeds.map((fact) => ({ ...fact, offset: at(fact.name as Place) })),
    results: facts(batch)[name].results.map((fact) => ({ ...fact, offset: at(fact.name as Place) })),
    updates: name === "train_step" ? ["w", "w#momentum"] : [],
    threads,
  });
  const [simd, relaxed] = [
    await assemble(source(faults), ["simd", "threads"]),
    await assemble(source(faults), ["simd", "relaxed-simd", "threads"]),
  ];
  return definitionWith({
    simd: () => Promise.resolve(simd),
    relaxed: () => Promise.resolve(relaxed),
    memoryBytes: 65536,
    threadBytes: 0,
    residents: [{ suffixes: ["", "#momentum"], offsets: { w: [at("w"), at("w#momentum")] } }],
    programs: {
      predict: wasm("predict"),
      evaluate: wasm("evaluate"),
      gradients: wasm("gradients"),
      train_step: wasm("train_step"),
    },
    predictOne: wasm("predict", 1),
  });
}

/** @returns packed, as a module has it */
export async function assemble(text: string, features: readonly string[]): Promise<string> {
  let binary: Uint8Array | undefined;
  const flags = [
    "--optimize",
    "--noAssert",
    "--runtime",
    "stub",
    "--use",
    "abort=",
    "--importMemory",
    "--sharedMemory",
  ];
  const memory = ["--initialMemory", "1", "--maximumMemory", "1", "--memoryBase", "8192"];
  const enabled = features.flatMap((feature) => ["--enable", feature]);
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(["module.ts", ...flags, ...memory, ...enabled, "--outFile", "module.wasm"], {
    readFile: (name) => (name === "module.ts" ? text : null),
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
    stderr,
  });
  if (error !== null || binary === undefined) throw new Error(`asc: ${stderr.toString()}`, { cause: error });
  return deflateSync(binary).toString("base64");
}

const argument = (role: FeedFact["role"], name: string, shape: readonly number[]): FeedFact => ({ name, role, shape });

function facts(batch: number): Readonly<Record<ProgramName, ProgramFacts>> {
  const x = argument("input", "x", [batch, 2]);
  const y = argument("input", "y", [batch, 1]);
  const mask = argument("input", "batch.mask", [batch]);
  const rate = argument("scalar", "learning_rate", []);
  const loss = { name: "loss", shape: [] };
  const lossCount = { name: "loss.count", shape: [] };
  const prediction = { name: "prediction", shape: [batch, 1] };
  const shares = { name: "shares", shape: [2] };
  return {
    predict: { feeds: [x], results: [prediction] },
    evaluate: { feeds: [x, y, mask], results: [prediction, loss, lossCount, shares] },
    gradients: { feeds: [x, y, mask], results: [loss, { name: "gradient.w", shape: [2] }] },
    train_step: { feeds: [x, y, mask, rate], results: [loss] },
  };
}

function definitionWith(target: WasmTarget) {
  return {
    name: "by-hand",
    specHash: "hash",
    compilerVersion: "0.1.0",
    spec: {},
    stream: { reason: "it was written by hand" },
    metrics: [],
    training: { length: { epochs: 1 }, seed: 0, shuffle: true },
    data: { kind: "tensors", file: "examples.json" },
    losses: [{ input: "prediction", target: "y", reduction: "sum" }],
    batchSize: BATCH,
    inputs: [
      { name: "x", role: "input", shape: [2], axes: ["C"], dtype: "float32", lengths: false },
      { name: "y", role: "target", shape: [1], axes: ["C"], dtype: "float32", lengths: false },
    ],
    outputs: [{ name: "prediction", shape: [1], axes: ["C"] }],
    parameters: [{ name: "w", shape: [2], initializer: { kind: "uniform", bound: 0.5 }, frozen: false }],
    optimizer: {
      kind: "sgd",
      learningRate: 0.0625,
      slots: ["momentum"],
      scalars: (_step: number, learningRate: number) => ({ learning_rate: learningRate }),
    },
    programs: ["predict", "evaluate", "gradients", "train_step"],
    gpu: { launches: 14, load: () => Promise.resolve({ kernels: {}, programs: {} }) },
    wasm: { flops: 1e6, threads: target.programs.train_step?.threads ?? 1, load: () => Promise.resolve(target) },
  } as const satisfies ModelDefinition;
}
