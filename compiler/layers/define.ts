/** What a layer kind is: one record carries its keys, shape rule, graph, documentation and example. */
import type { DType, Initializer, LayerShape } from "../contracts.ts";
import type { Operations } from "../ops/define.ts";
import type { Node } from "../ir/graph.ts";
import type { KeySchema } from "../schema/keys.ts";

/** A parameter as its layer declares it; the full name is `<layer>.<name>`. */
export interface ParameterSpec {
  /** PyTorch's attribute path inside the layer: `weight_ih_l0`, `weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

/** The result of a shape rule. */
export interface LayerPlan {
  readonly output: LayerShape;
  readonly extras?: Readonly<Record<string, LayerShape>>;
  readonly parameters?: readonly ParameterSpec[];
}

/** What a shape rule may use. `problem` reports at the key (or at the layer when `key` is undefined) and goes on. */
export interface PlanContext {
  readonly name: string;
  readonly inputs: readonly LayerShape[];
  /** The names the inputs were referred to by, for messages. */
  readonly from: readonly string[];
  /** Shape (and kind) behind a name given in another key, such as `initial_state`; undefined once reported. */
  readonly lookup: (name: string, key: string) => { readonly shape: LayerShape; readonly kind: string } | undefined;
  /**
   * A shape mismatch: says what was expected, shows the legend of every operand and the places both come from.
   * Use for anything about shapes; returns never-typed undefined so that a rule can `return context.mismatch(...)`.
   */
  readonly mismatch: (expected: string, help: string) => undefined;
  /** A value of this layer's own key that cannot work. */
  readonly invalid: (key: string, expected: string, help: string) => undefined;
}

/** A value between layers while the graph is built: `[B, ...shape]`. */
export interface LayerValue {
  readonly node: Node;
  readonly shape: LayerShape;
  /** Lengths [B] of the time axis, where the values beyond are padding. */
  readonly lengths: Node | undefined;
}

export interface BuildContext {
  readonly operations: Operations;
  readonly training: boolean;
  readonly batchSize: number;
  /** A parameter by the name it was declared with. */
  readonly parameter: (name: string) => Node;
  readonly inputs: readonly LayerValue[];
  /** Numbers in [0, 1), new in every training step; only for training. */
  readonly random: (shape: readonly number[]) => Node;
  /** The value behind a name given in another key: of the layer itself, or of its dotted output. */
  readonly lookup: (name: string) => LayerValue;
  readonly output: LayerShape;
}

export interface LayerResult {
  readonly node: Node;
  readonly lengths?: Node | undefined;
  /** Built only when somebody asks for them. */
  readonly extras?: Readonly<Record<string, () => Node>>;
}

export interface LayerDefinition<Config = Readonly<Record<string, unknown>>> {
  readonly kind: string;
  /** One sentence for the reference page and for editors. */
  readonly summary: string;
  readonly formula: string;
  /** Paper or PyTorch's documented behaviour. */
  readonly source: string;
  /** Keys beyond name, kind, from, freeze and init. Required unless a default is given or `optional` is set. */
  readonly keys: Readonly<Record<string, KeySchema>>;
  /** What the values of its inputs are; default float32. */
  readonly dtype?: DType;
  /** How many inputs `from` may name. */
  readonly inputs: { readonly min: number; readonly max: number };
  readonly plan: (config: Config, context: PlanContext) => LayerPlan | undefined;
  readonly build: (config: Config, context: BuildContext) => LayerResult;
  /** Worked examples: a config and input shapes (without batch); they enrol in the gradient, parity and schema tests. */
  readonly examples: readonly {
    readonly config: Readonly<Record<string, unknown>>;
    readonly inputs: readonly LayerShape[];
  }[];
}

/** Keeps the config type inside the record and hides it in the table. */
export function defineLayer<Config>(definition: LayerDefinition<Config>): LayerDefinition {
  return definition as unknown as LayerDefinition;
}
