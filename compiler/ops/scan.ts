/** The loop over time. Its adjoint needs the whole body and lives with the differentiation (stages/5-differentiate). */
import { InternalError } from "../support/internal-error.ts";
import type { Node } from "../ir/graph.ts";
import type { OpDefinition } from "./define.ts";

function elsewhere(what: string): never {
  throw new InternalError(`a scan is ${what} as a whole, not cell by cell`);
}

export const scan: OpDefinition<"scan"> = {
  name: "scan",
  shape: () => [],
  adjoint: () => elsewhere("differentiated"),
  evaluate: () => elsewhere("evaluated"),
  vectorise: () => elsewhere("vectorised"),
  cell: () => elsewhere("lowered"),
};

export const scanOutput: OpDefinition<"scan_output"> = {
  name: "scan_output",
  shape: () => elsewhere("shaped"),
  adjoint: () => elsewhere("differentiated"),
  evaluate: () => elsewhere("evaluated"),
  vectorise: () => elsewhere("vectorised"),
  cell: () => elsewhere("lowered"),
};

/** Shape of a scan's `index`-th result: the final carries, then the stacked outputs `[T, ...]`. */
export function scanOutputShape(scanNode: Node<"scan">, index: number): readonly number[] {
  const { nextCarries, outputs, length } = scanNode.attributes;
  const carry = nextCarries[index];
  if (carry !== undefined) return carry.shape;
  const output = outputs[index - nextCarries.length];
  if (output === undefined) throw new InternalError(`scan has no result ${index}`);
  return [length, ...output.shape];
}
