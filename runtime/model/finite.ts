/** The guard behind every update: a number that is not finite stops training before anything is taken over. */
import { Problem } from "../problem.ts";
import { firstNotFinite, placeText } from "../tensor.ts";

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** `gradient.encoder.bias[3] is NaN (and 12 more)` for every tensor that has such a number. */
export function notFinite(tensors: readonly NamedTensor[]): readonly string[] {
  return tensors.flatMap(({ name, shape, values }) => {
    const position = firstNotFinite(values);
    if (position < 0) return [];
    const others = values.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), -1);
    const more = others > 0 ? ` (and ${String(others)} more)` : "";
    return [`${name}${shape.length > 0 ? placeText(position, shape) : ""} is ${String(values[position])}${more}`];
  });
}

export function lossNotFinite(step: number, faults: readonly string[]): Problem {
  return new Problem({
    code: "loss-not-finite",
    message: `update ${String(step)} was stopped, the model is as it was before it. Not finite: ${faults.join("; ")}.`,
    help: "try a smaller learning_rate or clip_grad_norm, and look at the scale of the data.",
  });
}
