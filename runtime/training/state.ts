/** Where a training stands: everything that a resumed one needs to continue as if it had never stopped. */
import type { LossPartValue } from "../contract-live.ts";
import { memberOf } from "../shared/member-of.ts";
import type { Tensors } from "../model/parameters.ts";
import { isPlateau } from "./plateau.ts";
import type { PlateauState } from "./plateau.ts";

/** One line of `log.jsonl`. Losses are means over the examples (or over what the loss counts). */
export interface EpochRecord {
  /** 1 for the first. */
  readonly epoch: number;
  /** Updates done since the start of training. */
  readonly step: number;
  /** Mean over the epoch's updates, each before it was made, in training mode. */
  readonly train_loss: number;
  /** After the epoch's last update, in evaluation mode; null without validation examples. */
  readonly validation_loss: number | null;
  /**
   * Where a metric is watched in place of the loss (`validation_accuracy`), its value then; null where the model's answers
   * leave it undefined.
   */
  readonly [score: `validation_${string}`]: number | null;
  /** Where a loss smooths its labels (`label_smoothing`), by how much: the losses above are of the smoothed labels then. */
  readonly label_smoothing?: number;
  /** Where gradients are clipped by their norm: the mean over the epoch's updates of the norm before clipping. */
  readonly gradient_norm?: number;
  /** Of the epoch's last update. */
  readonly learning_rate: number;
  /** Time that the epoch took, its validation included. */
  readonly seconds: number;
}

export interface TrainingCounters {
  /** Epochs that are complete, their validation included. */
  readonly epoch: number;
  /** Examples of the current epoch that updates have used; all of them while only its validation is missing. */
  readonly position: number;
  readonly step: number;
  /** The step of the last record: after it, an epoch that a goal in steps cuts short has been validated. */
  readonly recordedStep: number;
  readonly seed: number;
  /** What selects the best weights: `validation_loss`, `train_loss`, the name of a metric; null where nothing does. */
  readonly watched: string | null;
  /** Its best value so far at the end of a whole epoch, and that epoch (from 1). */
  readonly bestValue: number | null;
  readonly bestEpoch: number | null;
  /**
   * Its value where a goal in steps has cut an epoch short, if it is better than the best: the weights there are kept then.
   * Null as soon as training goes on, since a training with the further goal would never have looked there.
   */
  readonly cutValue: number | null;
  /** Epochs since then: early stopping compares them with its patience. */
  readonly epochsWithoutImprovement: number;
  /** Sums of the current epoch's training loss. */
  readonly lossSum: number;
  readonly lossCount: number;
  /** Where several losses are summed, each over the epoch so far. */
  readonly lossParts?: readonly LossPartValue[];
  /** Sum of the current epoch's gradient norms, and of how many updates; absent where none is told. */
  readonly gradientNorms?: { readonly sum: number; readonly count: number };
  /** Spent in the current epoch so far. */
  readonly seconds: number;
  readonly stoppedEarly: boolean;
  /** What the numbers above mean only together with. */
  readonly trainCount: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  /** Of a schedule that watches the validation loss, what it remembers; else absent. */
  readonly plateau?: PlateauState;
}

/** A complete state between two updates. */
export interface TrainingSnapshot {
  readonly counters: TrainingCounters;
  readonly parameters: Readonly<Tensors>;
  /** Optimizer state, `<parameter>#<slot>`; the moving average and the sums of gradients of an open update too. */
  readonly slots: Readonly<Tensors>;
  /** Parameters of the best epoch; undefined before the first. */
  readonly best: Readonly<Tensors> | undefined;
}

/** The kind of each counter, for reading them back from a file that may be damaged. */
const COUNTER_KINDS = {
  epoch: "count",
  position: "count",
  step: "count",
  recordedStep: "count",
  seed: "count",
  watched: "text or null",
  bestValue: "number or null",
  bestEpoch: "number or null",
  cutValue: "number or null",
  epochsWithoutImprovement: "count",
  lossSum: "number",
  lossCount: "number",
  lossParts: "losses",
  gradientNorms: "norms",
  seconds: "number",
  stoppedEarly: "boolean",
  trainCount: "count",
  batchSize: "count",
  shuffle: "boolean",
  plateau: "plateau",
} as const satisfies Record<
  keyof TrainingCounters,
  "count" | "number" | "number or null" | "text or null" | "boolean" | "losses" | "norms" | "plateau"
>;

/** The counters in plain JSON data, or the name of the first that is missing or wrong. */
export function readCounters(value: unknown): TrainingCounters | string {
  if (typeof value !== "object" || value === null) return "all counters";
  const given = asWrittenNow(value as Readonly<Record<string, unknown>>);
  for (const [name, kind] of Object.entries(COUNTER_KINDS)) {
    if (!isOfKind(memberOf(given, name), kind)) return name;
  }
  return given as unknown as TrainingCounters;
}

function isOfKind(value: unknown, kind: (typeof COUNTER_KINDS)[keyof TrainingCounters]): boolean {
  switch (kind) {
    case "count":
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case "number":
      return Number.isFinite(value);
    case "number or null":
      return value === null || Number.isFinite(value);
    case "text or null":
      return value === null || typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "losses":
      return value === undefined || (Array.isArray(value) && value.every(isLossPart));
    case "norms":
      return value === undefined || isNorms(value);
    case "plateau":
      return value === undefined || isPlateau(value);
    default:
      return kind satisfies never;
  }
}

/**
 * Counters of a version that named the best value `bestLoss`, whatever it was, and let an epoch that a goal in steps had cut
 * be the best of the training.
 */
function asWrittenNow(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!("bestLoss" in given)) return given;
  const { bestLoss, ...rest } = given;
  const { epoch, bestEpoch, position } = given;
  const isOfCut = typeof bestEpoch === "number" && bestEpoch === Number(epoch) + 1 && position !== 0;
  return {
    ...rest,
    watched: null,
    ...(isOfCut
      ? { bestValue: null, bestEpoch: null, cutValue: bestLoss }
      : { bestValue: bestLoss, bestEpoch, cutValue: null }),
  };
}

function isNorms(value: unknown): boolean {
  const { sum, count } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Number.isFinite(sum) && Number.isSafeInteger(count);
}

function isLossPart(value: unknown): boolean {
  const { loss, count, reduction } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Number.isFinite(loss) && Number.isFinite(count) && (reduction === "mean" || reduction === "sum");
}
