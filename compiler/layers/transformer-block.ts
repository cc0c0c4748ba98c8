import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { ActivationName } from "./activation-functions.ts";
import { activate, activationNames } from "./activation-functions.ts";
import { affine, fanInUniform } from "./affine.ts";
import type { LayerValue, ParameterSpec } from "./define.ts";
import { defineLayer, wholeNames } from "./define.ts";
import { dropped } from "./dropout.ts";
import type { HeadsConfig, HeadWidths } from "./heads.ts";
import { attendWithHeads, headParameters, headsMustDivide, headWeightsShape, streamAttention } from "./heads.ts";
import { layerNormalize, normParameters } from "./layer-norm.ts";
import { rotaryFits, rotaryKeys } from "./rotary.ts";

interface TransformerBlockConfig extends HeadsConfig {
  readonly ff_size: number;
  readonly norm: "pre" | "post";
  readonly activation: ActivationName;
  readonly causal: boolean;
  readonly cross_from?: string;
  readonly layer_norm_eps: number;
}

/** One layer of a transformer: self-attention, attention over `cross_from` where given, two linear maps. `[B, T, E]`. */
export const transformerBlock = defineLayer<TransformerBlockConfig>({
  kind: "transformer_block",
  summary:
    "Self-attention, attention over another sequence where cross_from names one, and a feed-forward part, each added to " +
    "what it reads and normalized.",
  formula:
    "post: x = norm(x + f(x)); pre: x = x + f(norm(x)); f in turn: self-attention, cross-attention, " +
    "W_2 activation(W_1 x + b_1) + b_2",
  source:
    "torch.nn.TransformerEncoderLayer, with cross_from torch.nn.TransformerDecoderLayer, both with batch_first; " +
    "Vaswani et al. 2017 (post), Xiong et al. 2020 (pre)",
  keys: {
    num_heads: { type: "integer", minimum: 1, description: "Heads of the attention; must divide the width E." },
    ff_size: { type: "integer", minimum: 1, default: 2048, description: "Rows of linear1 (dim_feedforward)." },
    norm: {
      type: "string",
      enum: ["pre", "post"],
      default: "post",
      description: "Whether each part reads what is normalized (pre, norm_first) or its sum is normalized (post).",
    },
    activation: { type: "string", enum: activationNames, default: "relu", description: "Between linear1 and linear2." },
    dropout: {
      type: "number",
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.1,
      description: "Dropout in training: on the weights of attention, after each part, and after the activation.",
    },
    causal: {
      type: "boolean",
      default: false,
      description: "Whether step t of self-attention sees only steps 0 .. t.",
    },
    cross_from: {
      type: "string",
      optional: true,
      description:
        "The sequence that the second attention looks at (memory), such as an encoder's output; of any width.",
    },
    layer_norm_eps: { type: "number", exclusiveMinimum: 0, default: 1e-5, description: "eps of the normalizations." },
    bias: { type: "boolean", default: true, description: "Whether attention, linear maps and norms have biases." },
    ...rotaryKeys,
  },
  inputs: { min: 1, max: 1 },
  plan: (config, context) => {
    const { inputs, lookup, mismatch, invalid } = context;
    const input = inputs[0];
    if (!input.time || input.shape.length !== 2) {
      return mismatch("a sequence [B, T, E]", "read an input or layer that keeps its time axis (return: sequence)");
    }
    const size = input.shape[1] as number;
    if (size % config.num_heads !== 0) return invalid("num_heads", ...headsMustDivide(size));
    if (!rotaryFits(config, size, context)) return undefined;
    const weights = headWeightsShape(config.num_heads, input, input);
    if (config.cross_from === undefined) {
      return { output: input, extras: { weights }, parameters: blockParameters(config, input, undefined) };
    }
    const memory = lookup(config.cross_from, "cross_from")?.shape;
    if (memory === undefined) return undefined;
    if (!memory.time || memory.shape.length !== 2) {
      return invalid(
        "cross_from",
        `a sequence [B, S, C]; ${config.cross_from} has [${["B", ...memory.shape].join(", ")}]`,
        "name an input or layer that keeps its time axis (return: sequence)",
      );
    }
    return {
      output: input,
      extras: { weights, cross_weights: headWeightsShape(config.num_heads, input, memory) },
      parameters: blockParameters(config, input, memory.shape[1]),
    };
  },
  stream: ({ causal, cross_from }, inputs, named) =>
    streamAttention(causal, inputs) ?? wholeNames("cross_from", cross_from, named),
  build: (config, context) => {
    const { operations: o, parameter } = context;
    const { node: input, lengths, shape } = context.inputs[0];
    const drop = (x: Node): Node => dropped(o, x, config.dropout, context);
    const biased = (name: string): Node | undefined => (config.bias ? parameter(name) : undefined);
    let norms = 0;
    /** Adds what a part makes of x to x, with the norm before the part or after the sum. */
    const added = (x: Node, name: string, part: (x: Node) => Node): Node => {
      const sum = (made: Node): Node => o.builder.named(o.add(x, drop(made)), `${name}_sum`);
      const norm = `norm${++norms}`;
      const normalize = (y: Node): Node =>
        o.builder.inPart(norm, () =>
          layerNormalize(o, y, parameter(`${norm}.weight`), biased(`${norm}.bias`), config.layer_norm_eps),
        );
      if (config.norm === "post") return o.builder.named(normalize(sum(part(x))), norm);
      return sum(part(o.builder.named(normalize(x), norm)));
    };
    const extras: Record<string, () => Node> = {};
    const attention = (x: Node, memory: LayerValue | undefined): Node => {
      const query = { node: x, shape, lengths };
      const key = memory ?? query;
      const isSelf = memory === undefined;
      const prefix = isSelf ? "self_attn." : "multihead_attn.";
      const heads = (): ReturnType<typeof attendWithHeads> =>
        attendWithHeads(config, context, {
          query,
          key,
          value: key,
          causal: isSelf && config.causal,
          rotary: isSelf && config.rotary,
          prefix,
        });
      const isOnly = config.cross_from === undefined;
      const { node, weights } = isOnly ? heads() : o.builder.inPart(prefix.slice(0, -1), heads);
      extras[isSelf ? "weights" : "cross_weights"] = weights;
      return node;
    };
    const memory = config.cross_from === undefined ? undefined : context.lookup(config.cross_from);
    let x = added(input, "attention", (y) => attention(y, undefined));
    if (memory !== undefined) x = added(x, "cross_attention", (y) => attention(y, memory));
    x = added(x, "feed_forward", (y) => {
      const inner = affine(o, y, parameter("linear1.weight"), biased("linear1.bias"));
      const hidden = drop(o.builder.named(activate(o, config.activation, inner), "feed_forward"));
      return affine(o, hidden, parameter("linear2.weight"), biased("linear2.bias"));
    });
    return { node: o.builder.named(x, "output"), lengths, extras };
  },
  examples: [
    {
      config: { num_heads: 1, ff_size: 3, dropout: 0, causal: true, rotary: true, rotary_pairs: "halves" },
      inputs: [{ shape: [3, 4], axes: ["T", "E"], time: true }],
    },
    {
      config: { num_heads: 2, ff_size: 3, dropout: 0 },
      inputs: [{ shape: [3, 4], axes: ["T", "E"], time: true }],
    },
    {
      config: { num_heads: 1, ff_size: 2, norm: "pre", activation: "gelu", causal: true, bias: false },
      inputs: [{ shape: [4, 3], axes: ["T", "E"], time: true }],
    },
    {
      config: { num_heads: 3, ff_size: 2, norm: "pre", activation: "tanh", dropout: 0.3, cross_from: "memory" },
      inputs: [{ shape: [3, 3], axes: ["T", "E"], time: true }],
      named: { memory: { shape: [2, 2], axes: ["S", "C"], time: true } },
    },
    {
      config: { num_heads: 1, ff_size: 3, activation: "silu", causal: true, cross_from: "memory", dropout: 0 },
      inputs: [{ shape: [2, 2], axes: ["T", "E"], time: true }],
      named: { memory: { shape: [4, 2], axes: ["S", "C"], time: true } },
    },
  ],
});

/** In PyTorch's names; `memory` is the width of cross_from. */
function blockParameters(
  { ff_size, bias }: TransformerBlockConfig,
  input: LayerShape,
  memory: number | undefined,
): readonly ParameterSpec[] {
  const size = input.shape[1] as number;
  const heads = (prefix: string, widths: HeadWidths): readonly ParameterSpec[] =>
    headParameters(widths, bias).map((parameter) => ({ ...parameter, name: `${prefix}.${parameter.name}` }));
  const linear = (name: string, rows: number, columns: number): readonly ParameterSpec[] => [
    { name: `${name}.weight`, shape: [rows, columns], initializer: fanInUniform(columns) },
    ...(bias ? [{ name: `${name}.bias`, shape: [rows], initializer: fanInUniform(columns) }] : []),
  ];
  const norm = (position: number): readonly ParameterSpec[] =>
    normParameters(input, bias ? ["weight", "bias"] : ["weight"]).map((parameter) => ({
      ...parameter,
      name: `norm${position}.${parameter.name}`,
    }));
  return [
    ...heads("self_attn", { query: size, key: size, value: size }),
    ...(memory === undefined ? [] : heads("multihead_attn", { query: size, key: memory, value: memory })),
    ...linear("linear1", ff_size, size),
    ...linear("linear2", size, ff_size),
    ...[1, 2, ...(memory === undefined ? [] : [3])].flatMap(norm),
  ];
}
