/**
 * The training loop: shuffled batches, a validation after each epoch, the best parameters kept, and a state that can be
 * saved between any two updates. Nothing here knows files or terminals; it runs in a browser as it is.
 */
import type { LiveModel } from "../contract-live.ts";
import { labelSmoothing, LossTotal, lossReduction } from "../model/loss.ts";
import { replaceParameters } from "../model/parameters.ts";
import type { Tensors } from "../model/parameters.ts";
import { Breather } from "../model/turns.ts";
import { Problem } from "../problem.ts";
import { permutation, shuffleStream } from "../random.ts";
import { averagedParameters, keepsAverage, withAverage } from "./average.ts";
import { updatesPerEpoch, type Kept } from "./kept.ts";
import { learningRateAt } from "./learning-rate.ts";
import { checkTrainOptions } from "./check-options.ts";
import { planTraining } from "./options.ts";
import type { TrainingPlan, TrainOptions } from "./options.ts";
import { initialPlateau, plateauAfter } from "./plateau.ts";
import { isBetter, isOfAnotherChoice, watchedName, watchedValue } from "./selection.ts";
import type { EpochRecord, TrainingCounters, TrainingSnapshot } from "./state.ts";
import { consecutive, validate, type Validation } from "./validation.ts";

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
      /** Mean of the epoch's losses so far. */
      readonly meanLoss: number;
      /** Of an update whose gradients are clipped by their norm: that norm before clipping. */
      readonly gradientNorm?: number;
    }
  | {
      readonly kind: "epoch";
      readonly record: EpochRecord;
      /** True when this epoch's parameters are the best so far. */
      readonly improved: boolean;
    }
  | { readonly kind: "end"; readonly outcome: TrainingOutcome };

export class Trainer {
  readonly #model: LiveModel;
  readonly #plan: TrainingPlan;
  readonly #signal: AbortSignal | undefined;
  readonly #onValidation: NonNullable<TrainOptions["onValidation"]>;
  readonly #breather = new Breather();
  #counters: TrainingCounters;
  #trainLoss: LossTotal;
  #best: Tensors | undefined;
  /** The parameters training ended with, once the model itself holds those that are kept. */
  #last: Tensors | undefined;
  #started = false;

  /** @throws Problem `invalid-option` or `no-training-examples` */
  constructor(options: TrainOptions) {
    checkTrainOptions(options as unknown as TrainOptions);
    this.#model = options.model;
    this.#plan = planTraining(options);
    this.#signal = options.signal;
    this.#onValidation = options.onValidation ?? (() => undefined);
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
      watched: watchedName(this.#plan.metric),
      bestValue: null,
      bestEpoch: null,
      cutValue: null,
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

  /** Parameters of the best whole epoch so far; undefined before there is one. Not copies. */
  get best(): Readonly<Tensors> | undefined {
    return this.#best;
  }

  /**
   * The parameters that would be kept if training ended here, and at its end those that the model holds: of the best epoch, or
   * the last ones, as the options say; the last ones too where no epoch could be told to be the best. Valid as `snapshot` is.
   */
  kept(): Kept {
    const { bestEpoch, bestValue, cutValue, epoch, step, position } = this.#counters;
    if (this.#plan.keeps === "best" && cutValue === null && this.#best !== undefined && bestEpoch !== null) {
      const each = updatesPerEpoch(this.#model.definition, this.#counters.trainCount);
      const at = { epoch: bestEpoch, step: bestEpoch * each, whole: true };
      return { choice: "best", ...at, value: bestValue, parameters: this.#best };
    }
    const choice = this.#plan.keeps === "best" && cutValue !== null ? "best" : "last";
    const at = { epoch: position === 0 ? epoch : epoch + 1, step, whole: position === 0 };
    const parameters = this.#last === undefined ? this.#trained() : this.#model.parameters();
    return { choice, ...at, value: choice === "best" ? cutValue : null, parameters };
  }

  /** True when there is nothing left to do: the goal is reached, or early stopping has ended training. */
  get done(): boolean {
    const { epoch, step, recordedStep, stoppedEarly } = this.#counters;
    const { kind, count } = this.#plan.goal;
    return stoppedEarly || (kind === "epochs" ? epoch >= count : step >= count && recordedStep === step);
  }

  /**
   * The complete state; valid whenever no event is being awaited. That the model holds the kept parameters in the end does
   * not change it: a longer training resumes from the last ones.
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
    const { watched } = this.#counters;
    if (isOfAnotherChoice(counters, watched)) {
      differences.push(`what selects the best weights: ${counters.watched ?? "nothing"} then, ${String(watched)} now`);
    }
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
    const { patience } = this.#plan;
    this.#counters = {
      ...counters,
      watched,
      // Who raises the patience goes on as if it had been so from the start.
      stoppedEarly: patience !== undefined && counters.epochsWithoutImprovement >= patience,
      ...(watched === null ? { bestValue: null, bestEpoch: null, cutValue: null } : {}),
    };
    const start = { sum: counters.lossSum, count: counters.lossCount, parts: counters.lossParts };
    this.#trainLoss = new LossTotal(lossReduction(definition), start);
    this.#best = watched === null ? undefined : snapshot.best;
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
    const { choice, parameters } = this.kept();
    if (choice === "best" || keepsAverage(this.#model.definition)) {
      const last = this.#model.parameters();
      await replaceParameters(this.#model, parameters);
      this.#last = last;
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
      const value = await this.#model.trainStep(this.#plan.train.select(indices), {
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
        ...this.#withNorm(value.gradientNorm),
        cutValue: null,
        seconds: seconds(),
      });
      yield {
        kind: "step",
        epoch: epoch + 1,
        step: this.#counters.step,
        position: end,
        loss: value.loss,
        meanLoss: this.#trainLoss.mean,
        ...(value.gradientNorm === undefined ? {} : { gradientNorm: value.gradientNorm }),
      };
      await this.#breather.pause();
    }
  }

  /** Loss and score of the validation examples, nulls without any; undefined when interrupted. */
  async #validate(): Promise<Validation | undefined> {
    const { validation, metric } = this.#plan;
    if (validation === undefined) return { loss: null, score: null };
    const { batchSize, epoch } = this.#counters;
    const result = await withAverage(this.#model, () =>
      validate(this.#model, validation, {
        metric,
        batchSize,
        isInterrupted: () => this.#interrupted,
        afterBatch: async (done) => {
          this.#onValidation(done, validation.count);
          await this.#breather.pause();
        },
      }),
    );
    if (result?.loss == null || Number.isFinite(result.loss)) return result;
    throw new Problem({
      code: "loss-not-finite",
      message: `the validation loss after epoch ${String(epoch + 1)} is ${String(result.loss)}.`,
      help: "try a smaller learning_rate or clip_grad_norm, and look at the scale of the validation data.",
    });
  }

  /** Writes the epoch's record and moves on to the next epoch. */
  #endEpoch(validation: Validation): TrainingEvent {
    const { epoch, step, position, trainCount, epochsWithoutImprovement } = this.#counters;
    const record = this.#record(validation);
    const { metric } = this.#plan;
    const value = watchedValue(metric, record, validation);
    const improved = value !== null && isBetter(metric, value, this.#counters.bestValue);
    this.#change({ recordedStep: step });
    // A goal in steps can end within an epoch. Its record is told, but the epoch stays open: with a further goal, a resumed
    // training completes it, and whether these weights were better than the best counts for nothing then.
    if (position < trainCount) {
      this.#change({ cutValue: improved ? value : null });
      return { kind: "epoch", record, improved };
    }
    if (improved) {
      this.#best = this.#trained();
      this.#change({ bestValue: value, bestEpoch: epoch + 1 });
    }
    const stale = improved ? 0 : epochsWithoutImprovement + 1;
    this.#watchPlateau(validation.loss);
    this.#trainLoss = new LossTotal(lossReduction(this.#model.definition));
    this.#change({
      epoch: epoch + 1,
      position: 0,
      lossSum: 0,
      lossCount: 0,
      lossParts: [],
      ...(this.#counters.gradientNorms === undefined ? {} : { gradientNorms: { sum: 0, count: 0 } }),
      seconds: 0,
      epochsWithoutImprovement: stale,
      stoppedEarly: this.#plan.patience !== undefined && stale >= this.#plan.patience,
    });
    return { kind: "epoch", record, improved };
  }

  #record({ loss, score }: Validation): EpochRecord {
    const { epoch, step, seconds, gradientNorms } = this.#counters;
    const { metric } = this.#plan;
    const smoothing = labelSmoothing(this.#model.definition);
    return {
      epoch: epoch + 1,
      step,
      train_loss: this.#trainLoss.mean,
      validation_loss: loss,
      ...(typeof metric === "object" ? { [`validation_${metric.name}` as const]: score } : {}),
      ...(smoothing === 0 ? {} : { label_smoothing: smoothing }),
      ...(gradientNorms === undefined || gradientNorms.count === 0
        ? {}
        : { gradient_norm: gradientNorms.sum / gradientNorms.count }),
      learning_rate: this.#learningRate(step),
      seconds,
    };
  }

  /** The parameters as they would be saved now: averaged, where an average is kept. Copies. */
  #trained(): Tensors {
    return keepsAverage(this.#model.definition) ? averagedParameters(this.#model) : this.#model.parameters();
  }

  #withNorm(norm: number | undefined): Pick<TrainingCounters, "gradientNorms"> {
    if (norm === undefined) return {};
    const { sum, count } = this.#counters.gradientNorms ?? { sum: 0, count: 0 };
    return { gradientNorms: { sum: sum + norm, count: count + 1 } };
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
export async function* train(options: TrainOptions): AsyncGenerator<EpochRecord, void, void> {
  for await (const event of new Trainer(options).events()) {
    if (event.kind === "epoch") yield event.record;
  }
}

const FACT_WORDS = {
  trainCount: "training examples",
  batchSize: "batch size",
  shuffle: "shuffling",
} as const;
