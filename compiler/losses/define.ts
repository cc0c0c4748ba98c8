/** What a loss kind is. The mean and the masks are the build stage's business; a loss gives one number per element. */
import type { LayerShape } from "../contracts.ts";
import type { Operations } from "../ops/define.ts";
import type { Node } from "../ir/graph.ts";
import type { Keys } from "../schema/keys.ts";

export interface LossShapes {
  readonly input: LayerShape;
  readonly target: LayerShape & { readonly dtype: "float32" | "int32"; readonly vocabulary?: number };
}

export interface LossDefinition<Config = Readonly<Record<string, unknown>>> {
  readonly kind: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: string;
  /** Keys beyond kind, input, target, reduction and weight. */
  readonly keys: Keys;
  /** Undefined when the shapes fit; else what was expected, for the diagnostic. */
  readonly check: (
    config: Config,
    shapes: LossShapes,
  ) => { readonly expected: string; readonly help: string } | undefined;
  /**
   * Loss of every element, shape `[B, ...]`. An element's axes must start with the axes that masks have ([B] or [B, T]).
   * @param input [B, ...] output of the layer named by `input`
   * @param target [B, ...]
   */
  readonly elements: (operations: Operations, config: Config, input: Node, target: Node) => Node;
  readonly examples: readonly {
    readonly config: Readonly<Record<string, unknown>>;
    readonly input: readonly number[];
    readonly target: readonly number[];
    readonly targetKind: "real" | "class";
  }[];
}

export function defineLoss<Config>(definition: LossDefinition<Config>): LossDefinition {
  return definition as unknown as LossDefinition;
}
