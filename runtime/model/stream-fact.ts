import type { ModelDefinition, StreamFact } from "../contract.ts";

/** How a model goes step by step; undefined where it cannot. */
export function streamFactOf({ stream }: Pick<ModelDefinition, "stream">): StreamFact | undefined {
  return "reason" in stream ? undefined : stream;
}
