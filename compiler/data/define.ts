/** What a data kind is to the compiler: its keys, what must hold between them, and the inputs it gives to the model. */
import type { ModelInput } from "../contracts/layer.ts";
import type { DataFacts, InputSpec, Spec } from "../contracts/spec.ts";
import type { Report } from "../diagnostics/report.ts";
import type { Keys } from "../keys/define.ts";
import type { DataSection } from "@specloom/runtime/internal/contract";

export interface DataContext {
  readonly spec: Pick<Spec, "data" | "inputs" | "sizes" | "broken">;
  /** The data section with its defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly facts: DataFacts | undefined;
  /** Names that losses use as `target`. */
  readonly lossTargets: ReadonlySet<string>;
  readonly report: Report;
}

export interface DataDefinition {
  readonly kind: string;
  readonly summary: string;
  /** Keys beyond kind. */
  readonly keys: Keys;
  /** Keys that name files, relative to the spec. */
  readonly fileKeys: readonly string[];
  /** Reports what does not fit together; the inputs are asked for all the same. */
  readonly check: (context: DataContext) => void;
  /** Undefined when they cannot be told; the diagnostics say why. */
  readonly inputs: (context: DataContext) => readonly ModelInput[] | undefined;
  /** Whether a part of the data is held back to watch the training with. */
  readonly hasValidation: (config: Readonly<Record<string, unknown>>) => boolean;
  /** How to get such a part, for help texts: a clause without a full stop. */
  readonly validationHelp: string;
  /** What is added to the keys' defaults, where a default depends on other keys. */
  readonly fill: (config: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** What the module says of it. @param config with all that `fill` adds */
  readonly fact: (config: Readonly<Record<string, unknown>>) => DataSection;
  /** Whether the model's inputs follow from its keys; else the spec declares them, and which are targets. */
  readonly impliesInputs: boolean;
  /** Whether its examples are windows of rows in time order. */
  readonly isSeries: boolean;
  /** What happened to its numbers before the model sees them, for a reader of the module: a sentence; undefined where nothing did. */
  readonly preparation?: (config: Readonly<Record<string, unknown>>) => string | undefined;
  /** Worked examples for the reference page: keys, written-out inputs, and which of these are targets of losses. */
  readonly examples: readonly {
    readonly config: Readonly<Record<string, unknown>>;
    readonly inputs?: Readonly<Record<string, InputSpec>>;
    readonly targets?: readonly string[];
  }[];
}
