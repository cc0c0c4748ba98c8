/** What a training is asked to do, checked before its first step. */
import type { LiveModel } from "../contract-live.ts";
import { Problem } from "../problem.ts";

/** Examples that can be picked by number; `Examples` of a dataset is one. */
export interface TrainingExamples {
  readonly count: number;
  /** Every tensor of the examples at `indices`, in that order: [indices.length, ...shape], row-major. */
  select(indices: ArrayLike<number>): Record<string, Float32Array>;
}

export type SelectionMetric = "validation_loss" | "train_loss";

/** A score of the validation examples that selects the best epoch instead of a loss. */
export interface ValidationScore {
  /** As in the spec's `metrics`: `rmse`, `accuracy`. */
  readonly name: string;
  readonly better: "lower" | "higher";
  /** From the model's outputs for all validation examples, in order; null where the score is not defined. */
  readonly score: (outputs: Readonly<Record<string, Float32Array>>) => number | null;
}

export interface EarlyStopping {
  /** Epochs without improvement after which training ends. */
  readonly patience: number;
  /** Default: `validation_loss` where there are validation examples, else `train_loss`. */
  readonly metric?: string | ValidationScore | undefined;
  /** End with the parameters of the best epoch; default true. False: with the last ones. */
  readonly restoreBest?: boolean | undefined;
}

export interface TrainOptions {
  readonly model: LiveModel;
  readonly train: TrainingExamples;
  readonly validation?: TrainingExamples | undefined;
  /** Either `epochs` or `steps` (updates): where training ends. */
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
  /** Default true. */
  readonly shuffle?: boolean | undefined;
  readonly earlyStopping?: EarlyStopping | undefined;
  /**
   * Without early stopping: end with the parameters of the epoch with the best validation loss. Default false: with the last
   * ones, which without validation examples are the only ones to choose.
   */
  readonly keepBest?: boolean | undefined;
  /** Hears how many of the validation examples are behind it, for a sign of life. */
  readonly onValidation?: ((done: number, count: number) => void) | undefined;
  /** Ends training between two steps, in a state that can be resumed. */
  readonly signal?: AbortSignal | undefined;
}

/** The options with their defaults filled in. */
export interface TrainingPlan {
  readonly train: TrainingExamples;
  readonly validation: TrainingExamples | undefined;
  readonly goal: { readonly kind: "epochs" | "steps"; readonly count: number };
  readonly shuffle: boolean;
  /** What selects the best epoch; undefined where nothing does: no early stopping and no validation examples. */
  readonly metric: SelectionMetric | ValidationScore | undefined;
  readonly patience: number | undefined;
  /** Which parameters are kept. */
  readonly keeps: "best" | "last";
}

/**
 * @param options whose kinds were checked
 * @throws Problem `invalid-option` or `no-training-examples`
 */
export function planTraining(options: Omit<TrainOptions, "model">): TrainingPlan {
  const { train, epochs, steps, earlyStopping } = options;
  if (train.count === 0) {
    throw new Problem({ code: "no-training-examples", message: "the training part has no examples." });
  }
  const validation = options.validation !== undefined && options.validation.count > 0 ? options.validation : undefined;
  if ((epochs === undefined) === (steps === undefined)) throw invalid("give either epochs or steps, and not both.");
  const goal =
    epochs !== undefined ? { kind: "epochs" as const, count: epochs } : { kind: "steps" as const, count: steps ?? 0 };
  return {
    train,
    validation,
    goal,
    shuffle: options.shuffle ?? true,
    metric: selectionMetric(earlyStopping, validation !== undefined),
    patience: earlyStopping?.patience,
    keeps: keepsBest(options, validation !== undefined) ? "best" : "last",
  };
}

function keepsBest({ earlyStopping, keepBest }: Omit<TrainOptions, "model">, validates: boolean): boolean {
  if (earlyStopping !== undefined) return earlyStopping.restoreBest ?? true;
  return keepBest === true && validates;
}

function selectionMetric(
  stopping: EarlyStopping | undefined,
  validates: boolean,
): SelectionMetric | ValidationScore | undefined {
  if (stopping === undefined) return validates ? "validation_loss" : undefined;
  const { metric: asked } = stopping;
  if (typeof asked === "object") {
    if (asked.name === "loss") throw invalid('a score cannot be called "loss": the record of an epoch has one.');
    if (!validates) throw invalid(`early stopping by ${asked.name} needs validation examples, and there are none.`);
    return asked;
  }
  if (asked === undefined) return validates ? "validation_loss" : "train_loss";
  if (asked === "train_loss") return asked;
  if (asked !== "validation_loss") {
    throw invalid(`early stopping knows the metrics validation_loss and train_loss, not "${asked}".`);
  }
  if (!validates) throw invalid("early stopping on validation_loss needs validation examples, and there are none.");
  return asked;
}

function invalid(message: string): Problem {
  return new Problem({ code: "invalid-option", message });
}
