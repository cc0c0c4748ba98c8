/** From stage 4 on: the graphs and programs of a model, by the entry points of its module. */
import type {
  AlignmentFact,
  LengthTable,
  Programs,
  StreamFact,
  StreamObstacle,
} from "@specloom/runtime/internal/contract";
import type { Graph } from "../ir/graph.ts";
import type { Program } from "../ir/program.ts";
import type { Model } from "./model.ts";

/** What a module can be written for. */
export type TargetName = "gpu" | "wasm";

/** One thing per program of a compilation. */
export type CompiledPrograms<Thing> = Programs<Thing> & {
  /** The wasm target's alone: `predict` for one example; absent where a batch has one anyway. */
  readonly predict_one?: Thing;
};

/** The same of a module that has some of the programs alone. */
export type SomeCompiled<Thing> = Partial<CompiledPrograms<Thing>>;

/** The graphs of one model, one per entry point of the module. */
export interface ProgramGraphs extends CompiledPrograms<Graph> {
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
  /** Outputs of one example in evaluation mode. */
  readonly predict_one?: Graph;
}

/** A model as far as all targets have it in common, without the graphs that its programs were made from. */
export interface Lowered {
  readonly model: Model;
  readonly stream: StreamFact | StreamObstacle;
  readonly sequences: SequenceFacts;
  readonly programs: SomeCompiled<Program>;
}

export interface Compilation extends Lowered {
  readonly programs: CompiledPrograms<Program>;
  readonly graphs: ProgramGraphs;
}

/** What the lengths of examples mean behind layers that change them. */
export interface SequenceFacts {
  readonly alignments: readonly AlignmentFact[];
  /** Of outputs that are sequences of different length, by name. */
  readonly outputLengths: ReadonlyMap<string, readonly LengthTable[]>;
}
