/**
 * What a model is at one moment: the tensors that its executor keeps, and the counters beside them. They change together, in one
 * go: whoever reads them in between two calls, or while one is under way, never sees half an update.
 */
import type { AnyProgramName, ModelDefinition, StreamProgramName, TensorFact } from "../contract.ts";
import type { TrainingState } from "../contract-live.ts";
import type { BackendReport, Executor, ProgramRun } from "../contract-backend.ts";
import { memberOf } from "../shared/member-of.ts";
import { sizeOf } from "../tensor.ts";
import { ProgramCalls } from "./batches.ts";
import type { Rows } from "./batches.ts";
import { clipsNorm } from "./clip.ts";
import type { CheckedInputs } from "./inputs.ts";
import { expectedSlots, float32Entry, initialSlots, takeTensors, writeWeights } from "./parameters.ts";
import type { Tensors, Weights } from "./parameters.ts";
import { accumulationKept, clipScale } from "../shared/names.ts";

/** What a new model starts from. */
export interface LiveStart {
  readonly executor: Executor;
  readonly parameters: Tensors;
  readonly seed: number;
  /** What the weights' file said beside the tensors; `save` writes it again. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** See `BackendReport.notices`. */
  readonly notices?: readonly string[];
}

/** How a batch is run, where it is not as in an evaluation of the whole batch. */
export interface RunSetting {
  readonly rows?: Rows;
  readonly learningRate?: number;
  readonly clipScale?: number;
}

export class ModelState {
  readonly definition: ModelDefinition;
  readonly #executor: Executor;
  readonly #calls: ProgramCalls;
  /** Whether the programs of an update ask for more than the optimizer's coefficients. */
  readonly #hasFurtherScalars: boolean;
  readonly #hasStatistics: boolean;
  #metadata: Readonly<Record<string, string>>;
  #notices: readonly string[];
  #seed: number;
  /** Updates done so far. */
  #step = 0;
  /** Batches whose gradients wait for an update. */
  #accumulated = 0;
  #parametersVersion = 0;

  constructor(definition: ModelDefinition, { executor, parameters, seed, metadata = {}, notices = [] }: LiveStart) {
    this.definition = definition;
    this.#executor = executor;
    this.#executor.write({ ...parameters, ...initialSlots(definition) });
    this.#calls = new ProgramCalls(definition, executor);
    this.#hasFurtherScalars = definition.accumulation !== undefined || clipsNorm(definition);
    this.#hasStatistics = definition.parameters.some(({ statistic }) => statistic !== undefined);
    this.#metadata = metadata;
    this.#notices = notices;
    this.#seed = seed;
  }

  /** Updates done so far. */
  get step(): number {
    return this.#step;
  }

  /** Batches whose gradients wait for an update. */
  get accumulated(): number {
    return this.#accumulated;
  }

  /** Another number whenever the parameters, statistics among them, have been given other values. */
  get parametersVersion(): number {
    return this.#parametersVersion;
  }

  /** Copies. */
  parameters(): Tensors {
    return this.#read(this.definition.parameters);
  }

  /** The bytes of `save`. */
  weights(): Uint8Array {
    return writeWeights(this.definition, this.parameters(), this.#metadata);
  }

  load({ parameters, metadata, notices }: Weights): void {
    this.#executor.write(parameters);
    this.#metadata = metadata;
    this.#notices = notices;
    this.#parametersVersion += 1;
  }

  trainingState(): TrainingState & { readonly slots: Tensors } {
    const slots = this.#read(expectedSlots(this.definition));
    const waiting = this.definition.accumulation === undefined ? {} : { accumulated: this.#accumulated };
    return { step: this.#step, seed: this.#seed, slots, ...waiting };
  }

  /** @throws Problem `wrong-weights` where the slots are not this model's */
  restore({ step, seed, accumulated = 0, slots }: TrainingState): void {
    const expected = expectedSlots(this.definition);
    const given = Object.entries(slots).map(([name, values]) => {
      const fact = expected.find((slot) => slot.name === name);
      const fits = fact !== undefined && sizeOf(fact.shape) === values.length;
      return float32Entry(name, fits ? fact.shape : [values.length], values);
    });
    this.#executor.write(takeTensors(new Map(given), expected, "optimizer's slots"));
    this.#step = step;
    this.#accumulated = accumulated;
    this.#seed = seed;
  }

  /** The batch sizes of a program, largest first. */
  batches(program: AnyProgramName): readonly [number, ...number[]] {
    return this.#executor.batches(program);
  }

  /** Runs one batch; what an update changes is changed when this is resolved, or nothing is (`refused`). */
  run(program: AnyProgramName, inputs: CheckedInputs, setting: RunSetting = {}): Promise<ProgramRun> {
    const { optimizer, accumulation, batchSize } = this.definition;
    const { rows = { start: 0, end: inputs.count, batch: batchSize }, clipScale: scale = 1 } = setting;
    const step = this.#step + 1;
    const own = optimizer.scalars(step, setting.learningRate ?? optimizer.learningRate);
    const kept = this.#accumulated === 0 ? 0 : 1;
    const scalars = this.#hasFurtherScalars ? { ...own, [accumulationKept]: kept, [clipScale]: scale } : own;
    // Every batch of an update has random numbers of its own.
    const draw = (step - 1) * (accumulation?.batches ?? 1) + this.#accumulated + 1;
    return this.#calls.run(program, { scalars, seed: this.#seed, draw }, inputs, rows, this.#taken);
  }

  /** Results of a program that are not resident. */
  resultsOf(program: AnyProgramName): readonly TensorFact[] {
    return this.#executor.facts(program)?.results ?? [];
  }

  /** Runs a program of a stream with what it reads of `given`: an executor refuses anything else. */
  async runStream(program: StreamProgramName, given: Tensors): Promise<Tensors> {
    const wanted = (this.#executor.facts(program)?.feeds ?? []).filter(({ role }) => role === "input");
    const argumentsByName = Object.fromEntries(
      wanted.map(({ name }) => [name, memberOf(given, name) ?? new Float32Array(0)]),
    );
    return (await this.#executor.run(program, argumentsByName, 1)).results;
  }

  report(): BackendReport {
    const report = this.#executor.report();
    return this.#notices.length === 0 ? report : { ...report, notices: this.#notices };
  }

  dispose(): Promise<void> {
    return this.#executor.dispose();
  }

  /** Called by the executor in the moment in which it takes over what a program has made of the tensors. */
  readonly #taken = (program: AnyProgramName): void => {
    const isUpdate = program === "train_step";
    if (isUpdate) this.#step += 1;
    this.#accumulated = isUpdate ? 0 : this.#accumulated + 1;
    if (isUpdate || this.#hasStatistics) this.#parametersVersion += 1;
  };

  #read(tensors: readonly { readonly name: string }[]): Tensors {
    return Object.fromEntries(tensors.map(({ name }) => [name, this.#executor.read(name)]));
  }
}
