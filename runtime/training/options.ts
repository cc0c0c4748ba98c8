/** What a training is asked to do, checked before its first step. */
import type { LiveModel, ModelDefinition } from "../contract.ts";
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
  /** Leave the model with the parameters of its best epoch; default true. */
  readonly restoreBest?: boolean | undefined;
}

export interface TrainOptions<D extends ModelDefinition = ModelDefinition> {
  readonly model: LiveModel<D>;
  readonly train: TrainingExamples;
  readonly validation?: TrainingExamples | undefined;
  /** Either `epochs` or `steps` (updates): where training ends. */
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
  /** Default true. */
  readonly shuffle?: boolean | undefined;
  readonly earlyStopping?: EarlyStopping | undefined;
  /** Ends training between two steps, in a state that can be resumed. */
  readonly signal?: AbortSignal | undefined;
}

/** The options with their defaults filled in. */
export interface TrainingPlan {
  readonly train: TrainingExamples;
  readonly validation: TrainingExamples | undefined;
  readonly goal: { readonly kind: "epochs" | "steps"; readonly count: number };
  readonly shuffle: boolean;
  readonly metric: SelectionMetric | ValidationScore;
  readonly patience: number | undefined;
  readonly restoreBest: boolean;
}

/** @throws Problem `invalid-option` or `no-training-examples` */
export function planTraining(options: Omit<TrainOptions, "model">): TrainingPlan {
  const { train, epochs, steps, earlyStopping } = options;
  if (train.count === 0) {
    throw new Problem({ code: "no-training-examples", message: "the training part has no examples." });
  }
  const validation = options.validation !== undefined && options.validation.count > 0 ? options.validation : undefined;
  if ((epochs === undefined) === (steps === undefined)) throw invalid("give either epochs or steps, and not both.");
  const goal =
    epochs !== undefined ? { kind: "epochs" as const, count: epochs } : { kind: "steps" as const, count: steps ?? 0 };
  if (!Number.isSafeInteger(goal.count) || goal.count < 0) {
    throw invalid(`${goal.kind} must be a whole number from 0, not ${String(goal.count)}.`);
  }
  if (earlyStopping !== undefined && !(Number.isSafeInteger(earlyStopping.patience) && earlyStopping.patience >= 1)) {
    throw invalid(`patience must be a whole number from 1, not ${String(earlyStopping.patience)}.`);
  }
  return {
    train,
    validation,
    goal,
    shuffle: options.shuffle ?? true,
    metric: selectionMetric(earlyStopping?.metric, validation !== undefined),
    patience: earlyStopping?.patience,
    restoreBest: earlyStopping !== undefined && (earlyStopping.restoreBest ?? true),
  };
}

function selectionMetric(
  asked: string | ValidationScore | undefined,
  validates: boolean,
): SelectionMetric | ValidationScore {
  if (typeof asked === "object") {
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
