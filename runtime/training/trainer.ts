/**
 * The training loop: shuffled batches, a validation after each epoch, the best parameters kept, and a state that can be
 * saved between any two updates. Nothing here knows files or terminals; it runs in a browser as it is.
 */
import type { LiveModel, ModelDefinition, TrainInputs } from "../contract.ts";
import { LossTotal, lossReduction } from "../model/loss.ts";
import { replaceParameters } from "../model/parameters.ts";
import type { Tensors } from "../model/parameters.ts";
import { Breather } from "../model/turns.ts";
import { Problem } from "../problem.ts";
import { permutation, shuffleStream } from "../random.ts";
import { averagedParameters, keepsAverage, withAverage } from "./average.ts";
import { learningRateAt } from "./learning-rate.ts";
import { planTraining } from "./options.ts";
import type { TrainingExamples, TrainingPlan, TrainOptions } from "./options.ts";
import { initialPlateau, plateauAfter } from "./plateau.ts";
import type { EpochRecord, TrainingCounters, TrainingSnapshot } from "./state.ts";

export type TrainingOutcome = "finished" | "stopped_early" | "interrupted";

export type TrainingEvent =
  | {
      readonly kind: "step";
      /** 1 for the first. */
      readonly epoch: number;
      readonly step: number;
      /** Examples of this epoch used so far. */
      readonly position: number;
      readonly loss: number;
    }
  | {
      readonly kind: "epoch";
      readonly record: EpochRecord;
      /** True when this epoch's parameters are the best so far. */
      readonly improved: boolean;
    }
  | { readonly kind: "end"; readonly outcome: TrainingOutcome };

export class Trainer<D extends ModelDefinition = ModelDefinition> {
  readonly #model: LiveModel<D>;
  readonly #plan: TrainingPlan;
  readonly #signal: AbortSignal | undefined;
  readonly #breather = new Breather();
  #counters: TrainingCounters;
  #trainLoss: LossTotal;
  #best: Tensors | undefined;
  /** The parameters training ended with, once the model itself holds the best. */
  #last: Tensors | undefined;
  #started = false;

  /** @throws Problem `invalid-option` or `no-training-examples` */
  constructor(options: TrainOptions<D>) {
    this.#model = options.model;
    this.#plan = planTraining(options);
    this.#signal = options.signal;
    if (options.model.definition.schedule?.plateau !== undefined && this.#plan.validation === undefined) {
      throw new Problem({
        code: "invalid-option",
        message: "the schedule plateau watches the loss of the validation examples, and there are none.",
      });
    }
    const { optimizer, schedule } = options.model.definition;
    const { step, seed } = options.model.trainingState();
    this.#counters = {
      epoch: 0,
      position: 0,
      step,
      recordedStep: step,
      seed,
      bestLoss: null,
      bestEpoch: null,
      epochsWithoutImprovement: 0,
      lossSum: 0,
      lossCount: 0,
      seconds: 0,
      stoppedEarly: false,
      ...(schedule?.plateau === undefined ? {} : { plateau: initialPlateau(optimizer.learningRate) }),
      trainCount: this.#plan.train.count,
      batchSize: options.model.definition.batchSize,
      shuffle: this.#plan.shuffle,
    };
    this.#trainLoss = new LossTotal(lossReduction(options.model.definition));
  }

  get counters(): TrainingCounters {
    return this.#counters;
  }

  /** Parameters of the best epoch so far; undefined before the first epoch has ended. Not copies. */
  get best(): Readonly<Tensors> | undefined {
    return this.#best;
  }

  /** True when there is nothing left to do: the goal is reached, or early stopping has ended training. */
  get done(): boolean {
    const { epoch, step, recordedStep, stoppedEarly } = this.#counters;
    const { kind, count } = this.#plan.goal;
    return stoppedEarly || (kind === "epochs" ? epoch >= count : step >= count && recordedStep === step);
  }

  /**
   * The complete state; valid whenever no event is being awaited. Restoring the best parameters at the end does not
   * change it: a longer training resumes from the last parameters.
   */
  snapshot(): TrainingSnapshot {
    const { slots } = this.#model.trainingState();
    const parameters = this.#last ?? this.#model.parameters();
    return { counters: this.#counters, parameters, slots, best: this.#best };
  }

  /**
   * Takes up a training where a snapshot left it. Model, seed, examples, batch size and shuffling must be the same.
   *
   * @throws Problem `checkpoint-mismatch` saying what differs
   */
  async restore(snapshot: TrainingSnapshot): Promise<void> {
    const { counters, slots } = snapshot;
    const differences = (["trainCount", "batchSize", "shuffle"] as const)
      .filter((name) => counters[name] !== this.#counters[name])
      .map((name) => `${FACT_WORDS[name]}: ${String(counters[name])} then, ${String(this.#counters[name])} now`);
    if (differences.length > 0) {
      throw new Problem({
        code: "checkpoint-mismatch",
        message: `this training cannot be resumed, since it was started with other facts (${differences.join("; ")}).`,
        help: "resume with the data and settings of that run, or start a new one.",
      });
    }
    const { definition } = this.#model;
    const { batches = 1 } = definition.accumulation ?? {};
    const accumulated = Math.ceil(counters.position / counters.batchSize) % batches;
    await replaceParameters(this.#model, snapshot.parameters);
    this.#model.restoreTrainingState({
      step: counters.step,
      seed: counters.seed,
      slots,
      // The rest of an epoch makes an update of its own.
      accumulated: counters.position < counters.trainCount ? accumulated : 0,
    });
    this.#counters = counters;
    const start = { sum: counters.lossSum, count: counters.lossCount, parts: counters.lossParts };
    this.#trainLoss = new LossTotal(lossReduction(definition), start);
    this.#best = snapshot.best;
  }

  /**
   * Trains up to the goal and tells every step and epoch; the last event is `end`. To stop in between, abort the signal.
   *
   * @throws Problem `loss-not-finite` when a loss, gradient or parameter is not finite; the model is then as before it
   */
  async *events(): AsyncGenerator<TrainingEvent, void, void> {
    if (this.#started) throw new Problem({ code: "invalid-option", message: "a trainer runs once; make a new one." });
    this.#started = true;
    while (!this.done) {
      const started = performance.now() - this.#counters.seconds * 1000;
      const seconds = (): number => (performance.now() - started) / 1000;
      yield* this.#steps(seconds);
      const validation = this.#interrupted ? undefined : await this.#validate();
      this.#change({ seconds: seconds() });
      // Undefined: interrupted. The validation is then made after the resume.
      if (validation === undefined) {
        yield { kind: "end", outcome: "interrupted" };
        return;
      }
      yield this.#endEpoch(validation);
    }
    if (this.#plan.restoreBest && this.#best !== undefined) {
      this.#last = this.#model.parameters();
      await replaceParameters(this.#model, this.#best);
    } else if (keepsAverage(this.#model.definition)) {
      this.#last = this.#model.parameters();
      await replaceParameters(this.#model, averagedParameters(this.#model));
    }
    yield { kind: "end", outcome: this.#counters.stoppedEarly ? "stopped_early" : "finished" };
  }

  /** The updates that are left of the current epoch, or up to the goal. */
  async *#steps(seconds: () => number): AsyncGenerator<TrainingEvent, void, void> {
    const { epoch, seed, trainCount, batchSize } = this.#counters;
    const { batches = 1 } = this.#model.definition.accumulation ?? {};
    const order = this.#plan.shuffle ? permutation(trainCount, seed, shuffleStream(epoch)) : undefined;
    while (this.#counters.position < trainCount && !this.#goalOfStepsReached() && !this.#interrupted) {
      const start = this.#counters.position;
      const end = Math.min(start + batchSize, trainCount);
      const indices = order?.subarray(start, end) ?? consecutive(start, end);
      const value = await this.#model.trainStep(this.#plan.train.select(indices) as TrainInputs<D>, {
        learningRate: this.#learningRate(this.#counters.step + 1),
        // What is left of an epoch makes an update too.
        ...(batches === 1 ? {} : { update: end === trainCount || (start / batchSize + 1) % batches === 0 }),
      });
      this.#trainLoss.add(value);
      this.#change({
        position: end,
        step: this.#counters.step + (value.updated ? 1 : 0),
        lossSum: this.#trainLoss.sum,
        lossCount: this.#trainLoss.count,
        lossParts: this.#trainLoss.parts,
        seconds: seconds(),
      });
      yield { kind: "step", epoch: epoch + 1, step: this.#counters.step, position: end, loss: value.loss };
      await this.#breather.pause();
    }
  }

  /** Loss and score of the validation examples, nulls without any; undefined when interrupted. */
  async #validate(): Promise<Validation | undefined> {
    const { validation } = this.#plan;
    if (validation === undefined) return { loss: null, score: null };
    const result = await withAverage(this.#model, () => this.#evaluated(validation));
    if (result?.loss == null || Number.isFinite(result.loss)) return result;
    throw new Problem({
      code: "loss-not-finite",
      message: `the validation loss after epoch ${String(this.#counters.epoch + 1)} is ${String(result.loss)}.`,
      help: "try a smaller learning_rate or clip_grad_norm, and look at the scale of the validation data.",
    });
  }

  async #evaluated(examples: TrainingExamples): Promise<Validation | undefined> {
    const { metric } = this.#plan;
    const total = new LossTotal(lossReduction(this.#model.definition));
    const outputs = new Map<string, Float32Array[]>();
    const { batchSize } = this.#counters;
    for (let start = 0; start < examples.count; start += batchSize) {
      if (this.#interrupted) return undefined;
      const end = Math.min(start + batchSize, examples.count);
      const batch = await this.#model.evaluate(examples.select(consecutive(start, end)) as TrainInputs<D>);
      total.add(batch);
      if (typeof metric === "object") {
        for (const [name, values] of Object.entries<Float32Array>(batch.outputs)) {
          outputs.set(name, [...(outputs.get(name) ?? []), values]);
        }
      }
      await this.#breather.pause();
    }
    if (typeof metric !== "object") return { loss: total.mean, score: null };
    const whole = Object.fromEntries([...outputs].map(([name, parts]) => [name, joined(parts)]));
    return { loss: total.mean, score: metric.score(whole) };
  }

  /** Writes the epoch's record and moves on to the next epoch. */
  #endEpoch(validation: Validation): TrainingEvent {
    const { epoch, step, position, trainCount, seconds, bestLoss, epochsWithoutImprovement } = this.#counters;
    const record: EpochRecord = {
      epoch: epoch + 1,
      step,
      train_loss: this.#trainLoss.mean,
      validation_loss: validation.loss,
      learning_rate: this.#learningRate(step),
      seconds,
    };
    const { metric } = this.#plan;
    const value =
      typeof metric === "object" ? validation.score : metric === "train_loss" ? record.train_loss : validation.loss;
    const sign = typeof metric === "object" && metric.better === "higher" ? -1 : 1;
    const improved = value !== null && (bestLoss === null || sign * value < sign * bestLoss);
    this.#change({ recordedStep: step });
    if (improved) {
      const { definition } = this.#model;
      this.#best = keepsAverage(definition) ? averagedParameters(this.#model) : this.#model.parameters();
      this.#change({ bestLoss: value, bestEpoch: epoch + 1 });
    }
    // A goal in steps can end within an epoch. Its record is told, but the epoch stays open: with a further goal,
    // a resumed training completes it.
    if (position < trainCount) return { kind: "epoch", record, improved };
    const stale = improved ? 0 : epochsWithoutImprovement + 1;
    this.#watchPlateau(validation.loss);
    this.#trainLoss = new LossTotal(lossReduction(this.#model.definition));
    this.#change({
      epoch: epoch + 1,
      position: 0,
      lossSum: 0,
      lossCount: 0,
      lossParts: [],
      seconds: 0,
      epochsWithoutImprovement: stale,
      stoppedEarly: this.#plan.patience !== undefined && stale >= this.#plan.patience,
    });
    return { kind: "epoch", record, improved };
  }

  /** Of an update of the current epoch. */
  #learningRate(step: number): number {
    const { epoch, plateau } = this.#counters;
    return learningRateAt(this.#model.definition, { step, epoch: epoch + 1 }, plateau?.learningRate);
  }

  #watchPlateau(loss: number | null): void {
    const fact = this.#model.definition.schedule?.plateau;
    const { plateau } = this.#counters;
    if (fact === undefined || plateau === undefined || loss === null) return;
    this.#change({ plateau: plateauAfter(fact, plateau, loss) });
  }

  get #interrupted(): boolean {
    return this.#signal?.aborted ?? false;
  }

  #goalOfStepsReached(): boolean {
    return this.#plan.goal.kind === "steps" && this.#counters.step >= this.#plan.goal.count;
  }

  #change(counters: Partial<TrainingCounters>): void {
    this.#counters = { ...this.#counters, ...counters };
  }
}

/** Trains and tells each epoch; the model is changed in place. For steps, snapshots and the outcome use `Trainer`. */
export async function* train<D extends ModelDefinition>(
  options: TrainOptions<D>,
): AsyncGenerator<EpochRecord, void, void> {
  for await (const event of new Trainer(options).events()) {
    if (event.kind === "epoch") yield event.record;
  }
}

const FACT_WORDS = {
  trainCount: "training examples",
  batchSize: "batch size",
  shuffle: "shuffling",
} as const;

interface Validation {
  readonly loss: number | null;
  readonly score: number | null;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((count, part) => count + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function consecutive(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, index) => start + index);
}
