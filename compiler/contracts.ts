/**
 * The types that pass between the stages of the compiler.
 *
 *   text --1 parse--> Document --2 validate--> Spec --3 resolve--> Model --4 build--> ProgramGraphs (forward)
 *        --5 differentiate--> ProgramGraphs --6 optimise--> ProgramGraphs --7 lower--> Program[] --8 emit--> module text
 */
import type { Document as YamlDocument } from "yaml";
import type {
  AlignmentFact,
  AnyProgramName,
  DecodeFact,
  DType,
  Initializer,
  LengthTable,
  ProgramName,
  Programs,
  StatisticDType,
  StreamFact,
} from "../runtime/contract.ts";
import type { Cell } from "./cells/define.ts";
import type { Graph } from "./ir/graph.ts";
import type { Program } from "./ir/program.ts";
import type { TeacherForcing } from "./schedules/teacher-forcing.ts";

export type { AnyProgramName, DecodeFact, DType, Initializer, ProgramName, Programs, StatisticDType, StreamFact };

/** A place in a text: offsets are UTF-16 code units from the start of the file, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A spec as text with a position for every node. `extends` and `--set` are already merged into `value`. */
export interface Document {
  /** Path as the user wrote it; what diagnostics print. */
  readonly file: string;
  /** File name without directory and extension. */
  readonly stem: string;
  readonly text: string;
  readonly yaml: YamlDocument;
  /** Plain data: objects with null prototype are never used, `__proto__` and friends were rejected. */
  readonly value: unknown;
  /** The place of a value (`/layers/0/kind`) or of its key. Falls back to the nearest ancestor that exists. */
  readonly locate: (pointer: string, part?: "value" | "key") => Place;
}

/** A place in one file. With `extends` two places of one spec can lie in different files. */
export interface Place {
  readonly file: string;
  readonly text: string;
  readonly span: Span;
}

/** A spec that satisfies the JSON schema: shapes of keys are right, meaning is not checked yet. Defaults are not filled. */
export interface Spec {
  readonly specloom: 1;
  readonly name: string;
  readonly description?: string;
  readonly data: DataSpec;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  /** Layer kinds of the spec's own, by name; stage 3 reads their equations. */
  readonly cells?: Readonly<Record<string, unknown>>;
  readonly layers: readonly LayerSpec[];
  readonly loss: KindSpec | readonly KindSpec[];
  readonly optimizer: KindSpec;
  readonly schedule?: KindSpec;
  readonly train?: TrainSpec;
  readonly decode?: Readonly<Record<string, unknown>>;
  readonly metrics?: readonly string[];
  readonly outputs?: readonly string[];
  /** Pointers of parts whose errors are reported already; what needs them stays silent, and no model comes out. */
  readonly broken?: ReadonlySet<string>;
}

export interface KindSpec {
  readonly kind: string;
  readonly [key: string]: unknown;
}

export interface LayerSpec extends KindSpec {
  readonly name?: string;
  readonly from?: string | readonly string[];
  readonly freeze?: boolean;
  readonly init?: unknown;
}

export interface DataSpec extends KindSpec {
  readonly file?: string;
}

export interface InputSpec {
  readonly shape: readonly (number | string)[];
  readonly dtype?: "float32" | "int32";
  readonly vocabulary?: number;
  readonly lengths?: boolean;
}

export interface TrainSpec {
  readonly epochs?: number;
  readonly steps?: number;
  readonly batch_size?: number;
  readonly seed?: number;
  readonly shuffle?: boolean;
  readonly clip_grad_norm?: number;
  readonly clip_grad_value?: number;
  readonly accumulate?: number;
  readonly average?: { readonly kind: "ema"; readonly decay?: number; readonly start_step?: number };
  readonly teacher_forcing?: Partial<TeacherForcing> & Pick<TeacherForcing, "kind">;
  readonly early_stopping?: { readonly patience: number; readonly metric?: string; readonly restore_best?: boolean };
}

/** What resolve must know of the data that only the data can tell. Read by whoever calls the compiler, never by it. */
export interface DataFacts {
  /** For `tensors`: shape (first axis: examples) and dtype of every tensor in the file. */
  readonly tensors?: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: DType }>>;
}

/** One named tensor that enters the model with each batch. Shape without the batch axis. */
export interface ModelInput {
  readonly name: string;
  readonly role: "input" | "target";
  readonly shape: readonly number[];
  /** One letter or word per axis of `shape`, for legends: `["T", "C"]`. */
  readonly axes: readonly string[];
  readonly dtype: DType;
  /** Size of the vocabulary or number of classes of an int32 tensor, where known: values must lie below it. */
  readonly vocabulary?: number;
  /** Least and largest number that a data file may hold for it, where a loss means no others. */
  readonly range?: readonly [least: number, largest: number];
  /** With lengths, a companion int32 tensor `<name>.lengths` [B] arrives too; axis 0 of `shape` is then time. */
  readonly lengths: boolean;
  /** A target of which some values are not known: NaN in a call, a companion mask `<name>.mask` in the programs. */
  readonly mayBeMissing?: true;
  readonly pointer: string;
  /** Layers read it, but none that an output depends on: predictions do without it. */
  readonly trainingOnly?: true;
  /** Its shape cannot be told, which has been reported: what reads it stays silent, and no model comes out. */
  readonly unknown?: true;
}

/** A tensor that is kept from step to step, named and laid out as PyTorch's `state_dict` would have it. */
export interface ParameterFact {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Not changed by the optimizer. */
  readonly frozen: boolean;
  /** Of what training renews without a gradient (PyTorch: buffers), the dtype in files; else undefined. Always frozen. */
  readonly statistic?: StatisticDType;
  /** Name of the layer that owns it. */
  readonly layer: string;
}

/** A tensor between layers, without the batch axis. `time` says whether axis 0 is time (so that lengths mask it). */
export interface LayerShape {
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly time: boolean;
  /** `int32` on whole numbers, as inputs can hold them; else absent, for what layers compute is float32. */
  readonly dtype?: DType;
  /** Of whole numbers: they lie in 0 .. vocabulary - 1, where that is known. */
  readonly vocabulary?: number;
}

/** A layer with every default filled in and every dimension a number. */
export interface ResolvedLayer {
  readonly name: string;
  readonly kind: string;
  /** What the kind is, where the spec itself defines it. */
  readonly cell?: Cell;
  readonly config: Readonly<Record<string, unknown>>;
  /** Name of the group around it; "" outside of all. Texts in its keys are looked up there first. */
  readonly scope: string;
  /** Names of inputs, layers or dotted outputs this layer reads, in order. */
  readonly from: readonly string[];
  /** Names of all inputs and layers that it depends on, through whatever key. */
  readonly needs: readonly string[];
  readonly inputs: readonly LayerShape[];
  readonly output: LayerShape;
  /** Dotted extra outputs: `weights`, `final_state`. */
  readonly extras: Readonly<Record<string, LayerShape>>;
  readonly parameters: readonly ParameterFact[];
  readonly pointer: string;
}

export interface ResolvedLoss {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly input: string;
  readonly target: string;
  /** Layers that further keys name, by key: `{variance: spread}`. */
  readonly layers?: Readonly<Record<string, string>>;
  /** How many classes an int32 target chooses from, where the loss says so. */
  readonly classes?: number;
  /** What a float32 target may hold, where the loss means no other numbers. */
  readonly targetRange?: readonly [least: number, largest: number];
  readonly weight: number;
  readonly pointer: string;
}

/** Named layers, defaults filled, every dimension a number, each with its place in the spec. */
export interface Model {
  readonly name: string;
  readonly description: string | undefined;
  readonly spec: ResolvedSpec;
  readonly batchSize: number;
  readonly inputs: readonly ModelInput[];
  readonly layers: readonly ResolvedLayer[];
  readonly losses: readonly ResolvedLoss[];
  readonly optimizer: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> };
  /** Absent where the learning rate stays what it is. */
  readonly schedule?: ResolvedSchedule;
  /** Batches whose gradients make one update; absent where every batch makes one. */
  readonly accumulate?: number;
  /** A moving average of the parameters; absent where there is none. */
  readonly average?: { readonly decay: number; readonly startStep: number };
  /** How often a decoder reads true tokens in training; absent where it always does. */
  readonly teacherForcing?: TeacherForcing;
  readonly clipping: { readonly norm: number | undefined; readonly value: number | undefined };
  /** Absent where nothing is decoded. */
  readonly decode?: DecodeFact;
  /** Names of what `predict` returns, with shapes and the inputs that each depends on. */
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: LayerShape;
    readonly needs?: readonly string[];
  }[];
  readonly parameters: readonly ParameterFact[];
}

export interface ResolvedSchedule {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The key of `config` that was not written and follows from how long the training is: `t_max`. */
  readonly planned?: string;
}

/** The spec with every default written out: plain JSON, what `spec.yaml` of a run holds and what the header hashes. */
export type ResolvedSpec = Readonly<Record<string, unknown>>;

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

/** Why a model has no stream. */
export interface StreamObstacle {
  readonly reason: string;
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
