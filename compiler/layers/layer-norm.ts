import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { ParameterSpec } from "./define.ts";
import { defineLayer, stepwise } from "./define.ts";

interface LayerNormConfig {
  readonly eps: number;
  readonly affine: boolean;
}

/** y = (x - mean) / sqrt(variance + eps) * weight + bias over the last axis: `[B, ..., C] -> [B, ..., C]`. */
export const layerNorm = defineLayer<LayerNormConfig>({
  kind: "layer_norm",
  summary: "Brings the last axis of every step to mean 0 and variance 1, then scales and shifts each feature.",
  formula: "y = (x - mean(x)) / sqrt(var(x) + eps) * weight + bias; var divides by C",
  source: "torch.nn.LayerNorm over the last axis; Ba, Kiros and Hinton 2016",
  keys: {
    eps: {
      type: "number",
      exclusiveMinimum: 0,
      default: 1e-5,
      description: "Added to the variance, so that a constant row does not divide by zero.",
    },
    affine: { type: "boolean", default: true, description: "Whether weight and bias are learned." },
  },
  inputs: { min: 1, max: 1 },
  plan: ({ affine }, { inputs: [input] }) => {
    const output = input;
    return { output, parameters: affine ? normParameters(output, ["weight", "bias"]) : [] };
  },
  build: ({ eps, affine }, { operations: o, inputs: [input], parameter }) => {
    const { node, lengths } = input;
    const [weight, bias] = affine ? [parameter("weight"), parameter("bias")] : [];
    return { node: o.builder.named(layerNormalize(o, node, weight, bias, eps), "output"), lengths };
  },
  stream: stepwise,
  examples: [
    { config: {}, inputs: [{ shape: [5], axes: ["C"], time: false }] },
    { config: { eps: 0.1, affine: false }, inputs: [{ shape: [3, 4], axes: ["T", "C"], time: true }] },
    { config: {}, inputs: [{ shape: [1, 1], axes: ["T", "C"], time: true }] },
  ],
});

/** What scales (from 1) and shifts (from 0) the features `[C]` of a normalised tensor. */
export function normParameters(input: LayerShape, names: readonly ("weight" | "bias")[]): readonly ParameterSpec[] {
  const features = input.shape[input.shape.length - 1] as number;
  return names.map((name) => ({
    name,
    shape: [features],
    initializer: { kind: "constant", value: name === "weight" ? 1 : 0 },
  }));
}

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias, the variance divided by C.
 * @param x `[..., C]`; the statistics are those of each row of the last axis
 * @param weight `[C]`, or undefined for 1
 * @param bias `[C]`, or undefined for 0
 * @param eps added to the variance, above 0
 */
export function layerNormalize(
  o: Operations,
  x: Node,
  weight: Node | undefined,
  bias: Node | undefined,
  eps: number,
): Node {
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const centred = name(o.subtract(x, repeatRows(o, name(meanOfRows(o, x), "mean"), x.shape)), "centred");
  const variance = name(meanOfRows(o, o.multiply(centred, centred)), "variance");
  return scaleAndShift(o, scaleRows(o, centred, variance, eps), weight, bias);
}

/** Rows divided by their size: x / sqrt(square + eps). `x` is `[..., C]` and `square` `[...]`. */
export function scaleRows(o: Operations, x: Node, square: Node, eps: number): Node {
  const inverse = o.divide(o.constant(1), o.sqrt(o.add(square, o.constant(eps))));
  const scale = o.builder.named(inverse, "inverse_deviation");
  return o.builder.named(o.multiply(x, repeatRows(o, scale, x.shape)), "normalized");
}

/** x * weight + bias along the last axis, where they are given. */
export function scaleAndShift(o: Operations, x: Node, weight: Node | undefined, bias: Node | undefined): Node {
  const scaled = weight === undefined ? x : o.multiply(x, weight);
  return bias === undefined ? scaled : o.add(scaled, bias);
}

/** The mean over the last axis: `[..., C] -> [...]`. */
export function meanOfRows(o: Operations, x: Node): Node {
  const axis = x.shape.length - 1;
  return o.multiply(o.sum(x, [axis]), o.constant(1 / (x.shape[axis] as number)));
}

/** One number per row for every cell of the row: `[...] -> [..., C]`. */
function repeatRows(o: Operations, rows: Node, shape: readonly number[]): Node {
  return o.broadcast(
    rows,
    shape,
    rows.shape.map((_, axis) => axis),
  );
}
