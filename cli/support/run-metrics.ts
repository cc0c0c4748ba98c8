/** What `metrics.json` of a run holds. */
import type { BackendReport } from "@specloom/runtime/internal/contract-backend";
import type { SplitOrder } from "@specloom/runtime/internal/contract-data";
import type { Kept } from "@specloom/runtime/internal/training/kept";
import type { TrainingOutcome } from "@specloom/runtime/internal/training/trainer";
import type { PartScores } from "./evaluation.ts";
import type { RanOn } from "./run-origin.ts";

export interface RunMetrics {
  readonly name: string;
  readonly outcome: TrainingOutcome;
  /** Epochs that are complete, and updates done. */
  readonly epochs: number;
  readonly steps: number;
  /** What tells the best epoch: `validation_loss`, or the metric that early stopping watches; null where nothing does. */
  readonly watched: string | null;
  /** The whole epoch (from 1) with its best value, and that value; null without one. */
  readonly best_epoch: number | null;
  readonly best_value: number | null;
  /** The weights that are kept and scored. */
  readonly kept: Omit<Kept, "parameters">;
  readonly seed: number;
  readonly seconds: number;
  readonly batch_size: number;
  readonly parameters: number;
  /** Examples per part. */
  readonly examples: { readonly train: number; readonly validation: number; readonly test: number };
  /** How the parts were drawn, where they are not the file's consecutive ones. */
  readonly split?: SplitOrder;
  /** What ran. */
  readonly backend: BackendReport;
  /** What computed from which update on, where the run was taken up by another backend. */
  readonly ran_on?: readonly RanOn[];
  /** Null where the part has no examples. */
  readonly validation: PartScores | null;
  readonly test: PartScores | null;
}

/**
 * As it is read: files of versions before have `best_loss`, whatever was watched, in place of `watched` and `best_value`, and no
 * `kept`, since the weights of `best_epoch` were.
 */
export type StoredMetrics = Omit<RunMetrics, NewKeys> & Partial<Pick<RunMetrics, NewKeys>>;
type NewKeys = "watched" | "best_value" | "kept";
