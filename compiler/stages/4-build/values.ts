/** Values by name while a graph is built. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { Node } from "../../ir/graph.ts";
import { inputShape } from "../../data/input-shape.ts";
import type { LayerValue } from "../../layers/index.ts";
import type { Operations } from "../../ops/index.ts";
import { InternalError } from "../../support/internal-error.ts";
import { lengthsOf, maskOf } from "@specloom/runtime/internal/shared/names";

/** Values by name; dotted outputs are built when somebody asks for them. */
export class Values {
  readonly #made = new Map<string, LayerValue>();
  readonly #waiting = new Map<string, () => LayerValue>();

  set(name: string, value: LayerValue): void {
    this.#made.set(name, value);
  }

  later(name: string, make: () => LayerValue): void {
    this.#waiting.set(name, make);
  }

  has(name: string): boolean {
    return this.#made.has(name) || this.#waiting.has(name);
  }

  get(name: string): LayerValue {
    const made = this.#made.get(name) ?? this.#waiting.get(name)?.();
    if (made === undefined) throw new InternalError(`nothing is called ${name}`);
    this.#made.set(name, made);
    return made;
  }
}

export function inputValue(o: Operations, input: ModelInput, batchSize: number): LayerValue {
  return {
    node: o.argument("input", input.name, [batchSize, ...input.shape], input.dtype),
    shape: inputShape(input),
    lengths: input.lengths ? o.argument("input", lengthsOf(input.name), [batchSize], "int32") : undefined,
  };
}

/** 1 where a target is known and 0 where it is not, `[B, ...]`; undefined where all of it is. */
export function targetMask(o: Operations, input: ModelInput | undefined, batchSize: number): Node | undefined {
  if (input?.mayBeMissing !== true || input.role !== "target") return undefined;
  return o.argument("input", maskOf(input.name), [batchSize, ...input.shape]);
}
