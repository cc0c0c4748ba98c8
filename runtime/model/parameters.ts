/** The tensors that a model keeps, trained ones and statistics: their start, and their way in and out of safetensors files. */
import type { ModelDefinition, ParameterFact, StatisticDType } from "../contract.ts";
import type { Bytes, LiveModel } from "../contract-live.ts";
import { memberOf } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import { bytesOf } from "../bytes.ts";
import { understood } from "./foreign-weights.ts";
import { fillNormal, fillUniform, initialisationStream } from "../random.ts";
import { CHECKSUM_KEY } from "../safetensors-checksum.ts";
import { readSafetensors, writeSafetensors } from "../safetensors.ts";
import type { SafetensorsFile, SafetensorsTensor } from "../safetensors.ts";
import { firstNotFinite, placeText, shapeText, sizeOf } from "../tensor.ts";
import { slotOf, slotParts } from "../shared/names.ts";

export type Tensors = Record<string, Float32Array>;

/** A tensor that a file must hold. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly statistic?: StatisticDType;
}

/** Initial parameters by name; each depends on the seed and its own name alone. */
export function initialParameters(definition: ModelDefinition, seed: number): Tensors {
  return Object.fromEntries(definition.parameters.map((fact) => [fact.name, initialParameter(fact, seed)]));
}

function initialParameter(fact: ParameterFact, seed: number): Float32Array {
  const values = drawnParameter(fact, seed);
  const { zeroRow } = fact.initializer;
  const size = sizeOf(fact.shape.slice(1));
  return zeroRow === undefined ? values : values.fill(0, zeroRow * size, (zeroRow + 1) * size);
}

function drawnParameter({ name, shape, initializer }: ParameterFact, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  const stream = initialisationStream(name);
  switch (initializer.kind) {
    case "constant":
      return values.fill(initializer.value);
    case "uniform":
      return fillUniform(values, seed, stream).map((value) => (2 * value - 1) * initializer.bound);
    case "normal":
      return fillNormal(values, seed, stream).map((value) => initializer.mean + initializer.deviation * value);
    default:
      return initializer satisfies never;
  }
}

/** Optimizer state at the start: one tensor `<parameter>#<slot>` per trainable parameter and slot. */
export function initialSlots(definition: ModelDefinition): Tensors {
  const { initial = {} } = definition.optimizer;
  return Object.fromEntries(
    expectedSlots(definition).map(({ name, shape }) => {
      const start = memberOf(initial, slotParts(name)?.slot ?? "") ?? 0;
      return [name, new Float32Array(sizeOf(shape)).fill(start)];
    }),
  );
}

/** What an executor keeps from call to call: parameters (statistics among them) and optimizer state. */
export function residentTensors(definition: ModelDefinition): readonly ExpectedTensor[] {
  return [...definition.parameters, ...expectedSlots(definition)];
}

/** Optimizer state, and where several batches make an update the sums of gradients; nothing where nothing is trained. */
export function expectedSlots(definition: ModelDefinition): readonly ExpectedTensor[] {
  const { parameters, optimizer, accumulation, programs } = definition;
  if (!programs.includes("train_step")) return [];
  const slots = parameters
    .filter(({ frozen }) => !frozen)
    .flatMap(({ name, shape }) => optimizer.slots.map((slot) => ({ name: slotOf(name, slot), shape })));
  return [...slots, ...(accumulation?.tensors ?? [])];
}

/** Safetensors bytes of the parameters, in PyTorch's names and layouts. */
export function writeWeights(
  definition: ModelDefinition,
  parameters: Readonly<Tensors>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const tensors = definition.parameters.map((fact) => fileEntry(fact, memberOf(parameters, fact.name)));
  return writeSafetensors(tensors, { ...metadata, ...weightsMetadata(definition) });
}

/** What every file of a model's tensors says about itself. `format: pt` is what PyTorch's own readers look for. */
export function weightsMetadata(definition: ModelDefinition): Record<string, string> {
  return {
    format: "pt",
    name: definition.name,
    spec_hash: definition.specHash,
    compiler_version: definition.compilerVersion,
    // Filled in by the writer.
    [CHECKSUM_KEY]: "",
  };
}

export function float32Entry(
  name: string,
  shape: readonly number[],
  values: Float32Array | undefined,
): [string, SafetensorsTensor] {
  return [name, { dtype: "F32", shape, data: values ?? new Float32Array(0) }];
}

/** A tensor as files have it: in PyTorch's dtype. */
export function fileEntry(
  { name, shape, statistic }: ExpectedTensor,
  values: Float32Array | undefined,
  prefix = "",
): [string, SafetensorsTensor] {
  if (statistic !== "int64") return float32Entry(prefix + name, shape, values);
  const data = BigInt64Array.from(values ?? [], (value) => BigInt(Math.round(value)));
  return [prefix + name, { dtype: "I64", shape, data }];
}

/**
 * The parameters in a safetensors file.
 *
 * Weights of any spec serve whose parameters have the same names and shapes: that is how a model is trained further. Those of
 * float64, float16 and bfloat16, and under names that all begin alike, are understood.
 *
 * @throws Problem `invalid-option` for what holds no bytes, `invalid-safetensors`, `wrong-weights` with every missing, unexpected and misshapen tensor
 */
export function readWeights(definition: ModelDefinition, bytes: Bytes): Weights {
  const { tensors: given, metadata } = readSafetensors(bytesOf(bytes, "weights"));
  const names = definition.parameters.map(({ name }) => name);
  const { tensors, notices } = understood(given, names);
  return { parameters: takeTensors(tensors, definition.parameters, "weights"), metadata, notices };
}

export interface Weights {
  readonly parameters: Tensors;
  /** What the file says beside the tensors: the scaler of the data, say. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was made of tensors that are not as this project saves them; see `BackendReport.notices`. */
  readonly notices: readonly string[];
}

/** Gives a live model other parameters; what its weights say beside the tensors stays. */
export async function replaceParameters(model: LiveModel, parameters: Readonly<Tensors>): Promise<void> {
  const { metadata } = readSafetensors(await model.save());
  await model.load(writeWeights(model.definition, parameters, metadata));
}

/** A checkpoint goes on only as the training it was: its spec may differ in how long to train, and in nothing else. */
export function checkSpecHash(definition: ModelDefinition, file: SafetensorsFile): void {
  const hash = file.metadata["spec_hash"];
  if (hash === undefined || hash === definition.specHash) return;
  const name = file.metadata["name"];
  throw new Problem({
    code: "weights-of-another-spec",
    message:
      `this checkpoint was saved by another spec: its spec_hash is ${JSON.stringify(hash)}` +
      `${name === undefined ? "" : ` (model ${JSON.stringify(name)})`}, ` +
      `but "${definition.name}" has ${JSON.stringify(definition.specHash)}.`,
    help: "resume with the spec of that run (how long to train may change), or start a new run with --weights.",
  });
}

/** Exactly the expected tensors, of their dtype and finite; everything that is wrong is listed at once. */
export function takeTensors(
  given: ReadonlyMap<string, SafetensorsTensor>,
  expected: readonly ExpectedTensor[],
  what: string,
): Tensors {
  const faults: string[] = [];
  const taken = new Map<string, Float32Array>();
  for (const { name, shape, statistic } of expected) {
    const tensor = given.get(name);
    const values = tensor && numbersOf(tensor, statistic);
    if (tensor === undefined) {
      faults.push(`missing: ${name} ${shapeText(shape)}`);
    } else if (values === undefined || shapeText(tensor.shape) !== shapeText(shape)) {
      const dtype = statistic === "int64" ? "I64" : "F32";
      faults.push(`${name} is ${tensor.dtype} ${shapeText(tensor.shape)}, expected ${dtype} ${shapeText(shape)}`);
    } else {
      const position = firstNotFinite(values);
      if (position >= 0) faults.push(`${name}${placeText(position, shape)} is ${String(values[position])}`);
      taken.set(name, values);
    }
  }
  const names = new Set(expected.map(({ name }) => name));
  for (const [name, { shape }] of given) {
    if (!names.has(name)) faults.push(`unexpected: ${name} ${shapeText(shape)}`);
  }
  if (faults.length > 0) {
    throw new Problem({
      code: "wrong-weights",
      message: `the ${what} do not fit this model:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
      help: "names, shapes and dtypes must be those of the model's parameters; `specloom inspect` lists them.",
    });
  }
  return Object.fromEntries(taken);
}

/** As float32; undefined when the dtype is another one. Whole numbers may come as float32 too, as from a converted file. */
function numbersOf({ data }: SafetensorsTensor, statistic: StatisticDType | undefined): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  return statistic === "int64" && data instanceof BigInt64Array ? Float32Array.from(data, Number) : undefined;
}
