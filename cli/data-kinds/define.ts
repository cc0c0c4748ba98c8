/** What a data kind is to the commands: how its files are read, and how predictions are made from new ones and printed. */
import type { InputFact } from "@specloom/runtime/internal/contract";
import type { DataSection, SplitOrder } from "@specloom/runtime/internal/contract-data";
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import type { FileReader } from "../data/byte-source.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Session } from "../support/session.ts";
import type { Subject } from "../support/subject.ts";
import type { TrainedWeights } from "../support/weights.ts";

export interface LoadOptions {
  /** The scaler stored with trained weights (parsed JSON); without it one is fitted on the training part. */
  readonly scaler?: unknown;
  /** Per target: the class its loss skips (`ignore_index`), which may lie outside the vocabulary. */
  readonly ignored?: Readonly<Record<string, number>>;
}

/** What `predict` reads. */
export interface GivenInput {
  /** As `files` takes it; its ending tells the format. */
  readonly path: string;
  readonly files: FileReader;
}

export interface PredictionRequest {
  readonly session: Session;
  readonly subject: Subject;
  readonly live: LiveModel;
  readonly weights: TrainedWeights;
  readonly input: GivenInput;
  /** Reads the data that the spec names. */
  readonly trained: () => Promise<Dataset>;
}

export type SectionOf<Kind extends DataSection["kind"]> = Extract<DataSection, { readonly kind: Kind }>;

/** One file of this folder, and one line of its `index.ts`. */
export interface DataKind<Section extends DataSection> {
  /**
   * @param inputs of the model: names, shapes and dtypes the tensors must have
   * @throws Problem or Problems: the user's mistakes, with their places
   */
  readonly load: (
    section: Section,
    inputs: readonly InputFact[],
    files: FileReader,
    options: LoadOptions,
  ) => Promise<Dataset>;
  /** How the parts were drawn; undefined where the file was just cut. */
  readonly drawn?: (section: Section) => SplitOrder | undefined;
  /** A file to predict from, as help texts call one. */
  readonly exampleFile: string;
  /** What a file that begins so would end on. @param start the first 64 bytes */
  readonly endingOf: (start: Uint8Array) => string;
  /** Prints predictions from new data, in the units of its files. */
  readonly predict: (request: PredictionRequest, section: Section) => Promise<void>;
}
