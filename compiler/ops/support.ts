/** Small helpers shared by the operation records. */
import { InternalError } from "../support/internal-error.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations, Vectorised } from "./define.ts";

export type Shape = readonly number[];

export function sameShape(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((dimension, axis) => dimension === right[axis]);
}

/** Our own mistake, said so that the operation and its operands can be found. */
export function expectShape(condition: boolean, operation: string, shapes: readonly Shape[], rule: string): void {
  if (!condition) {
    const operands = shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ");
    throw new InternalError(`${operation} cannot take ${operands}: ${rule}`);
  }
}

/** The value for every step: what does not vary is repeated along a new axis 0. */
export function lift(operations: Operations, input: Vectorised, length: number): Node {
  if (input.vector) return input.node;
  const { shape } = input.node;
  return operations.broadcast(
    input.node,
    [length, ...shape],
    shape.map((_, axis) => axis + 1),
  );
}

export function replaceAt<Item>(items: readonly Item[], position: number, item: Item): Item[] {
  return items.map((old, index) => (index === position ? item : old));
}

/** Calls `visit` with the multi-index of every cell in row-major order. The array is reused. */
export function forEachCell(shape: Shape, visit: (indices: readonly number[], flat: number) => void): void {
  const indices = new Array<number>(shape.length).fill(0);
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  for (let flat = 0; flat < count; flat++) {
    visit(indices, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (indices[axis] as number) + 1;
      if (next < (shape[axis] as number)) {
        indices[axis] = next;
        break;
      }
      indices[axis] = 0;
    }
  }
}
