/** Between stages 3 and 4: the model, in which everything is named, filled in and a number. */
import type {
  AttentionScope,
  DataSection,
  DecodeFact,
  LossFact,
  TrainingFact,
} from "@specloom/runtime/internal/contract";
import type { Cell } from "../cells/define.ts";
import type { LayerShape, ModelInput, ParameterFact } from "./layer.ts";
import type { TeacherForcing } from "./spec.ts";

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
  /** What the module says of it. */
  readonly fact: LossFact;
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
  readonly metrics: readonly string[];
  readonly training: TrainingFact;
  readonly data: DataSection;
  /** A sentence on what happened to the data's numbers before the model sees them; absent where nothing did. */
  readonly preparation?: string;
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
    /** Of weights of attention: what a step looks at. */
    readonly scope?: AttentionScope;
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
