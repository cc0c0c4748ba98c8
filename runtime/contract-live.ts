/** What a program does with a live model: a part of the contract. */
import type { Backend, BackendReport } from "./contract-backend.ts";
import type { InputFact, ModelDefinition } from "./contract.ts";
import type { LengthsOf } from "./shared/names.ts";

/**
 * Row-major numbers: flat, or nested by shape. Lengths are checked against the model. What a model computes with is float32:
 * fractions are rounded to it, whole numbers and those of integer arrays must be held exactly.
 */
export type TensorInput = NumberArray | NestedNumbers;
export type NestedNumbers = readonly (number | NumberArray | NestedNumbers)[];
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;
export type TensorInputs = Readonly<Record<string, TensorInput>>;
export type TensorOutputs = Record<string, Float32Array>;

/**
 * The inputs that `predict` needs, and those that training needs, as types of a definition written `as const`. A generated module
 * writes its own down, by name: what is read off facts shows all of them wherever it is named.
 */
export type PredictInputs<D extends ModelDefinition> = {
  readonly [F in Predicted<D["inputs"][number]> as F["name"]]: TensorInput;
} & {
  readonly [
    F in Predicted<D["inputs"][number]> as F["lengths"] extends true ? LengthsOf<F["name"]> : never
  ]: TensorInput;
};
/** Of inputs those that `predict` takes: read by layers, and not in training alone. */
type Predicted<F extends InputFact> = F extends { readonly role: "input" }
  ? F extends { readonly trainingOnly: true }
    ? never
    : F
  : never;
export type TrainInputs<D extends ModelDefinition> = {
  readonly [F in D["inputs"][number] as F["name"]]: TensorInput;
} & LengthInputs<D>;
export type LengthInputs<D extends ModelDefinition, Role extends InputFact["role"] = InputFact["role"]> = {
  readonly [
    F in D["inputs"][number] as F["role"] extends Role
      ? F["lengths"] extends true
        ? LengthsOf<F["name"]>
        : never
      : never
  ]: TensorInput;
};
export type Outputs<D extends ModelDefinition> = { [F in D["outputs"][number] as F["name"]]: Float32Array };

/** An array of bytes, a view of some of a buffer, or a buffer itself; shared memory too. */
export type Bytes = Uint8Array | Uint8ClampedArray | Int8Array | DataView | ArrayBuffer | SharedArrayBuffer;

/** An option that is undefined is one that is left out. */
export interface CreateOptions {
  readonly backend?: Backend | undefined;
  /** Bytes of a safetensors file in PyTorch's names and layouts; without them the model is initialised. */
  readonly weights?: Bytes | undefined;
  /** Seed of the initial weights and of dropout; default 0. */
  readonly seed?: number | undefined;
  /** Most threads that the backend `wasm` may use; 1: no workers. Default: as many as pay, up to the number of cores. */
  readonly threads?: number | undefined;
  /**
   * Which variant of the backend `wasm`: `plain` SIMD, whose results are the same on every machine, or `relaxed` SIMD, whose
   * multiply-add rounds once where the processor can. Default: relaxed where the engine offers it. `SPECLOOM_WASM=simd` in
   * Node's environment takes relaxed SIMD away.
   */
  readonly simd?: SimdVariant | undefined;
}

export type SimdVariant = "plain" | "relaxed";

/**
 * A loss and what it counts: the elements its mean was taken over where the programs tell them (of several losses, those of the first),
 * else the examples. A count of 0 says that nothing counted, as where all labels are ignored or have weight 0: the total was then
 * divided by 1. `loss * (count || 1)` is the total, which is what adds up over batches.
 */
export interface LossValue {
  readonly loss: number;
  readonly count: number;
  /** Where several losses are summed, each by itself: they may count different elements. */
  readonly parts?: readonly LossPartValue[];
}

export interface LossPartValue {
  readonly loss: number;
  readonly count: number;
  readonly reduction: "mean" | "sum";
}

export interface TrainStepOptions {
  /** The rate of this update, whatever the schedule says. */
  readonly learningRate?: number | undefined;
  /** The epoch that this update belongs to, 1 for the first (the default): what a schedule per epoch goes by. */
  readonly epoch?: number | undefined;
  /**
   * With `train.accumulate`: whether this batch is the last of its update. Default: every n-th is. The gradients of the batches are
   * those of one batch that holds all their examples.
   */
  readonly update?: boolean | undefined;
}

/** What a training step tells: the loss before the update, and the learning rate that it was made with. */
export interface StepValue extends LossValue {
  readonly learningRate: number;
  /** False where this batch was only added to those before it: the parameters are what they were. */
  readonly updated: boolean;
  /**
   * With `train.clip_grad_norm`, where an update was made: the norm of all its gradients before they were clipped, PyTorch's
   * `clip_grad_norm_`. Below 1e-19 the squares of gradients are less than float32 holds, and it may be told as 0.
   */
  readonly gradientNorm?: number;
}

export interface TrainingState {
  /** Updates done so far. */
  readonly step: number;
  readonly seed: number;
  /** Optimizer state, and with `train.accumulate` the sums of gradients. */
  readonly slots: Readonly<Record<string, Float32Array>>;
  /** With `train.accumulate`: batches whose gradients wait for an update; default 0. */
  readonly accumulated?: number | undefined;
}

/** A model in the middle of a sequence. Values are those of one example. */
export interface Stream {
  /** Steps that were taken; those under way are not among them. */
  readonly position: number;
  /**
   * Steps need not be awaited one by one: each reads what the one before it leaves, and one that fails leaves what was there.
   * @param inputs one step of every stepped input: `[C]` of `[T, C]`, a number of `[T]`
   * @throws Problem `stream-outdated` where the model's parameters have changed since the stream was started
   */
  step(inputs: TensorInputs): Promise<TensorOutputs>;
  /** A second stream that goes on from here, behind the steps that are under way. */
  fork(): Stream;
}

export interface DecodeOptions {
  readonly kind?: "greedy" | "beam" | undefined;
  readonly beamSize?: number | undefined;
  readonly lengthPenalty?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly nBest?: number | undefined;
}

export interface Hypothesis {
  /** Without those before the first and after the last. */
  readonly tokens: readonly number[];
  /** Its log-probability; with a length penalty, divided by it. */
  readonly score: number;
  /** Whether it ended by itself, and not at the greatest length. */
  readonly complete: boolean;
}

/**
 * A live model, typed by what `predict` takes, what training takes, and what comes out.
 *
 * Calls may be made in any order without waiting for those before: each is answered, whole, of the state that the calls made before
 * it leave, with the inputs and options as they were when it was made. One that fails changes nothing and holds up none behind it.
 * `parameters`, `trainingState` and `report` answer at once, of a state between two calls: what is still under way is not in it.
 */
export interface LiveModel<Given = TensorInputs, Learned = TensorInputs, Found = TensorOutputs> {
  readonly definition: ModelDefinition;
  /** Any number of examples; they are run in batches of `batchSize`. */
  predict(inputs: Given): Promise<Found>;
  /**
   * One update with 1 to `batchSize` examples; with `train.accumulate` a part of one, which every n-th call completes. `loss` is
   * that of these examples before the update; `count` as in `evaluate`. The learning rate is that of the spec's schedule at this
   * update, else the optimizer's; a schedule per epoch needs the option `epoch`, and a plateau is reduced by the trainer alone.
   *
   * @throws Problem `loss-not-finite` naming the tensors that are not finite; the model is then as it was.
   */
  trainStep(inputs: Learned, options?: TrainStepOptions): Promise<StepValue>;
  /** Loss in evaluation mode of any number of examples, as if they were one batch, and the model's outputs. */
  evaluate(inputs: Learned): Promise<LossValue & { readonly outputs: Found }>;
  /** Gradients of the training-mode loss by parameter name, PyTorch's layout. Changes nothing, statistics neither. */
  gradients(inputs: Learned): Promise<Record<string, Float32Array>>;
  /**
   * Runs the model step by step for one example: a step gives what whole sequences give there. It is a stream of the parameters
   * that the calls made before have left; once they are others (`trainStep`, `load`), its steps end in Problem `stream-outdated`.
   * @param inputs those that come whole (`definition.stream.whole`), with their lengths
   * @throws Problem `no-stream` saying which layer needs whole sequences
   */
  stream(inputs?: TensorInputs): Promise<Stream>;
  /**
   * The likeliest tokens for every example: greedy or beam search as the spec's `decode` says, or the options. Examples are
   * decoded one by one, so that what comes out never depends on what else is given.
   * @param inputs those of `predict` but the tokens that are decoded. A model that reads nothing else may be given how they
   * begin, `[n, P]` with `<name>.lengths` where they differ (flat: one beginning), and goes on from there; else from `bos`.
   */
  decode(inputs: TensorInputs, options?: DecodeOptions): Promise<readonly (readonly Hypothesis[])[]>;
  /** Copies, by name, PyTorch's layout: all of `definition.parameters`, frozen ones and statistics too. */
  parameters(): Record<string, Float32Array>;
  /** Safetensors bytes of the parameters. */
  save(): Promise<Uint8Array>;
  load(weights: Bytes): Promise<void>;
  /** Optimizer state (`<parameter>#<slot>`) and the counters a resumed run needs. */
  trainingState(): TrainingState & { readonly slots: Record<string, Float32Array> };
  /** @throws Problem `invalid-option` while other calls are under way */
  restoreTrainingState(state: TrainingState): void;
  report(): BackendReport;
  /** Waits for the calls under way, then frees the device; calls made later end in Problem `model-disposed`. */
  dispose(): Promise<void>;
}

/** The exported `model` of a generated module. */
export interface ModelHandle<Given = TensorInputs, Learned = TensorInputs, Found = TensorOutputs> extends Pick<
  ModelDefinition,
  "spec" | "parameters" | "inputs" | "outputs"
> {
  readonly definition: ModelDefinition;
  create(options?: CreateOptions): Promise<LiveModel<Given, Learned, Found>>;
}

/** The model, and the handle, of a definition written `as const`. */
export type LiveOf<D extends ModelDefinition> = LiveModel<PredictInputs<D>, TrainInputs<D>, Outputs<D>>;
export type HandleOf<D extends ModelDefinition> = ModelHandle<PredictInputs<D>, TrainInputs<D>, Outputs<D>>;
