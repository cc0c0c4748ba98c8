import type { LayerShape } from "../contracts/layer.ts";
import { replaceAt } from "../ops/support.ts";

/**
 * The shape with another size along one axis. Its name stays where the size does: T steps are no longer T where some are left
 * out or added, and an axis without a name of its own is called by its size.
 * @param axis without the batch: 0 is time, where there is any
 */
export function resized(input: LayerShape, axis: number, size: number): LayerShape {
  const name = input.shape[axis] === size ? (input.axes[axis] as string) : String(size);
  return { ...input, shape: replaceAt(input.shape, axis, size), axes: replaceAt(input.axes, axis, name) };
}
