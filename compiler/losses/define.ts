/** What a loss kind is. The mean and the masks are the build stage's business; a loss gives one number per element. */
import type { LayerShape } from "../contracts/layer.ts";
import type { Operations } from "../ops/define.ts";
import type { Node } from "../ir/graph.ts";
import type { Keys } from "../keys/define.ts";
import type { LossReading } from "@specloom/runtime/internal/contract";

export interface LossShapes {
  readonly input: LayerShape;
  /** Of the layers that further keys name (`layerKeys`), by key. */
  readonly layers: Readonly<Record<string, LayerShape>>;
  readonly target: LayerShape & { readonly dtype: "float32" | "int32"; readonly vocabulary?: number };
}

/** What does not fit. With a key the value of that key is wrong, else the shapes are. */
export interface LossProblem {
  /** The key that is wrong; the kind of the loss where that is nobody's. */
  readonly key?: string;
  /** Which of the two the shape of is wrong, where it is clear. */
  readonly at?: "input" | "target";
  readonly expected: string;
  readonly help: string;
}

/** Losses of which a mean does not count every element alike. */
export interface LossTerms {
  /** Loss of every element, `[B, ...]`. What counts for nothing is 0 here, and passes no gradient back. */
  readonly values: Node;
  /** What each adds to the divisor of a mean: the leading axes of `values`. */
  readonly counts: Node;
}

/** How many steps of input and target count, `[B]` each; undefined where all do. */
export interface LossLengths {
  readonly input: Node | undefined;
  readonly target: Node | undefined;
}

/** What the runtime must know to refuse a target that cannot be aligned with its input. */
export interface LossAlignment {
  /** The class between labels; no target may hold it. */
  readonly blank: number;
  /** Whether a target too long for its input is an error. */
  readonly mustFit: boolean;
}

export interface LossDefinition<Config = Readonly<Record<string, unknown>>> {
  readonly kind: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: string;
  /** Keys beyond kind, input, target, reduction and weight; one that is named as these replaces it. */
  readonly keys: Keys;
  /** Keys whose value names a further layer, such as `variance`. */
  readonly layerKeys?: readonly string[];
  /** Undefined when the shapes fit; else what was expected, for the diagnostic. */
  readonly check: (config: Config, shapes: LossShapes) => LossProblem | undefined;
  /** How many classes an int32 target chooses from, where it holds classes; its values are then checked. */
  readonly classes?: (shapes: LossShapes) => number;
  /** Least and largest number that a float32 target means something with; a data file may hold no others. */
  readonly targetRange?: readonly [least: number, largest: number];
  /**
   * Loss of every element, shape `[B, ...]`, each counting 1 in a mean, or with counts of their own. An element's axes
   * must start with the axes that masks have ([B] or [B, T]).
   * @param input [B, ...] output of the layer named by `input`
   * @param target [B, ...]
   * @param lengths for losses with one element per example, [B]; others are masked by the build stage
   * @param layers what the layers of `layerKeys` put out, [B, ...] by key
   */
  readonly elements: (
    operations: Operations,
    config: Config,
    input: Node,
    target: Node,
    lengths: LossLengths,
    layers: Readonly<Record<string, Node>>,
  ) => Node | LossTerms;
  /** How its input is to be read, for those who score and show it; absent where it is one number for each of the target's. */
  readonly facts?: (config: Config, target: LossShapes["target"]) => LossReading;
  /** Of a loss that fits a sequence of labels into a longer input; its targets may be empty. */
  readonly aligns?: (config: Config) => LossAlignment;
  /** Numbers known from elsewhere: input and target of one element, with the keys that are not the defaults, and their loss. */
  readonly worked?: {
    readonly config?: Partial<Config>;
    readonly input: readonly number[];
    readonly target: readonly number[];
    readonly loss: number;
  };
  readonly examples: readonly {
    readonly config: Readonly<Record<string, unknown>>;
    readonly input: readonly number[];
    readonly target: readonly number[];
    readonly targetKind: "real" | "class" | "labels" | "probability" | "distribution";
    /** What the numbers of the input are; default real. Positive ones keep away from 0. */
    readonly inputKind?: "probability";
    /** Shapes of the layers of `layerKeys`, whose numbers are positive. */
    readonly layers?: Readonly<Record<string, readonly number[]>>;
  }[];
}

export function defineLoss<Config>(definition: LossDefinition<Config>): LossDefinition {
  return definition as unknown as LossDefinition;
}
