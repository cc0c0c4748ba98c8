import type { LayerShape, ModelInput } from "../contracts/layer.ts";

/**
 * An input as the layers see it. Axis 0 is time when the input has lengths, when it has several axes, or when it is a
 * sequence of tokens; a plain vector of numbers has no time.
 */
export function inputShape(input: ModelInput): LayerShape {
  const { shape, axes, vocabulary } = input;
  const time = input.lengths || shape.length > 1 || (shape.length === 1 && input.dtype === "int32");
  if (input.dtype !== "int32") return { shape, axes, time };
  return { shape, axes, time, dtype: "int32", ...(vocabulary === undefined ? {} : { vocabulary }) };
}
