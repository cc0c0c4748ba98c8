/** Where a training stands: everything that a resumed one needs to continue as if it had never stopped. */
import type { LossPartValue } from "../contract.ts";
import { memberOf } from "../member-of.ts";
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
  /** Best value so far of the loss or score that selects the best weights, and the epoch (from 1) that gave it. */
  readonly bestLoss: number | null;
  readonly bestEpoch: number | null;
  /** Epochs since then: early stopping compares them with its patience. */
  readonly epochsWithoutImprovement: number;
  /** Sums of the current epoch's training loss. */
  readonly lossSum: number;
  readonly lossCount: number;
  /** Where several losses are summed, each over the epoch so far. */
  readonly lossParts?: readonly LossPartValue[];
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
  bestLoss: "number or null",
  bestEpoch: "number or null",
  epochsWithoutImprovement: "count",
  lossSum: "number",
  lossCount: "number",
  lossParts: "losses",
  seconds: "number",
  stoppedEarly: "boolean",
  trainCount: "count",
  batchSize: "count",
  shuffle: "boolean",
  plateau: "plateau",
} as const satisfies Record<
  keyof TrainingCounters,
  "count" | "number" | "number or null" | "boolean" | "losses" | "plateau"
>;

/** The counters in plain JSON data, or the name of the first that is missing or wrong. */
export function readCounters(value: unknown): TrainingCounters | string {
  if (typeof value !== "object" || value === null) return "all counters";
  const given = value as Readonly<Record<string, unknown>>;
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
    case "boolean":
      return typeof value === "boolean";
    case "losses":
      return value === undefined || (Array.isArray(value) && value.every(isLossPart));
    case "plateau":
      return value === undefined || isPlateau(value);
    default:
      return kind satisfies never;
  }
}

function isLossPart(value: unknown): boolean {
  const { loss, count, reduction } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Number.isFinite(loss) && Number.isFinite(count) && (reduction === "mean" || reduction === "sum");
}
