import type { AttentionScope } from "@specloom/runtime/internal/contract";
import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { affine, fanInUniform } from "./affine.ts";
import type { BuildContext, LayerPlan, LayerResult, ParameterSpec, StreamContext } from "./define.ts";
import { defineLayer, stepwise } from "./define.ts";
import { lengthMask, lowestEnergy, softmax } from "./softmax.ts";

interface AttentionPoolConfig {
  readonly scope: AttentionScope;
  readonly score: "linear" | "additive";
  readonly attention_size?: number;
}

/** Attention with a learned energy per step: e_t = f(h_t), a = softmax(e), context = sum_t a_t h_t. */
export const attentionPool = defineLayer<AttentionPoolConfig>({
  kind: "attention_pool",
  summary: "A weighted sum over time, the weights being a softmax over an energy that each step earns by itself.",
  formula: "e_t = w . h_t + b or v . tanh(W h_t + b); a = softmax(e); c = sum_t a_t h_t",
  source: "Bahdanau, Cho, Bengio 2015 (additive); Yang et al. 2016, hierarchical attention networks (pooling)",
  keys: {
    scope: {
      type: "string",
      enum: ["sequence", "prefix", "step"],
      default: "sequence",
      description:
        "sequence: over all steps, [B, H]. prefix: at t over steps 1..t, [B, T, H]. step: over one step alone.",
    },
    score: {
      type: "string",
      enum: ["linear", "additive"],
      default: "linear",
      description: "linear: e = w . h + b. additive: e = v . tanh(W h + b).",
    },
    attention_size: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Rows of W of the additive score; default the size of h.",
    },
  },
  inputs: { min: 1, max: 1 },
  plan: (config, context): LayerPlan | undefined => {
    const input = context.inputs[0];
    if (!input.time || input.shape.length !== 2) {
      return context.mismatch("a sequence [B, T, H]", "read a recurrent layer with return: sequence");
    }
    if (config.score === "linear" && config.attention_size !== undefined) {
      return context.invalid(
        "attention_size",
        "no attention_size with score: linear",
        "remove it, or set score: additive",
      );
    }
    const [steps, features] = input.shape as [number, number];
    const [timeAxis] = input.axes as [string];
    const weights: { readonly [S in AttentionPoolConfig["scope"]]: LayerShape } = {
      sequence: { shape: [steps], axes: [timeAxis], time: true },
      prefix: { shape: [steps, steps], axes: [timeAxis, "S"], time: true },
      step: { shape: [steps], axes: [timeAxis], time: true },
    };
    return {
      output: config.scope === "sequence" ? { shape: [features], axes: input.axes.slice(1), time: false } : input,
      extras: { weights: weights[config.scope] },
      parameters: energyParameters(config, features),
    };
  },
  build: (config, context) => {
    const { node, lengths } = context.inputs[0];
    const { operations: o } = context;
    const energies = o.builder.named(energy(config, context, node), "energy");
    if (context.stream && config.scope === "prefix") return poolSoFar(o, context.stream, energies, node);
    if (config.scope === "sequence") {
      const steps = node.shape[1] as number;
      const mask = lengths === undefined ? undefined : lengthMask(o, lengths, steps);
      const weights = o.builder.named(softmax(o, energies, mask), "weights");
      return {
        node: o.builder.named(o.contract("bt,bth->bh", weights, node), "pooled"),
        extras: { weights: () => weights },
        extraLengths: lengths,
      };
    }
    const pooled = config.scope === "prefix" ? prefixPool(o, energies, node, lengths) : stepPool(o, energies, node);
    return { node: pooled.context, lengths, extras: { weights: () => pooled.weights } };
  },
  scope: ({ scope }) => scope,
  stream: ({ scope }, inputs) =>
    scope === "sequence"
      ? "it looks at all steps (scope: sequence); scope: prefix does not"
      : stepwise(undefined, inputs),
  examples: (["sequence", "prefix", "step"] as const).flatMap((scope) => [
    { config: { scope }, inputs: [{ shape: [5, 3], axes: ["T", "H"], time: true }] },
    {
      config: { scope, score: "additive", attention_size: 2 },
      inputs: [{ shape: [4, 3], axes: ["T", "H"], time: true }],
    },
  ]),
});

function energyParameters(config: AttentionPoolConfig, features: number): readonly ParameterSpec[] {
  const size = config.attention_size ?? features;
  if (config.score === "linear") {
    return [
      { name: "weight", shape: [1, features], initializer: fanInUniform(features) },
      { name: "bias", shape: [1], initializer: fanInUniform(features) },
    ];
  }
  return [
    { name: "W.weight", shape: [size, features], initializer: fanInUniform(features) },
    { name: "W.bias", shape: [size], initializer: fanInUniform(features) },
    { name: "v.weight", shape: [1, size], initializer: fanInUniform(size) },
  ];
}

/** Energies `[B, T]` of the steps `[B, T, H]`. */
function energy(config: AttentionPoolConfig, { operations: o, parameter }: BuildContext, steps: Node): Node {
  const column =
    config.score === "linear"
      ? affine(o, steps, parameter("weight"), parameter("bias"))
      : affine(
          o,
          o.builder.named(o.tanh(affine(o, steps, parameter("W.weight"), parameter("W.bias"))), "projection"),
          parameter("v.weight"),
        );
  return o.reshape(o.builder.named(column, "energy"), steps.shape.slice(0, 2));
}

/** At each t a softmax over steps 1..t: weights `[B, T, S]`, zero where s > t. */
function prefixPool(o: Operations, energies: Node, steps: Node, lengths: Node | undefined) {
  const [batch, count] = energies.shape as [number, number];
  const shape = [batch, count, count];
  const seen = o.builder.named(o.lessEqual(o.iota(shape, 2), o.iota(shape, 1)), "is_past");
  const counts =
    lengths === undefined ? seen : o.multiply(seen, o.broadcast(lengthMask(o, lengths, count), shape, [0, 2]));
  const weights = o.builder.named(softmax(o, o.broadcast(energies, shape, [0, 2]), counts), "weights");
  return { weights, context: o.builder.named(o.contract("bts,bsh->bth", weights, steps), "pooled") };
}

/** A softmax over each step alone, as a program that feeds an LSTM one step at a time does it: the weight is 1. */
function stepPool(o: Operations, energies: Node, steps: Node) {
  const alone = o.reshape(energies, [...energies.shape, 1]);
  const weights = o.builder.named(o.reshape(softmax(o, alone), energies.shape), "weights");
  const context = o.multiply(o.broadcast(weights, steps.shape, [0, 1]), steps);
  return { weights, context: o.builder.named(context, "pooled") };
}

/**
 * The same one step at a time, without the steps before: of them only the largest energy, the sum of exponentials and the
 * weighted sum are kept, all three scaled anew when a larger energy comes (Milakov and Gimelshein 2018, online softmax).
 * @param energies `[1, 1]`
 * @param steps `[1, 1, H]`
 */
function poolSoFar(o: Operations, stream: StreamContext, energies: Node, steps: Node): LayerResult {
  const features = steps.shape[2] as number;
  const energy = o.reshape(energies, [1]);
  const values = o.reshape(steps, [1, features]);
  const wide = (node: Node): Node => o.broadcast(node, [1, features], [0]);
  const largestBefore = stream.previous("largest_energy", o.constant(lowestEnergy, [1]));
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const largest = name(o.maximum(largestBefore, energy), "largest_energy");
  const fading = name(o.exp(o.subtract(largestBefore, largest)), "fading");
  const exponential = name(o.exp(o.subtract(energy, largest)), "exponential");
  const kept = o.multiply(stream.previous("exponential_sum", [1]), fading);
  const total = name(o.add(kept, exponential), "exponential_sum");
  const keptSum = o.multiply(stream.previous("weighted_sum", [1, features]), wide(fading));
  const sum = name(o.add(keptSum, o.multiply(values, wide(exponential))), "weighted_sum");
  stream.keep("largest_energy", largest);
  stream.keep("exponential_sum", total);
  stream.keep("weighted_sum", sum);
  return { node: o.builder.named(o.reshape(o.divide(sum, wide(total)), [1, 1, features]), "pooled") };
}
