import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { windowCount, windowReach } from "../ops/windows.ts";
import { fanInUniform } from "./affine.ts";
import type { LayerPlan, PlanContext } from "./define.ts";
import { latestSteps } from "./cache.ts";
import { defineLayer, stepwise } from "./define.ts";
import { resized } from "./resized.ts";
import { windowLengths, withoutPadding } from "./time.ts";

interface Conv1dConfig {
  readonly out_channels: number;
  readonly kernel_size: number;
  readonly stride: number;
  readonly padding: "valid" | "same" | "causal" | number;
  readonly dilation: number;
  readonly groups: number;
  readonly bias: boolean;
}

/** Zeros before and after the sequence. Of an odd number, `same` puts the one more at the end, as PyTorch does. */
function paddingOf({ padding, kernel_size, dilation }: Conv1dConfig): readonly [number, number] {
  const needed = windowReach(kernel_size, dilation) - 1;
  if (typeof padding === "number") return [padding, padding];
  if (padding === "causal") return [needed, 0];
  return padding === "same" ? [Math.floor(needed / 2), Math.ceil(needed / 2)] : [0, 0];
}

/** A convolution over time: `[B, T, C] -> [B, T', O]`. Steps beyond an example's length are zeros, as padding is. */
export const conv1d = defineLayer<Conv1dConfig>({
  kind: "conv1d",
  summary: "A convolution over time.",
  formula: "y_t = b + sum_k W[:, :, k] x_{t * stride + k * dilation - p}; T' = floor((T + p_all - reach) / stride) + 1",
  source: "torch.nn.Conv1d (weight [O, C / groups, K]), with time before the channels",
  keys: {
    out_channels: { type: "integer", minimum: 1, description: "Size of the last axis of the output." },
    kernel_size: { type: "integer", minimum: 1, description: "Steps that one output reads." },
    stride: { type: "integer", minimum: 1, default: 1, description: "Steps from one output to the next." },
    padding: {
      oneOf: [{ type: "string", enum: ["valid", "same", "causal"] }, { type: "integer" }],
      default: "valid",
      description:
        "valid: none. same: T' = T (stride 1). causal: step t reads nothing after t. A number: as many zeros on both sides.",
    },
    dilation: {
      type: "integer",
      minimum: 1,
      default: 1,
      description: "Steps from one place in the kernel to the next.",
    },
    groups: { type: "integer", minimum: 1, default: 1, description: "Parts of the channels that do not meet." },
    bias: { type: "boolean", default: true, description: "Whether b is added." },
  },
  inputs: { min: 1, max: 1 },
  plan,
  stream: (config, inputs) => {
    if (config.stride > 1) return "with a stride it does not give a step for every step";
    const [before, after] = paddingOf(config);
    const reach = windowReach(config.kernel_size, config.dilation);
    if (after > 0 || before < reach - 1) return "it reads steps to come; padding: causal does not";
    return stepwise(config, inputs);
  },
  build: (config, { operations: o, inputs, parameter, stream }) => {
    const input = inputs[0];
    const [before, after] = paddingOf(config);
    const padded = stream
      ? latestSteps(o, stream, "padded", input.node, before)
      : o.builder.named(o.pad(withoutPadding(o, input), 1, before, after), "padded");
    const product = convolve(o, config, padded, parameter("weight"));
    const result = config.bias ? o.add(product, parameter("bias")) : product;
    const reach = windowReach(config.kernel_size, config.dilation);
    const { stride } = config;
    return {
      node: o.builder.named(result, "output"),
      lengths: windowLengths(o, input.lengths, { padding: before + after, reach, stride }),
    };
  },
  examples: [
    { config: { out_channels: 3, kernel_size: 3, padding: "same" }, inputs: [sequence(5, 2)] },
    { config: { out_channels: 2, kernel_size: 2, stride: 2, dilation: 2, padding: 2 }, inputs: [sequence(6, 3)] },
    {
      config: { out_channels: 4, kernel_size: 3, dilation: 2, groups: 2, padding: "causal", bias: false },
      inputs: [sequence(5, 4)],
    },
    { config: { out_channels: 3, kernel_size: 1, groups: 3 }, inputs: [sequence(3, 3)] },
  ],
});

function plan(config: Conv1dConfig, context: PlanContext): LayerPlan | undefined {
  const { out_channels, kernel_size, stride, dilation, groups, bias, padding } = config;
  const input = context.inputs[0];
  if (!input.time || input.shape.length !== 2) {
    return context.mismatch("a sequence [B, T, C]", "read a layer that keeps its time axis");
  }
  const [steps, channels] = input.shape as [number, number];
  if (typeof padding === "number" && padding < 0) {
    return context.invalid("padding", "valid, same, causal or a number of at least 0", "a slice takes steps away");
  }
  if (padding === "same" && stride > 1) {
    return context.invalid(
      "padding",
      "another padding with a stride",
      "use causal, or a number of zeros on both sides",
    );
  }
  for (const [key, count, what] of [
    ["groups", channels, `the ${channels} channels of its input`],
    ["out_channels", out_channels, "out_channels"],
  ] as const) {
    if (count % groups !== 0) {
      const expected = key === "groups" ? `a divisor of ${what}` : `a multiple of groups, which is ${groups}`;
      return context.invalid(key, expected, "every group reads and makes equally many channels");
    }
  }
  const [before, after] = paddingOf(config);
  const count = windowCount(steps + before + after, kernel_size, stride, dilation);
  if (count < 1) {
    const reach = windowReach(kernel_size, dilation);
    return context.invalid(
      "kernel_size",
      `a kernel that fits into ${steps + before + after} steps (padding included)`,
      `with dilation ${dilation} it reaches over ${reach} steps; make it smaller, or pad with same or causal`,
    );
  }
  const initializer = fanInUniform((channels / groups) * kernel_size);
  return {
    output: { shape: [count, out_channels], axes: [resized(input, 0, count).axes[0] ?? "T", "O"], time: true },
    parameters: [
      { name: "weight", shape: [out_channels, channels / groups, kernel_size], initializer },
      ...(bias ? [{ name: "bias", shape: [out_channels], initializer }] : []),
    ],
  };
}

/**
 * Every output reads its window: one matrix product over places and channels.
 * @param x `[B, T, C]`, padding included
 * @param weight `[O, C / groups, K]`
 */
function convolve(o: Operations, config: Conv1dConfig, x: Node, weight: Node): Node {
  const { kernel_size, stride, dilation, groups, out_channels } = config;
  const windowsOf = (steps: Node): Node => o.unfold(steps, 1, kernel_size, stride, dilation);
  if (groups === 1) return o.contract("btki,oik->bto", windowsOf(x), weight);
  const [batch, steps] = x.shape as [number, number];
  const [, each] = weight.shape as [number, number];
  const parts = windowsOf(o.reshape(x, [batch, steps, groups, each]));
  const kernels = o.reshape(weight, [groups, out_channels / groups, each, kernel_size]);
  const product = o.contract("btkgi,goik->btgo", parts, kernels);
  return o.reshape(product, [batch, product.shape[1] as number, out_channels]);
}

function sequence(steps: number, channels: number): LayerShape {
  return { shape: [steps, channels], axes: ["T", "C"], time: true };
}
