/** What layers that reshape time share: padding put to zero, lengths counted anew, axes by name. */
import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { KeySchema } from "../keys/define.ts";
import type { LayerValue, PlanContext } from "./define.ts";
import { lengthMask } from "./softmax.ts";

/** An axis by name, or counted as PyTorch counts, the batch being 0. */
export type AxisName = "feature" | "time" | number;

export function axisKey(description: string, byDefault?: AxisName): KeySchema {
  return {
    oneOf: [{ type: "string", enum: ["feature", "time"] }, { type: "integer" }],
    ...(byDefault === undefined ? {} : { default: byDefault }),
    description: `${description} feature: the last one. time: the steps. A number counts as PyTorch does: 0 is the batch, -1 the last one.`,
  };
}

/** The axis within `[B, ...]`; undefined once reported. */
export function findAxis(name: AxisName, { shape, time }: LayerShape, context: PlanContext): number | undefined {
  const rank = shape.length + 1;
  if (name === "feature") return rank - 1;
  if (name === "time") {
    return time ? 1 : context.mismatch("a sequence [B, T, ...]", "name another axis, or read a layer that keeps time");
  }
  const axis = name < 0 ? name + rank : name;
  if (axis >= 1 && axis < rank) return axis;
  const known = `feature, time, a number from 1 to ${rank - 1} or from ${1 - rank} to -1`;
  return axis === 0
    ? context.invalid("axis", known, "axis 0 is the batch; examples are never mixed or left out")
    : context.invalid("axis", known, `[B, ...] has ${rank} axes here`);
}

/** The axis within `[B, ...]` of a name that the shape rule has accepted. */
export function axisOf(name: AxisName, { shape }: LayerShape): number {
  if (typeof name === "number") return name < 0 ? name + shape.length + 1 : name;
  return name === "time" ? 1 : shape.length;
}

/** The value with zeros where an example has no step. `select` lets nothing through, not even NaN. */
export function withoutPadding(o: Operations, { node, lengths }: LayerValue): Node {
  if (lengths === undefined) return node;
  const mask = lengthMask(o, lengths, node.shape[1] as number);
  return o.builder.named(o.select(o.broadcast(mask, node.shape, [0, 1]), node, o.constant(0)), "steps_that_count");
}

/**
 * floor((lengths + offset) / by), at least 0: `[B]`.
 *
 * Half a unit keeps exact quotients away from the jump, should a device round a division down.
 */
export function lengthQuotient(o: Operations, lengths: Node, offset: number, by: number): Node {
  if (by === 1) return offset === 0 ? lengths : o.maximum(o.add(lengths, o.constant(offset)), o.constant(0));
  const quotient = o.floor(o.divide(o.add(lengths, o.constant(offset + 0.5)), o.constant(by)));
  return o.maximum(quotient, o.constant(0));
}

/**
 * Lengths after windows have gone over each example alone, by PyTorch's formula: floor((L + p - reach) / stride) + 1.
 * No step gives no window, however wide the padding.
 */
export function windowLengths(
  o: Operations,
  lengths: Node | undefined,
  { padding, reach, stride }: { readonly padding: number; readonly reach: number; readonly stride: number },
): Node | undefined {
  if (lengths === undefined) return undefined;
  const counted = lengthQuotient(o, lengths, padding - reach + stride, stride);
  if (padding < reach) return counted;
  return o.select(o.greater(lengths, o.constant(0)), counted, o.constant(0));
}
