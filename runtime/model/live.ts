/** A model in memory: the calls that read and change its tensors, one at a time. The tensors are the executor's. */
import type {
  AnyProgramName,
  BackendReport,
  DecodeOptions,
  Executor,
  Hypothesis,
  LiveModel,
  LossValue,
  ModelDefinition,
  Outputs,
  PredictInputs,
  ProgramRun,
  StepValue,
  Stream,
  TensorInputs,
  TrainingState,
  TrainInputs,
  TrainStepOptions,
} from "../contract.ts";
import { memberOf } from "../member-of.ts";
import { Problem } from "../problem.ts";
import { isSeed } from "../random.ts";
import { learningRateAt } from "../training/learning-rate.ts";
import { describe, sizeOf } from "../tensor.ts";
import { planBatches, ProgramCalls } from "./batches.ts";
import type { Rows } from "./batches.ts";
import { CLIP_SCALE, clippingFault, clipsNorm, gradientNorm, SMALL_SCALE, squaresOverflowed } from "./clip.ts";
import { decode } from "./decode.ts";
import { lossNotFinite, notFinite } from "./finite.ts";
import type { NamedTensor } from "./finite.ts";
import { InputCheck } from "./inputs.ts";
import type { CheckedInputs } from "./inputs.ts";
import { lossParts, LossTotal, lossReduction } from "./loss.ts";
import { expectedSlots, float32Entry, initialSlots, readWeights, takeTensors, writeWeights } from "./parameters.ts";
import type { Tensors } from "./parameters.ts";
import { Streams } from "./streams.ts";
import { Breather, Queue } from "./turns.ts";

/** What a new model starts from. */
export interface LiveStart {
  readonly executor: Executor;
  readonly parameters: Tensors;
  readonly seed: number;
  /** What the weights' file said beside the tensors; `save` writes it again. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export class RunningModel<D extends ModelDefinition> implements LiveModel<D> {
  readonly definition: D;
  readonly #executor: Executor;
  readonly #calls: ProgramCalls;
  readonly #inputs: InputCheck;
  readonly #queue = new Queue();
  readonly #streams: Streams;
  /** Whether several losses are summed. */
  readonly #hasParts: boolean;
  readonly #clipsNorm: boolean;
  #metadata: Readonly<Record<string, string>>;
  #seed: number;
  /** Updates done so far. */
  #step = 0;
  /** Batches whose gradients wait for an update. */
  #accumulated = 0;
  #disposal: Promise<void> | undefined;

  constructor(definition: D, start: LiveStart) {
    this.definition = definition;
    this.#executor = start.executor;
    this.#executor.write({ ...start.parameters, ...initialSlots(definition) });
    this.#calls = new ProgramCalls(definition, start.executor);
    this.#inputs = new InputCheck(definition);
    this.#streams = new Streams(definition, start.executor, this.#queue, () => {
      this.#refuseDisposed();
    });
    this.#metadata = start.metadata ?? {};
    this.#seed = start.seed;
    this.#hasParts = Array.isArray(definition.spec["loss"]);
    this.#clipsNorm = clipsNorm(definition);
  }

  // Inputs are checked and copied when a call is made, not when its turn comes.
  async predict(inputs: PredictInputs<D>): Promise<Outputs<D>> {
    this.#refuseDisposed();
    const checked = this.#inputs.check(inputs, "predict", !this.#queue.busy);
    return this.#queue.run(async () => (await this.#runAll("predict", checked)).outputs);
  }

  async evaluate(inputs: TrainInputs<D>): Promise<LossValue & { readonly outputs: Outputs<D> }> {
    this.#refuseDisposed();
    const checked = this.#inputs.check(inputs, "train", !this.#queue.busy);
    return this.#queue.run(async () => {
      const { outputs, total } = await this.#runAll("evaluate", checked);
      const loss = lossReduction(this.definition) === "sum" ? total.sum : total.mean;
      return { loss, count: total.count, ...(total.parts.length > 0 ? { parts: total.parts } : {}), outputs };
    });
  }

  async trainStep(inputs: TrainInputs<D>, options: TrainStepOptions = {}): Promise<StepValue> {
    this.#refuseDisposed();
    const checked = this.#oneBatch(inputs, "trainStep");
    const { accumulation } = this.definition;
    checkStepOptions(options, accumulation !== undefined);
    return this.#queue.run(async () => {
      const place = { step: this.#step + 1, epoch: options.epoch ?? 1 };
      const learningRate = options.learningRate ?? learningRateAt(this.definition, place);
      const updated = options.update ?? this.#accumulated + 1 >= (accumulation?.batches ?? 1);
      const program = updated ? "train_step" : "accumulate";
      const { run, norm } = await this.#update(program, checked, learningRate);
      if (run.refused !== undefined) throw await this.#notFinite(program, run, norm, checked);
      if (updated) this.#step += 1;
      this.#accumulated = updated ? 0 : this.#accumulated + 1;
      // Written out: small models are called so often that spreading objects would be felt.
      const { loss, count, parts } = this.#lossOf(run.results, checked.count);
      if (norm === undefined && parts === undefined) return { loss, count, learningRate, updated };
      return {
        loss,
        count,
        ...(parts === undefined ? {} : { parts }),
        learningRate,
        updated,
        ...(norm === undefined ? {} : { gradientNorm: norm }),
      };
    });
  }

  async gradients(inputs: TrainInputs<D>): Promise<Record<string, Float32Array>> {
    this.#refuseDisposed();
    const checked = this.#oneBatch(inputs, "gradients");
    return this.#queue.run(async () => {
      const { results } = await this.#runOne("gradients", checked);
      const prefix = "gradient.";
      return Object.fromEntries(
        Object.entries(results)
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, values]) => [name.slice(prefix.length), values]),
      );
    });
  }

  async stream(inputs: TensorInputs = {}): Promise<Stream> {
    this.#refuseDisposed();
    return this.#streams.start(inputs);
  }

  async decode(inputs: TensorInputs, options: DecodeOptions = {}): Promise<readonly (readonly Hypothesis[])[]> {
    this.#refuseDisposed();
    const decodable = {
      definition: this.definition,
      stream: (whole: TensorInputs) => this.stream(whole),
      predict: (all: TensorInputs) => this.predict(all as PredictInputs<D>),
    };
    return decode(decodable, inputs, options);
  }

  parameters(): Record<string, Float32Array> {
    this.#refuseDisposed();
    return this.#read(this.definition.parameters);
  }

  async save(): Promise<Uint8Array> {
    this.#refuseDisposed();
    return this.#queue.run(() =>
      Promise.resolve(writeWeights(this.definition, this.#read(this.definition.parameters), this.#metadata)),
    );
  }

  /** Takes over the parameters; optimizer state and counters stay, as with PyTorch's `load_state_dict`. */
  async load(weights: Uint8Array): Promise<void> {
    this.#refuseDisposed();
    const { parameters, metadata } = readWeights(this.definition, weights);
    await this.#queue.run(() => {
      this.#executor.write(parameters);
      this.#metadata = metadata;
      return Promise.resolve();
    });
  }

  trainingState(): TrainingState & { readonly slots: Tensors } {
    this.#refuseDisposed();
    const slots = this.#read(expectedSlots(this.definition));
    const waiting = this.definition.accumulation === undefined ? {} : { accumulated: this.#accumulated };
    return { step: this.#step, seed: this.#seed, slots, ...waiting };
  }

  restoreTrainingState(state: TrainingState): void {
    this.#refuseDisposed();
    if (this.#queue.busy) {
      throw invalidOption("restoreTrainingState cannot run while other calls are under way; await them first.");
    }
    if (!Number.isSafeInteger(state.step) || state.step < 0) {
      throw invalidOption(`step must be a whole number from 0, not ${String(state.step)}.`);
    }
    const { accumulated = 0 } = state;
    if (!Number.isSafeInteger(accumulated) || accumulated < 0) {
      throw invalidOption(`accumulated must be a whole number from 0, not ${String(accumulated)}.`);
    }
    if (!isSeed(state.seed)) throw invalidSeed(state.seed);
    const given = Object.entries(state.slots).map(([name, values]) => {
      const expected = expectedSlots(this.definition).find((slot) => slot.name === name);
      const fits = expected !== undefined && sizeOf(expected.shape) === values.length;
      return float32Entry(name, fits ? expected.shape : [values.length], values);
    });
    this.#executor.write(takeTensors(new Map(given), expectedSlots(this.definition), "optimizer state"));
    this.#step = state.step;
    this.#accumulated = accumulated;
    this.#seed = state.seed;
  }

  report(): BackendReport {
    this.#refuseDisposed();
    return this.#executor.report();
  }

  /** Waits for the calls under way, then frees the device. Calling it again does nothing more. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#queue.run(() => this.#executor.dispose());
    return this.#disposal;
  }

  #refuseDisposed(): void {
    if (this.#disposal !== undefined) throw disposed(this.definition);
  }

  #oneBatch(inputs: TrainInputs<D>, call: string): CheckedInputs {
    const checked = this.#inputs.check(inputs, "train", !this.#queue.busy);
    if (checked.count <= this.definition.batchSize) return checked;
    throw new Problem({
      code: "wrong-inputs",
      message:
        `${call} takes 1 to ${String(this.definition.batchSize)} examples, the batch size that this module was ` +
        `compiled for, but ${String(checked.count)} were given.`,
      help: "hand them over in several calls, or raise train.batch_size in the spec and compile again.",
    });
  }

  #read(tensors: readonly { readonly name: string }[]): Tensors {
    return Object.fromEntries(tensors.map(({ name }) => [name, this.#executor.read(name)]));
  }

  /** One batch of an update; where only the square of the gradients' norm is not finite, made anew with smaller squares. */
  async #update(
    program: AnyProgramName,
    inputs: CheckedInputs,
    learningRate: number,
  ): Promise<{ readonly run: ProgramRun; readonly norm: number | undefined }> {
    const run = await this.#runOne(program, inputs, learningRate);
    if (!squaresOverflowed(run)) return { run, norm: gradientNorm(run, 1) };
    const again = await this.#runOne(program, inputs, learningRate, SMALL_SCALE);
    return { run: again, norm: gradientNorm(again, SMALL_SCALE) };
  }

  /** All the examples in one call of a full batch. */
  #runOne(
    program: AnyProgramName,
    inputs: CheckedInputs,
    learningRate?: number,
    clipScale?: number,
  ): Promise<ProgramRun> {
    const rows = { start: 0, end: inputs.count, batch: this.definition.batchSize };
    return this.#run(program, inputs, rows, learningRate, clipScale);
  }

  #run(
    program: AnyProgramName,
    inputs: CheckedInputs,
    rows: Rows,
    learningRate = this.definition.optimizer.learningRate,
    clipScale = 1,
  ): Promise<ProgramRun> {
    const step = this.#step + 1;
    const { optimizer, accumulation } = this.definition;
    const own = optimizer.scalars(step, learningRate);
    const kept = this.#accumulated === 0 ? 0 : 1;
    const scalars =
      accumulation === undefined && !this.#clipsNorm
        ? own
        : { ...own, "accumulation.kept": kept, [CLIP_SCALE]: clipScale };
    // Every batch of an update has random numbers of its own.
    const draw = (step - 1) * (accumulation?.batches ?? 1) + this.#accumulated + 1;
    return this.#calls.run(program, { scalars, seed: this.#seed, draw }, inputs, rows);
  }

  /** All examples in batches; outputs without the padded rows, one after the other. */
  async #runAll(
    program: "predict" | "evaluate",
    inputs: CheckedInputs,
  ): Promise<{ readonly outputs: Outputs<D>; readonly total: LossTotal }> {
    const { outputs: facts } = this.definition;
    const outputs: Tensors = Object.fromEntries(
      facts.map(({ name, shape }) => [name, new Float32Array(inputs.count * sizeOf(shape))]),
    );
    const total = new LossTotal(lossReduction(this.definition));
    const breather = new Breather();
    for (const rows of planBatches(inputs.count, this.#executor.batches(program))) {
      const { start, end } = rows;
      const { results } = await this.#run(program, inputs, rows);
      for (const { name, shape } of facts) {
        const real = memberOf(results, name)?.subarray(0, (end - start) * sizeOf(shape));
        if (real !== undefined) memberOf(outputs, name)?.set(real, start * sizeOf(shape));
      }
      if (program === "evaluate") {
        total.add(this.#lossOf(results, end - start));
      }
      await breather.pause();
    }
    return { outputs: outputs as Outputs<D>, total };
  }

  #lossOf(results: Tensors, examples: number): LossValue {
    const value = { loss: results["loss"]?.[0] ?? NaN, count: results["loss.count"]?.[0] ?? examples };
    if (!this.#hasParts) return value;
    const parts = lossParts(this.definition, results);
    return parts.length > 0 ? { ...value, parts } : value;
  }

  /** What to say of an update that was refused. */
  async #notFinite(
    program: AnyProgramName,
    { results, refused }: ProgramRun,
    norm: number | undefined,
    inputs: CheckedInputs,
  ): Promise<Problem> {
    const faults = notFinite(this.#named(program, { ...results, ...refused }));
    const gradients = await this.#runOne("gradients", inputs);
    const causes = [
      ...notFinite(this.#named("gradients", gradients.results).filter(({ name }) => name !== "loss")),
      ...clippingFault(this.definition, norm),
    ];
    const isLoss = (fault: string): boolean => fault.startsWith("loss is ");
    const isOld = (fault: string): boolean => fault.startsWith("gradient_norm is ");
    return lossNotFinite(this.#step + 1, [
      ...faults.filter(isLoss),
      ...causes,
      // The new parameters only matter where the gradients were still finite: else every one of them follows.
      ...(causes.length > 0 ? [] : faults)
        .filter((fault) => !isLoss(fault))
        .map((fault) => (isOld(fault) ? fault : `new ${fault}`)),
    ]);
  }

  #named(program: AnyProgramName, results: Tensors): readonly NamedTensor[] {
    // Left out: what counts, and the losses that `loss` sums, which is not finite either where one of them is not.
    return (this.definition.gpu[program]?.results ?? [])
      .filter(({ name }) => !name.startsWith("loss."))
      .map(({ name, shape }) => ({ name, shape, values: memberOf(results, name) ?? new Float32Array(0) }));
  }
}

function checkStepOptions(options: TrainStepOptions, accumulates: boolean): void {
  checkOptions("trainStep", options, ["learningRate", "epoch", "update"]);
  const { learningRate, epoch, update } = options;
  if (update === false && !accumulates) {
    throw invalidOption(
      "update: false is for models whose spec says train.accumulate; every step of this one updates.",
    );
  }
  if (learningRate !== undefined && !(Number.isFinite(learningRate) && learningRate >= 0)) {
    throw invalidOption(`learningRate must be a number from 0, not ${String(learningRate)}.`);
  }
  if (epoch !== undefined && !(Number.isSafeInteger(epoch) && epoch >= 1)) {
    throw invalidOption(`epoch must be a whole number from 1, not ${String(epoch)}.`);
  }
}

/** @throws Problem `invalid-option` when it is no object, or has keys of its own */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw invalidOption(`${call} takes an object of options (${known.join(", ")}), not ${describe(options)}.`);
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw invalidOption(`${call} has no option ${unknown.join(", ")}; its options are ${known.join(", ")}.`);
  }
}

export function invalidSeed(seed: unknown): Problem {
  return invalidOption(`seed must be a whole number from 0 to 2^53 - 1, not ${String(seed)}.`);
}

export function invalidOption(message: string): Problem {
  return new Problem({ code: "invalid-option", message });
}

function disposed(definition: ModelDefinition): Problem {
  return new Problem({
    code: "model-disposed",
    message: `model "${definition.name}" was disposed; it cannot be used any more.`,
    help: "create a new one with model.create().",
  });
}
