/** What an optimizer kind is: scalar coefficients in float64 per step, and the update of one tensor as graph operations. */
import type { Operations } from "../ops/define.ts";
import type { Node } from "../ir/graph.ts";
import type { ScalarFormula } from "../ir/scalar-formula.ts";
import type { Keys } from "../keys/define.ts";

export type { ScalarFormula };

export interface UpdateInputs {
  readonly parameter: Node;
  readonly gradient: Node;
  /** State by slot name. */
  readonly state: Readonly<Record<string, Node>>;
  /** Scalars by name, shape []. */
  readonly scalars: Readonly<Record<string, Node>>;
}

export interface UpdateResult {
  readonly parameter: Node;
  readonly state: Readonly<Record<string, Node>>;
}

export interface OptimizerDefinition<Config = Readonly<Record<string, unknown>>> {
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
  readonly slots: (config: Config) => readonly string[];
  /** What slots start with everywhere that do not start with 0. */
  readonly initial?: (config: Config) => Readonly<Record<string, number>>;
  /**
   * Scalar coefficients as TypeScript expressions over `step` (1 for the first update) and `learningRate`; the emitter
   * prints them and the interpreter evaluates them, both in float64.
   */
  readonly scalars: (config: Config) => Readonly<Record<string, ScalarFormula>>;
  readonly update: (operations: Operations, config: Config, inputs: UpdateInputs) => UpdateResult;
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

export function defineOptimizer<Config>(definition: OptimizerDefinition<Config>): OptimizerDefinition {
  return definition as unknown as OptimizerDefinition;
}
