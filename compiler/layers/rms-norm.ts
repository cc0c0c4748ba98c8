import { defineLayer, stepwise } from "./define.ts";
import { meanOfRows, normParameters, scaleAndShift, scaleRows } from "./layer-norm.ts";

interface RmsNormConfig {
  readonly eps: number;
  readonly affine: boolean;
}

/** Distance from 1 to the next float32: what `eps=None` stands for in torch.nn.RMSNorm. */
const float32Epsilon = 2 ** -23;

/** y = x / sqrt(mean(x^2) + eps) * weight over the last axis: `[B, ..., C] -> [B, ..., C]`. */
export const rmsNorm = defineLayer<RmsNormConfig>({
  kind: "rms_norm",
  summary: "Brings the last axis of every step to root mean square 1, then scales each feature.",
  formula: "y = x / sqrt(mean(x^2) + eps) * weight",
  source: "torch.nn.RMSNorm over the last axis; Zhang and Sennrich 2019",
  keys: {
    eps: {
      type: "number",
      exclusiveMinimum: 0,
      default: float32Epsilon,
      description: "Added to the mean square. The default is PyTorch's: the machine epsilon of float32, 2^-23.",
    },
    affine: { type: "boolean", default: true, description: "Whether weight is learned." },
  },
  inputs: { min: 1, max: 1 },
  plan: ({ affine }, { inputs: [input] }) => {
    const output = input;
    return { output, parameters: affine ? normParameters(output, ["weight"]) : [] };
  },
  build: ({ eps, affine }, { operations: o, inputs: [input], parameter }) => {
    const { node, lengths } = input;
    const square = o.builder.named(meanOfRows(o, o.multiply(node, node)), "mean_square");
    const result = scaleAndShift(
      o,
      scaleRows(o, node, square, eps),
      affine ? parameter("weight") : undefined,
      undefined,
    );
    return { node: o.builder.named(result, "output"), lengths };
  },
  stream: stepwise,
  examples: [
    { config: {}, inputs: [{ shape: [5], axes: ["C"], time: false }] },
    { config: { eps: 0.1, affine: false }, inputs: [{ shape: [3, 4], axes: ["T", "C"], time: true }] },
    { config: { eps: 1e-6 }, inputs: [{ shape: [1, 1], axes: ["T", "C"], time: true }] },
  ],
});
