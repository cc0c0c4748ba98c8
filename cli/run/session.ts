/** A training with a run directory: log, checkpoints and best weights are on disk at every moment, and can be taken up. */
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import { labelSmoothing } from "@specloom/runtime/internal/model/loss";
import { writeWeights } from "@specloom/runtime/internal/model/parameters";
import { Problem } from "@specloom/runtime/internal/problem";
import { readSafetensors } from "@specloom/runtime/internal/safetensors";
import { decodeCheckpoint, encodeCheckpoint } from "@specloom/runtime/internal/training/checkpoint";
import { updatesPerEpoch, type Kept } from "@specloom/runtime/internal/training/kept";
import type { TrainOptions } from "@specloom/runtime/internal/training/options";
import type { EpochRecord, TrainingCounters } from "@specloom/runtime/internal/training/state";
import { Trainer } from "@specloom/runtime/internal/training/trainer";
import type { TrainingOutcome } from "@specloom/runtime/internal/training/trainer";
import { writeFileAtomically } from "./atomic-write.ts";
import { readRunFile, removeRunFile, removeUnfinishedWrites, runFile } from "./directory.ts";
import type { RunLock } from "./lock.ts";
import { logFault, RunLog } from "./log.ts";
import { createProgress } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { SavePace } from "./save-pace.ts";

export interface RunOptions extends Omit<TrainOptions, "keepBest" | "onValidation"> {
  /** An existing directory: of a new run (`claimRunDirectory`), or of the run to resume. */
  readonly directory: string;
  /** True: continue from the directory's checkpoint as if never stopped. */
  readonly resume?: boolean | undefined;
  /** Text of the resolved spec, for `spec.yaml`. */
  readonly spec?: string | undefined;
  /** Further texts to store with weights and checkpoint: how the data was scaled. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Texts to store with the checkpoint alone: where its numbers come from. */
  readonly checkpointMetadata?: Readonly<Record<string, string>> | undefined;
  /** Of the directory; without it nobody looks whether another process trains there. */
  readonly lock?: RunLock | undefined;
  readonly progress?: Progress | undefined;
  readonly onEpoch?: ((record: EpochRecord) => void) | undefined;
  /** Where an error ends the training: hears what `weights.safetensors` holds all the same. */
  readonly onSalvage?: ((kept: Kept, counters: TrainingCounters) => void) | undefined;
  /** Seconds of work between two checkpoints; default 0.5. More where saving would take more than a fifth of the time. */
  readonly secondsBetweenCheckpoints?: number | undefined;
}

export interface RunResult {
  readonly outcome: TrainingOutcome;
  readonly counters: TrainingCounters;
  /** What `weights.safetensors` holds. */
  readonly kept: Kept;
}

/** Name of the metadata in weights and checkpoint that says which weights `weights.safetensors` holds. */
export const KEPT_KEY = "kept";

/** Name of the metadata in weights that says what number ended their training, where one was not finite. */
export const NOT_FINITE_KEY = "not_finite";

/**
 * Trains in a run directory. Whatever ends the training, `weights.safetensors` holds what is kept of it then, and unless it was
 * interrupted the model holds the same: the parameters of the epoch that early stopping, or else the validation loss, finds
 * best; the last ones where there are no validation examples, or early stopping is not to restore the best.
 *
 * @throws Problem of the trainer, of a file that cannot be written, or of a checkpoint that does not fit. The files then
 *   hold the last state that was good.
 */
export async function runTraining(options: RunOptions): Promise<RunResult> {
  const { model, directory, progress = createProgress({ write: () => true }, { quiet: true }) } = options;
  const { train, validation, epochs, steps, shuffle, earlyStopping, signal } = options;
  const trainer = new Trainer({
    ...{ model, train, validation, epochs, steps, shuffle, earlyStopping, signal },
    keepBest: true,
    onValidation: (done, count) => {
      progress.validation(done, count);
    },
  });
  if (options.resume === true) {
    await removeUnfinishedWrites(directory);
    await trainer.restore(decodeCheckpoint(model.definition, await readRunFile(directory, "checkpoint")));
  }
  if (trainer.done) progress.note(doneText(trainer.counters));
  // A run that is complete keeps its whole log, the record of an epoch cut by a goal in steps too.
  const keep = options.resume !== true ? 0 : trainer.done ? Infinity : trainer.counters.epoch;
  const fault = options.resume === true ? await logFault(runFile(directory, "log"), trainer.counters.epoch) : undefined;
  if (fault !== undefined) progress.note(`note: ${fault}`);
  const log = await RunLog.open(runFile(directory, "log"), keep);
  const files = new RunFiles(options, trainer, log);
  progress.start({
    goal: goalOf(options),
    stepsPerEpoch: updatesPerEpoch(model.definition, options.train.count),
    step: trainer.counters.step,
    mayEndEarlier: options.earlyStopping !== undefined,
    smoothed: labelSmoothing(model.definition) > 0,
  });
  try {
    // At once: from here on the run can be taken up, and a disk that is full shows before the work is done.
    if (options.resume !== true) await files.save();
    // What a training that goes on had come to before is no longer what it is.
    if (!trainer.done) await removeRunFile(directory, "metrics");
    if (options.spec !== undefined) await writeFileAtomically(runFile(directory, "spec"), options.spec);
    const outcome = await follow(trainer, files, log, options, progress);
    return { outcome, counters: trainer.counters, kept: trainer.kept() };
  } finally {
    progress.stop();
    await log.close();
  }
}

function doneText({ epoch, step, stoppedEarly }: TrainingCounters): string {
  const reached = `${String(epoch)} ${epoch === 1 ? "epoch" : "epochs"}, ${String(step)} ${step === 1 ? "step" : "steps"}`;
  return `note: nothing is left to train: this run ${stoppedEarly ? "was stopped early" : "has reached its goal"} (${reached}).`;
}

/** What to say after an interruption. @param command what starts this training, such as `specloom run specs/a.yaml` */
export function interruptedMessage(counters: TrainingCounters, command: string, directory: string): string {
  const place = `epoch ${String(counters.epoch + 1)}, step ${String(counters.step)}`;
  return `stopped in ${place}; everything is saved. Continue with: ${command} --resume ${directory}`;
}

async function follow(
  trainer: Trainer,
  files: RunFiles,
  log: RunLog,
  options: RunOptions,
  progress: Progress,
): Promise<TrainingOutcome> {
  let outcome: TrainingOutcome = "finished";
  try {
    for await (const event of trainer.events()) {
      switch (event.kind) {
        case "step":
          progress.step(event);
          await files.saveWhenDue();
          break;
        case "epoch":
          await log.append(event.record);
          progress.epoch(event.record);
          options.onEpoch?.(event.record);
          await files.saveWhenDue();
          break;
        case "end":
          outcome = event.outcome;
          break;
        default:
          event satisfies never;
      }
    }
  } catch (error) {
    // What training has reached is worth keeping, whatever stopped it; what stopped it is what the user must hear.
    await files.saveWeights(isNotFinite(error) ? error.message : undefined).then(
      (kept) => options.onSalvage?.(kept, trainer.counters),
      () => undefined,
    );
    throw error;
  }
  await files.save();
  return outcome;
}

function isNotFinite(error: unknown): error is Problem {
  return error instanceof Problem && error.code === "loss-not-finite";
}

/** Writes weights and checkpoint, as often as is reasonable. */
class RunFiles {
  readonly #model: LiveModel;
  readonly #directory: string;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #checkpointMetadata: Readonly<Record<string, string>>;
  readonly #lock: RunLock | undefined;
  readonly #trainer: Trainer;
  readonly #log: RunLog;
  /** The step of the best weights, where the file holds them; undefined where it holds others, or may be missing. */
  #bestSaved: number | undefined;
  readonly #pace: SavePace;

  constructor(options: RunOptions, trainer: Trainer, log: RunLog) {
    this.#model = options.model;
    this.#directory = options.directory;
    this.#metadata = options.metadata ?? {};
    this.#checkpointMetadata = { ...options.metadata, ...options.checkpointMetadata };
    this.#lock = options.lock;
    this.#pace = new SavePace(options.secondsBetweenCheckpoints);
    this.#trainer = trainer;
    this.#log = log;
  }

  async saveWhenDue(): Promise<void> {
    if (this.#pace.isDue) await this.save();
  }

  async save(): Promise<void> {
    await this.#pace.during(async () => {
      await this.#lock?.check();
      await this.#log.flush();
      const metadata = { ...this.#checkpointMetadata, ...placeMetadata(await this.saveWeights()) };
      const bytes = encodeCheckpoint(this.#model.definition, this.#trainer.snapshot(), metadata);
      await writeFileAtomically(runFile(this.#directory, "checkpoint"), bytes, readSafetensors);
    });
  }

  /**
   * @param notFinite what ended the training, where a number did that is not finite
   * @returns what the file holds now
   */
  async saveWeights(notFinite?: string): Promise<Kept> {
    const kept = this.#trainer.kept();
    const isEnd = notFinite !== undefined;
    if (!isEnd && kept.choice === "best" && this.#bestSaved === kept.step) return kept;
    const metadata = {
      ...this.#metadata,
      ...placeMetadata(kept),
      ...(isEnd ? { [NOT_FINITE_KEY]: notFinite } : {}),
    };
    const bytes = writeWeights(this.#model.definition, kept.parameters, metadata);
    await writeFileAtomically(runFile(this.#directory, "weights"), bytes, readSafetensors);
    this.#bestSaved = !isEnd && kept.choice === "best" ? kept.step : undefined;
    return kept;
  }
}

/** What is undefined does not become JSON: the place of the weights is told, and not they. */
function placeMetadata(kept: Kept): Readonly<Record<string, string>> {
  return { [KEPT_KEY]: JSON.stringify({ ...kept, parameters: undefined }) };
}

function goalOf(options: TrainOptions): { readonly kind: "epochs" | "steps"; readonly count: number } {
  return options.epochs !== undefined
    ? { kind: "epochs", count: options.epochs }
    : { kind: "steps", count: options.steps ?? 0 };
}
