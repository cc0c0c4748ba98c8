/** Between stages 4 and 8: the graphs and programs of a model, by the entry points of its module. */
import type { AlignmentFact, LengthTable, Programs, StreamFact, StreamObstacle } from "../../runtime/contract.ts";
import type { Graph } from "../ir/graph.ts";
import type { Program } from "../ir/program.ts";
import type { Model } from "./model.ts";

/** The graphs of one model, one per entry point of the module. */
export interface ProgramGraphs {
  /** Outputs in evaluation mode. */
  readonly predict: Graph;
  /** Outputs and `loss` in evaluation mode. */
  readonly evaluate: Graph;
  /** `loss` and one output per trainable parameter, in training mode without an update. */
  readonly gradients: Graph;
  /** `loss`, new statistics, new parameters and new optimizer state. */
  readonly train_step: Graph;
  /** Where several batches make an update: `loss`, new statistics, and gradients added to those of the batches before. */
  readonly accumulate?: Graph;
  /** Of one example: what is computed before the first step of a stream, and one step with its states. */
  readonly stream_start?: Graph;
  readonly stream_step?: Graph;
}

export interface Compilation {
  readonly model: Model;
  readonly stream: StreamFact | StreamObstacle;
  readonly sequences: SequenceFacts;
  readonly graphs: ProgramGraphs;
  readonly programs: Programs<Program>;
  readonly moduleText: string;
}

/** What the lengths of examples mean behind layers that change them. */
export interface SequenceFacts {
  readonly alignments: readonly AlignmentFact[];
  /** Of outputs that are sequences of different length, by name. */
  readonly outputLengths: ReadonlyMap<string, readonly LengthTable[]>;
}
