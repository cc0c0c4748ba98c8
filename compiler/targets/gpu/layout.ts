/** How tensors of any rank become what gpu.js has: arrays of one, two or three axes. */

/** At most three axes, outermost first; rank 0 is one cell, and leading axes beyond the third merge into the first. */
function mergedShape(shape: readonly number[]): readonly number[] {
  if (shape.length === 0) return [1];
  if (shape.length <= 3) return shape;
  const lead = shape.slice(0, shape.length - 2).reduce((product, length) => product * length, 1);
  return [lead, ...shape.slice(-2)];
}

/** The TypeScript type of a kernel parameter. */
export function tensorType(shape: readonly number[]): "Tensor1" | "Tensor2" | "Tensor3" {
  const rank = mergedShape(shape).length;
  return rank === 1 ? "Tensor1" : rank === 2 ? "Tensor2" : "Tensor3";
}

/** `[B, T, H] = [16, 24, 32]` from index names and sizes; just `[16, 24, 32]` where there are no names. */
export function shapeLegend(shape: readonly number[], indices: readonly string[] = []): string {
  const sizes = `[${shape.join(", ")}]`;
  if (shape.length === 0 || indices.length !== shape.length) return sizes;
  return `[${indices.join(", ")}] of ${sizes}`;
}
