/** What an optimizer kind is: scalar coefficients in float64 per step, and the update of one tensor as graph operations. */
import type { Operations } from "../ops/define.ts";
import type { Node } from "../ir/graph.ts";
import type { ScalarFormula } from "../ir/scalar-formula.ts";
import type { Keys } from "../keys/define.ts";

export type { ScalarFormula };

/** @typeParam Slot names of the state tensors; Scalar: of the coefficients */
export interface UpdateInputs<Slot extends string = string, Scalar extends string = string> {
  readonly parameter: Node;
  readonly gradient: Node;
  /** State by slot name. */
  readonly state: Readonly<Record<Slot, Node>>;
  /** Scalars by name, shape []. */
  readonly scalars: Readonly<Record<Scalar, Node>>;
}

export interface UpdateResult<Slot extends string = string> {
  readonly parameter: Node;
  /** Of the slots that the config has. */
  readonly state: Readonly<Partial<Record<Slot, Node>>>;
}

export interface OptimizerDefinition<
  Config = Readonly<Record<string, unknown>>,
  Slot extends string = string,
  Scalar extends string = string,
> {
  readonly kind: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: string;
  /** Keys beyond kind and learning_rate. */
  readonly keys: Keys;
  /** Default of `learning_rate`. */
  readonly learningRate: number;
  /** Values that do not go together: the key to point at, what is expected there, and what to do. */
  readonly check?: (
    config: Config,
  ) => { readonly key: string; readonly expected: string; readonly help: string } | undefined;
  /** State tensors per parameter, in PyTorch's words. */
  readonly slots: (config: Config) => readonly Slot[];
  /** What slots start with everywhere that do not start with 0. */
  readonly initial?: (config: Config) => Readonly<Partial<Record<Slot, number>>>;
  /**
   * Scalar coefficients as TypeScript expressions over `step` (1 for the first update) and `learningRate`; the emitter
   * prints them and the interpreter evaluates them, both in float64.
   */
  readonly scalars: (config: Config) => Readonly<Record<Scalar, ScalarFormula>>;
  readonly update: (operations: Operations, config: Config, inputs: UpdateInputs<Slot, Scalar>) => UpdateResult<Slot>;
  /** Numbers known from elsewhere: what a parameter of 1 becomes, step by step, with the keys that are not the defaults. */
  readonly worked?: {
    readonly config?: Partial<Config>;
    readonly learningRate: number;
    readonly gradients: readonly number[];
    readonly parameters: readonly number[];
  };
}

/** Outside name of a scalar: a dotted one, since inputs are named by the user. */
export function scalarArgument(name: string): string {
  return `optimizer.${name}`;
}

/** Slots and scalars are written once, as lists and as keys; what `update` reads of them is known to be there. */
export function defineOptimizer<Config>(): <const Slot extends string, Scalar extends string>(
  definition: OptimizerDefinition<Config, Slot, Scalar>,
) => OptimizerDefinition {
  return (definition) => definition as unknown as OptimizerDefinition;
}
