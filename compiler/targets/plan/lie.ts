/** Products of few rows, whose right factor need not be packed. */
import type { Machine } from "./machine.ts";
import { extentOf, type Product } from "./product.ts";

/** How the numbers of the right factor lie: side by side along the depth, or along the columns. */
export type Lie = "depth" | "columns";

/** How a product of fewer rows than a tile has finds its right factor; undefined where it is to be packed like any other. */
export function lieOf(
  { rows, columns, depth }: Pick<Product, "rows" | "columns" | "depth">,
  { tileRows }: Machine,
): Lie | undefined {
  const [column, otherColumn] = columns;
  const [step, otherStep] = depth;
  if (column === undefined || step === undefined || otherColumn !== undefined || otherStep !== undefined)
    return undefined;
  if (extentOf(rows) >= tileRows || rows.length > 1) return undefined;
  // What is walked backwards has no offsets that an instruction could hold.
  if ([...rows, ...columns, ...depth].some(({ left, right, output }) => Math.min(left, right, output) < 0)) {
    return undefined;
  }
  if (column.right === 1) return "columns";
  return step.right === 1 && step.left === 1 ? "depth" : undefined;
}
