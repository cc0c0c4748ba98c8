import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { defineLayer, stepwise } from "./define.ts";

interface EmbeddingConfig {
  readonly vocabulary?: number;
  readonly embedding_dim: number;
  readonly padding_idx?: number;
}

/** A vector per number: `[B, ...]` int32 -> `[B, ..., E]`. */
export const embedding = defineLayer<EmbeddingConfig>({
  kind: "embedding",
  summary: "A learned vector for every number of a vocabulary.",
  formula: "y = W[x]",
  source: "torch.nn.Embedding (weight [vocabulary, embedding_dim], standard normal at the start)",
  keys: {
    vocabulary: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Rows of the table; default what the input declares. Numbers are 0 .. vocabulary - 1.",
    },
    embedding_dim: { type: "integer", minimum: 1, description: "Size E of a vector." },
    padding_idx: {
      type: "integer",
      minimum: 0,
      optional: true,
      description: "A number whose vector is zero at the start and is not trained.",
    },
  },
  dtype: "int32",
  inputs: { min: 1, max: 1 },
  shares: ["weight"],
  plan: (config, context) => {
    const input = context.inputs[0];
    const vocabulary = config.vocabulary ?? input.vocabulary;
    if (vocabulary === undefined) {
      const help = `set vocabulary here, or declare ${context.from[0] ?? "the input"} with its vocabulary`;
      return context.mismatch("an input whose vocabulary is known", help);
    }
    if (input.vocabulary !== undefined && input.vocabulary > vocabulary) {
      return context.invalid(
        "vocabulary",
        `a vocabulary of at least ${input.vocabulary}, which its input declares`,
        `set it to ${input.vocabulary}, or remove it`,
      );
    }
    const { padding_idx } = config;
    if (padding_idx !== undefined && padding_idx >= vocabulary) {
      return context.invalid(
        "padding_idx",
        `a number below the vocabulary of ${vocabulary}`,
        "choose one that the table has",
      );
    }
    return {
      output: {
        shape: [...input.shape, config.embedding_dim],
        axes: [...input.axes, "E"],
        time: input.time,
      },
      vocabulary,
      parameters: [
        {
          name: "weight",
          shape: [vocabulary, config.embedding_dim],
          initializer: {
            kind: "normal",
            mean: 0,
            deviation: 1,
            ...(padding_idx === undefined ? {} : { zeroRow: padding_idx }),
          },
        },
      ],
    };
  },
  build: ({ padding_idx }, { operations: o, inputs, parameter }) => {
    const { node: ids, lengths } = inputs[0];
    return { node: o.builder.named(embedded(o, parameter("weight"), ids, padding_idx), "output"), lengths };
  },
  stream: stepwise,
  examples: [
    { config: { embedding_dim: 3 }, inputs: [{ shape: [4], axes: ["T"], time: true, dtype: "int32", vocabulary: 5 }] },
    {
      config: { vocabulary: 3, embedding_dim: 1, padding_idx: 0 },
      inputs: [{ shape: [1], axes: ["T"], time: true, dtype: "int32", vocabulary: 2 }],
    },
    {
      config: { vocabulary: 4, embedding_dim: 5, padding_idx: 1 },
      inputs: [{ shape: [], axes: [], time: false, dtype: "int32" }],
    },
    { config: { embedding_dim: 2 }, inputs: [{ shape: [3], axes: ["T"], time: true, dtype: "int32", vocabulary: 1 }] },
  ],
});

/**
 * The rows of a table by number; `padding` passes no gradient back.
 * @param weight `[V, E]`
 * @param ids `[...]`, whole numbers 0 .. V - 1
 * @returns `[..., E]`
 */
export function embedded(o: Operations, weight: Node, ids: Node, padding?: number): Node {
  const rows = o.take(weight, ids);
  if (padding === undefined) return rows;
  const isPadding = o.equal(ids, o.constant(padding));
  const axes = ids.shape.map((_, axis) => axis);
  return o.select(o.broadcast(isPadding, rows.shape, axes), o.stopGradient(rows), rows);
}
