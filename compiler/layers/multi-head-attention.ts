import { defineLayer } from "./define.ts";
import type { HeadsConfig } from "./heads.ts";
import { attendWithHeads, headParameters, headsMustDivide, headWeightsShape, streamAttention } from "./heads.ts";
import { rotaryFits, rotaryKeys } from "./rotary.ts";

interface MultiHeadAttentionConfig extends HeadsConfig {
  readonly causal: boolean;
}

/** Self-attention `[B, T, E] -> [B, T, E]`, or queries `[B, Tq, E]` that look at keys and values of any width. */
export const multiHeadAttention = defineLayer<MultiHeadAttentionConfig>({
  kind: "multi_head_attention",
  summary:
    "Scaled dot product attention in several heads. One input: self-attention. Two: the first looks at the second. " +
    "Three: queries, keys and values.",
  formula:
    "head_n = softmax(Q_n K_n^T / sqrt(E / N)) V_n; y = [head_1; ...; head_N] W_o^T + b_o; rotary: pair i of the features " +
    "of every query and key turned by t / base^(2i N / E)",
  source:
    "torch.nn.MultiheadAttention with batch_first (kdim, vdim: the widths of keys and values); Vaswani et al. 2017; rotary: Su et al. 2021",
  keys: {
    num_heads: { type: "integer", minimum: 1, description: "Heads N; must divide the width E of the queries." },
    causal: { type: "boolean", default: false, description: "Query t sees only keys 0 .. t." },
    dropout: {
      type: "number",
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
      description: "Dropout on the weights, in training.",
    },
    bias: { type: "boolean", default: true, description: "Whether in_proj_bias and out_proj.bias are there." },
    ...rotaryKeys,
  },
  inputs: { min: 1, max: 3 },
  plan: (config, context) => {
    const { inputs, mismatch, invalid } = context;
    const query = inputs[0];
    const key = inputs[1] ?? query;
    const value = inputs[2] ?? key;
    if (inputs.some((input) => !input.time || input.shape.length !== 2)) {
      return mismatch("sequences [B, T, E]", "read recurrent layers with return: sequence, or inputs that have time");
    }
    if (key.shape[0] !== value.shape[0]) {
      return mismatch("as many values as keys", "read keys and values from sequences of one length");
    }
    const [size, keyWidth, valueWidth] = [query, key, value].map(({ shape }) => shape[1]) as [number, number, number];
    if (size % config.num_heads !== 0) return invalid("num_heads", ...headsMustDivide(size));
    if (config.rotary && inputs.length > 1) {
      return invalid("rotary", "self-attention: positions of two sequences say nothing of each other", "remove it");
    }
    if (!rotaryFits(config, size, context)) return undefined;
    return {
      output: { ...query, time: true },
      extras: { weights: headWeightsShape(config.num_heads, query, key) },
      parameters: headParameters({ query: size, key: keyWidth, value: valueWidth }, config.bias),
    };
  },
  stream: ({ causal }, inputs) => streamAttention(causal, inputs),
  build: (config, context) => {
    const query = context.inputs[0];
    const key = context.inputs[1] ?? query;
    const value = context.inputs[2] ?? key;
    const { node, weights } = attendWithHeads(config, context, {
      query,
      key,
      value,
      causal: config.causal,
      rotary: config.rotary,
    });
    return { node: context.operations.builder.named(node, "output"), lengths: query.lengths, extras: { weights } };
  },
  examples: [
    {
      config: { num_heads: 2, causal: true, rotary: true },
      inputs: [{ shape: [3, 8], axes: ["T", "E"], time: true }],
    },
    {
      config: { num_heads: 1, rotary: true, rotary_base: 100, rotary_pairs: "halves" },
      inputs: [{ shape: [4, 6], axes: ["T", "E"], time: true }],
    },
    { config: { num_heads: 2 }, inputs: [{ shape: [3, 4], axes: ["T", "E"], time: true }] },
    {
      config: { num_heads: 3, causal: true, dropout: 0.25 },
      inputs: [{ shape: [4, 3], axes: ["T", "E"], time: true }],
    },
    {
      config: { num_heads: 1, bias: false },
      inputs: [
        { shape: [2, 3], axes: ["T", "E"], time: true },
        { shape: [4, 2], axes: ["S", "C"], time: true },
      ],
    },
    {
      config: { num_heads: 2 },
      inputs: [
        { shape: [3, 2], axes: ["T", "E"], time: true },
        { shape: [2, 3], axes: ["S", "C"], time: true },
        { shape: [2, 1], axes: ["S", "D"], time: true },
      ],
    },
  ],
});
