/** What `metrics.json` of a run holds. */
import type { BackendReport } from "../../runtime/contract.ts";
import type { TrainingOutcome } from "../../runtime/training/trainer.ts";
import type { PartScores } from "./evaluation.ts";
import type { RanOn } from "./run-origin.ts";

export interface RunMetrics {
  readonly name: string;
  readonly outcome: TrainingOutcome;
  /** Epochs that are complete, and updates done. */
  readonly epochs: number;
  readonly steps: number;
  /** The epoch whose weights are kept and scored; null when none was trained. */
  readonly best_epoch: number | null;
  readonly best_loss: number | null;
  readonly seed: number;
  readonly seconds: number;
  readonly batch_size: number;
  readonly parameters: number;
  /** Examples per part. */
  readonly examples: { readonly train: number; readonly validation: number; readonly test: number };
  /** What ran. */
  readonly backend: BackendReport;
  /** What computed from which update on, where the run was taken up by another backend. */
  readonly ran_on?: readonly RanOn[];
  /** Null where the part has no examples. */
  readonly validation: PartScores | null;
  readonly test: PartScores | null;
}
