/** What a layer kind is: one record carries its keys, shape rule, graph, documentation and example. */
import type { LayerShape } from "../contracts/layer.ts";
import type { AttentionScope, DType, Initializer, StatisticDType } from "@specloom/runtime/internal/contract";
import type { Operations } from "../ops/define.ts";
import type { Node } from "../ir/graph.ts";
import type { KeySchema } from "../keys/define.ts";

/** A parameter as its layer declares it; the full name is `<layer>.<name>`. */
export interface ParameterSpec {
  /** PyTorch's attribute path inside the layer: `weight_ih_l0`, `weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

/** A tensor that training renews from what it sees, without a gradient; the full name is `<layer>.<name>`. */
export interface StatisticSpec {
  /** PyTorch's name of the buffer inside the layer: `running_mean`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Its value everywhere before training. */
  readonly initial: number;
  /** In files. Programs compute with float32 throughout. */
  readonly dtype: StatisticDType;
}

/** The result of a shape rule. */
export interface LayerPlan {
  readonly output: LayerShape;
  readonly extras?: Readonly<Record<string, LayerShape>>;
  readonly parameters?: readonly ParameterSpec[];
  readonly statistics?: readonly StatisticSpec[];
  /** The first input is looked up in a table of so many rows: what is not declared to lie below that is checked from now on. */
  readonly vocabulary?: number;
}

/** What a name stands for: an input, a layer or an output of one. */
export interface LookedUp {
  readonly shape: LayerShape;
  /** Of the layer, or `input`. */
  readonly kind: string;
  /** Shapes of the parameters that the layer shares, by the names they were declared with. */
  readonly shared?: Readonly<Record<string, readonly number[]>>;
}

/** As many as the layer reads at least are surely there. */
export type Inputs<Least extends 1 | 2, Item> = {
  readonly 1: readonly [Item, ...Item[]];
  readonly 2: readonly [Item, Item, ...Item[]];
}[Least];

/** For a record's rules, once the inputs are as many as it asks for: there alone is known how many these are. */
export function counted<Item>(items: readonly Item[]): Inputs<2, Item> {
  return items as unknown as Inputs<2, Item>;
}

/** What a shape rule may use. `problem` reports at the key (or at the layer when `key` is undefined) and goes on. */
export interface PlanContext<Shapes = Inputs<1, LayerShape>> {
  readonly name: string;
  readonly inputs: Shapes;
  /** Examples in a full batch. */
  readonly batchSize: number;
  /** The names the inputs were referred to by, for messages. */
  readonly from: readonly string[];
  /**
   * Shape (and kind) behind a name given in another key, such as `initial_state`; undefined once reported. What is looked up is
   * computed with, so it has to be float32 and may not be what the data wants predicted; only `target` names tokens to predict.
   */
  readonly lookup: (name: string, key: string) => LookedUp | undefined;
  /** Whether an input, a layer above or a dotted output of one is called so. */
  readonly has: (name: string) => boolean;
  /**
   * A shape mismatch: says what was expected, shows the legend of every operand and the places both come from.
   * Use for anything about shapes; returns never-typed undefined so that a rule can `return context.mismatch(...)`.
   */
  readonly mismatch: (expected: string, help: string) => undefined;
  /** A value of this layer's own key that cannot work. */
  readonly invalid: (key: string, expected: string, help: string) => undefined;
  /** An optional key that this layer cannot do without. */
  readonly missing: (key: string) => undefined;
}

/** A value between layers while the graph is built: `[B, ...shape]`. */
export interface LayerValue {
  readonly node: Node;
  readonly shape: LayerShape;
  /** Lengths [B] of the time axis, where the values beyond are padding. */
  readonly lengths: Node | undefined;
}

export interface BuildContext<Values = Inputs<1, LayerValue>> {
  readonly operations: Operations;
  readonly training: boolean;
  readonly batchSize: number;
  /** `[B]`, 1 for an example and 0 for the padding of a smaller batch: for what reads several examples at once. */
  readonly exampleMask: Node;
  /** A parameter or a statistic by the name it was declared with. */
  readonly parameter: (name: string) => Node;
  /** A parameter of the layer that another key names. */
  readonly parameterOf: (layer: string, name: string) => Node;
  readonly inputs: Values;
  /** The names behind `inputs`. */
  readonly from: readonly string[];
  /** Numbers in [0, 1), new in every training step; only for training. */
  readonly random: (shape: readonly number[]) => Node;
  /** In training, where the spec says how often: the probability `[]` that a step reads the true token before, not its own. */
  readonly teacherForcing?: (() => Node) | undefined;
  /** The value behind a name given in another key: of the layer itself, or of its dotted output. */
  readonly lookup: (name: string) => LayerValue;
  /** Whether there is such a value, as in the shape rule. */
  readonly has: (name: string) => boolean;
  readonly output: LayerShape;
  /** Where the model is built for one step at a time. */
  readonly stream?: StreamContext | undefined;
}

/**
 * The model one step at a time: values that have time are `[1, 1, ...]`, one example and one step. A layer that mixes steps
 * keeps what it will need of this one.
 */
export interface StreamContext {
  /** How many steps went before: `[1]`. */
  readonly position: Node;
  /** Most steps of a stream, for caches: the T of whole sequences. */
  readonly steps: () => number;
  /** Whether what a name or a position in `from` stands for is one step, and not whole. */
  readonly isStep: (value: LayerValue) => boolean;
  /** What was kept under this name at the step before; before the first step `initial`, by default zeros. `[1, ...]` */
  readonly previous: (name: string, initial: Node | readonly number[]) => Node;
  readonly keep: (name: string, value: Node) => void;
}

export interface LayerResult {
  readonly node: Node;
  readonly lengths?: Node | undefined;
  /** Built only when somebody asks for them. */
  readonly extras?: Readonly<Record<string, () => Node>>;
  /** Of extras that have time, where the layer's output has none. */
  readonly extraLengths?: Node | undefined;
  /** In training: the statistics after this step, by the names they were declared with. */
  readonly updates?: Readonly<Record<string, Node>>;
}

/** @typeParam Least how many inputs it reads at least: so many of a context's are known to be there */
export interface LayerDefinition<Config = Readonly<Record<string, unknown>>, Least extends 1 | 2 = 1 | 2> {
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
  readonly inputs: { readonly min: Least; readonly max: number };
  /** Of a layer that writes the tokens of an input, one after the other, and that training may feed its own (teacher forcing). */
  readonly decodes?: (config: Config) => { readonly target: string; readonly bos: number };
  /** Names of parameters that another layer may take for its own (`tie`). */
  readonly shares?: readonly string[];
  /** Of attention: what a step looks at, where a key says so. */
  readonly scope?: (config: Config) => AttentionScope;
  readonly plan: (config: Config, context: PlanContext<Inputs<Least, LayerShape>>) => LayerPlan | undefined;
  readonly build: (config: Config, context: BuildContext<Inputs<Least, LayerValue>>) => LayerResult;
  /**
   * Whether `build` gives step by step what it gives for whole sequences: undefined if so, else why not. A layer without this
   * needs whole sequences. `stepwise` is for layers that never look at another step.
   */
  readonly stream?: (config: Config, inputs: readonly StreamInput[], named: StreamNames) => string | undefined;
  /** Worked examples: a config and input shapes (without batch); they enrol in the gradient, parity and schema tests. */
  readonly examples: readonly {
    readonly config: Readonly<Record<string, unknown>>;
    readonly inputs: readonly LayerShape[];
    /** Shapes behind the names that the config mentions, such as `cross_from`. */
    readonly named?: Readonly<Record<string, LayerShape>>;
  }[];
}

export interface StreamInput {
  readonly shape: LayerShape;
  /** Whether it comes step by step, and not whole. */
  readonly isStep: boolean;
}

/** Whether what a name in another key stands for comes step by step. */
export type StreamNames = (name: string) => boolean;

/** What a layer says of a key whose value it needs whole, if that comes step by step; undefined if all is well. */
export function wholeNames(
  key: string,
  names: string | readonly string[] | undefined,
  isStep: StreamNames,
): string | undefined {
  const given = typeof names === "string" ? [names] : (names ?? []);
  return given.some(isStep) ? `what ${key} names comes step by step, not whole` : undefined;
}

/** Of layers that never look at another step. */
export function stepwise(_config: unknown, inputs: readonly StreamInput[]): string | undefined {
  return inputs.every(({ isStep }) => isStep)
    ? undefined
    : "it reads a whole sequence beside one that comes step by step";
}

/** Keeps the config type inside the record and hides it in the table. */
export function defineLayer<Config, Least extends 1 | 2 = 1>(
  definition: LayerDefinition<Config, Least>,
): LayerDefinition {
  return definition as unknown as LayerDefinition;
}
