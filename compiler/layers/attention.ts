import type { LayerShape } from "../contracts/layer.ts";
import { attend } from "./attend.ts";
import { allSteps } from "./cache.ts";
import type { LayerValue } from "./define.ts";
import { defineLayer } from "./define.ts";
import { streamAttention } from "./heads.ts";
import type { ScoreConfig } from "./scores.ts";
import { scoreEnergies, scoreFits, scoreKeys, scoreParameters } from "./scores.ts";
import { commonLengths } from "./softmax.ts";

interface AttentionConfig extends ScoreConfig {
  readonly causal: boolean;
}

/** Queries `[B, Tq, Dq]` look at keys `[B, Tk, Dk]` and get values `[B, Tk, Dv]` mixed: `[B, Tq, Dv]`. */
export const attention = defineLayer<AttentionConfig, 2>({
  kind: "attention",
  summary:
    "Every query gets a weighted sum of the values, the weights being a softmax over how well their keys fit it.",
  formula: "a_qk = softmax_k(score(q, k)); c_q = sum_k a_qk v_k",
  source:
    "Luong, Pham and Manning 2015 (dot, general); Bahdanau, Cho and Bengio 2015 (additive); Vaswani et al. 2017 " +
    "(scaled_dot). W, W_q, W_k and v are torch.nn.Linear layers without bias",
  keys: {
    ...scoreKeys,
    causal: { type: "boolean", default: false, description: "Query t sees only keys 0 .. t." },
  },
  inputs: { min: 2, max: 3 },
  plan: (config, context) => {
    const { inputs, mismatch, invalid } = context;
    const [query, key] = inputs as readonly [LayerShape, LayerShape];
    const value = inputs[2] ?? key;
    if (inputs.some((input) => !input.time || input.shape.length !== 2)) {
      return mismatch("sequences [B, T, H]", "read recurrent layers with return: sequence, or inputs that have time");
    }
    const [[queries, queryWidth], [keys, keyWidth], [values, width]] = [query.shape, key.shape, value.shape] as [
      [number, number],
      [number, number],
      [number, number],
    ];
    if (keys !== values) return mismatch("as many values as keys", "read keys and values from sequences of one length");
    if (!scoreFits(config, queryWidth, keyWidth)) {
      return mismatch(
        `queries and keys of one width for score: ${config.score}`,
        "set score: general or score: additive, or bring both to one width with a linear layer",
      );
    }
    if (config.score !== "additive" && config.attention_size !== undefined) {
      const help = "remove it, or set score: additive";
      return invalid("attention_size", `no attention_size with score: ${config.score}`, help);
    }
    const [queryAxis, keyAxis, valueAxis] = [query.axes[0], key.axes[0], value.axes[1]] as [string, string, string];
    return {
      output: { shape: [queries, width], axes: [queryAxis, valueAxis], time: true },
      extras: {
        weights: { shape: [queries, keys], axes: [queryAxis, keyAxis === queryAxis ? "S" : keyAxis], time: true },
      },
      parameters: scoreParameters(config, queryWidth, keyWidth),
    };
  },
  stream: ({ causal }, inputs) => streamAttention(causal, inputs),
  build: (config, { operations: o, parameter, inputs, output, stream }) => {
    const whole = (label: string, input: LayerValue): LayerValue =>
      stream?.isStep(input) ? { ...input, node: allSteps(o, stream, label, input.node) } : input;
    const query = inputs[0];
    const key = whole("keys", inputs[1]);
    const value = inputs[2] === undefined ? key : whole("values", inputs[2]);
    const [batch, keys, width] = value.node.shape as [number, number, number];
    const { context, weights } = attend(o, {
      energies: scoreEnergies(o, config, parameter, query.node, key.node),
      values: o.reshape(value.node, [batch, keys, 1, width]),
      keyLengths: commonLengths(o, [key.lengths, value.lengths]),
      causal: config.causal,
      firstQuery: stream?.position,
    });
    const [queries] = output.shape as [number];
    return {
      node: o.reshape(context, [batch, queries, width]),
      lengths: query.lengths,
      extras: { weights: () => o.builder.named(o.reshape(weights(), [batch, queries, keys]), "attention_weights") },
    };
  },
  examples: [
    {
      config: {},
      inputs: [
        { shape: [3, 2], axes: ["T", "H"], time: true },
        { shape: [4, 2], axes: ["S", "H"], time: true },
      ],
    },
    {
      config: { score: "general", causal: true },
      inputs: [
        { shape: [4, 2], axes: ["T", "C"], time: true },
        { shape: [3, 3], axes: ["S", "H"], time: true },
        { shape: [3, 1], axes: ["S", "D"], time: true },
      ],
    },
    {
      config: { score: "additive", attention_size: 3 },
      inputs: [
        { shape: [3, 2], axes: ["T", "C"], time: true },
        { shape: [2, 4], axes: ["S", "H"], time: true },
      ],
    },
    {
      config: { score: "scaled_dot", causal: true },
      inputs: [
        { shape: [5, 3], axes: ["T", "C"], time: true },
        { shape: [5, 3], axes: ["T", "C"], time: true },
      ],
    },
  ],
});
