import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { mostStacked } from "../keys/limits.ts";
import { affine } from "./affine.ts";
import { attend } from "./attend.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { cellOf, cells, outputSize, scoreOf, startOf } from "./decoder-config.ts";
import { planDecoder } from "./decoder-plan.ts";
import type { BuildContext, LayerValue, StreamContext } from "./define.ts";
import { defineLayer, wholeNames } from "./define.ts";
import { embedded } from "./embedding.ts";
import { likeliest } from "./likeliest.ts";
import { scoreEnergies, scoreKeys } from "./scores.ts";
import { scanStream } from "./scan-stream.ts";

/** Tokens one after the other, each from those before and from what attention finds in an encoder: logits `[B, T, V]`. */
export const decoder = defineLayer<DecoderConfig>({
  kind: "decoder",
  summary:
    "An autoregressive decoder: a recurrent cell reads the token before, attention looks at the encoder, and the logits of " +
    "the next token come out. Training reads the true tokens (teacher forcing); m.decode its own.",
  formula:
    "dot, general, scaled_dot (Luong): s_t = cell([E y_{t-1}; h_{t-1} if fed], s_{t-1}), c_t = attention(s_t), " +
    "h_t = tanh(W_c [c_t; s_t]), logits = W h_t + b; additive (Bahdanau): c_t = attention(s_{t-1}), " +
    "s_t = cell([E y_{t-1}; c_t], s_{t-1}), logits = W [s_t; c_t; E y_{t-1}] + b",
  source:
    "Luong, Pham and Manning 2015; Bahdanau, Cho and Bengio 2015; torch.nn.Embedding, LSTM and Linear for the parts",
  keys: {
    target: { type: "string", description: "The tokens to predict, an int32 input [B, T] whose vocabulary is known." },
    cell: {
      type: "object",
      description: "The recurrent cell.",
      properties: {
        kind: { type: "string", enum: cells.map(({ kind }) => kind), description: "Which cell; default lstm." },
        hidden_size: { type: "integer", minimum: 1, description: "Size H of its state." },
        num_layers: {
          type: "integer",
          minimum: 1,
          maximum: mostStacked,
          description: "Layers, each reading the one below; default 1.",
        },
      },
      required: ["hidden_size"],
      additionalProperties: false,
    },
    embedding_dim: { type: "integer", minimum: 1, description: "Size of the vector of a token." },
    initial_state: {
      optional: true,
      oneOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }],
      description:
        "Where the cell's state starts, as of a recurrent layer: `encoder`. Default zeros; without attention what `from` says.",
    },
    attention: {
      type: "object",
      optional: true,
      description:
        "How it looks at the encoder; `{}` takes all defaults. Without it the logits come from the cell alone.",
      properties: {
        score: {
          type: "string",
          enum: scoreKeys.score.enum,
          description: "How queries and keys are compared; default dot.",
        },
        over: { type: "string", description: "What it looks at, `[B, S, D]`; default what `from` says." },
        attention_size: {
          type: "integer",
          minimum: 1,
          description: "Size of h, or rows of W_q and W_k of the additive score; default hidden_size.",
        },
      },
      additionalProperties: false,
    },
    input_feeding: {
      type: "boolean",
      default: false,
      description: "Whether the cell also reads h of the step before (not with score: additive, which reads c).",
    },
    bos: { type: "integer", minimum: 0, default: 2, description: "The token before the first." },
    padding_idx: {
      type: "integer",
      minimum: 0,
      optional: true,
      description: "A token whose vector is zero at the start and is not trained.",
    },
  },
  inputs: { min: 1, max: 1 },
  decodes: ({ target, bos }) => ({ target, bos }),
  plan: planDecoder,
  // Whole sequences give what target says at a step; a step of a stream reads the token before, and gives what comes next.
  stream: ({ attention, initial_state }, inputs, named) =>
    inputs.some(({ isStep }) => isStep)
      ? "what it looks at comes step by step, not whole"
      : (wholeNames("attention.over", attention?.over, named) ?? wholeNames("initial_state", initial_state, named)),
  build: (config, context) => {
    const { operations: o, stream } = context;
    const memory = memoryOf(config, context);
    const parts = { ...context, config, memory };
    const { node: tokens, lengths } = context.lookup(config.target);
    if (stream !== undefined) {
      const step = oneStep(parts, stream, tokenVectors(parts, tokens));
      return { node: step.logits, extras: weightExtras(step.weights) };
    }
    const [batch, steps] = tokens.shape as [number, number];
    const first = o.constant(config.bos, [batch, 1]);
    const before = steps === 1 ? first : o.concat([first, o.slice(tokens, 1, 0, steps - 1)], 1);
    o.builder.named(before, "tokens_before");
    if (context.teacherForcing !== undefined) {
      const { logits, weights } = sometimesForced(parts, before, context.teacherForcing());
      return { node: o.builder.named(logits, "output"), lengths, extras: weightExtras(weights && (() => weights)) };
    }
    const vectors = tokenVectors(parts, before);
    if (!readsOwnOutput(config)) {
      const states = runCell(parts, vectors, undefined);
      const whole = luong(parts, states);
      return {
        node: o.builder.named(logitsOf(parts, whole.output), "output"),
        lengths,
        extras: weightExtras(whole.weights),
      };
    }
    const { outputs } = scanStream(o, steps, [vectors], (inner, [vector]) => {
      const { logits, weights } = oneStep(parts, inner, vector as Node);
      return [logits, ...(weights === undefined ? [] : [weights()])];
    });
    const [logits, weights] = outputs as readonly [Node, Node?];
    return {
      node: o.builder.named(logits, "output"),
      lengths,
      extras: weightExtras(weights && (() => o.builder.named(weights, "attention_weights"))),
    };
  },
  examples: (
    [
      { cell: { hidden_size: 3 }, embedding_dim: 2, attention: {} },
      {
        cell: { kind: "gru", hidden_size: 2, num_layers: 2 },
        embedding_dim: 3,
        attention: { score: "additive", attention_size: 4 },
      },
      {
        cell: { kind: "rnn", hidden_size: 2 },
        embedding_dim: 1,
        attention: { score: "general", attention_size: 3 },
        input_feeding: true,
        bos: 0,
      },
      { cell: { kind: "gru", hidden_size: 3 }, embedding_dim: 2, padding_idx: 1 },
    ] as const
  ).map((config) => ({
    config: { target: "target", ...config },
    inputs: [
      "attention" in config
        ? { shape: [4, 3], axes: ["S", "H"], time: true }
        : { shape: [3], axes: ["H"], time: false },
    ],
    named: { target: { shape: [3], axes: ["T"], time: true, dtype: "int32", vocabulary: 5 } as const },
  })),
});

type Parts = BuildContext & { readonly config: DecoderConfig; readonly memory: LayerValue | undefined };

function weightExtras(weights: (() => Node) | undefined): Readonly<Record<string, () => Node>> {
  return weights === undefined ? {} : { attention: weights };
}

/** Whether a step reads what the step before made beside the state of the cell: then time cannot be one product. */
function readsOwnOutput({ attention, input_feeding }: DecoderConfig): boolean {
  return attention?.score === "additive" || input_feeding;
}

function memoryOf({ attention }: DecoderConfig, { inputs, lookup }: BuildContext): LayerValue | undefined {
  if (attention === undefined) return undefined;
  return attention.over === undefined ? inputs[0] : lookup(attention.over);
}

/** `[B, T]` to `[B, T, E]` */
function tokenVectors({ operations: o, parameter, config }: Parts, tokens: Node): Node {
  return o.builder.named(embedded(o, parameter("embedding.weight"), tokens, config.padding_idx), "token_vectors");
}

/** The cell over `[B, T, I]`, or over the one step of a stream: `[B, T, H]`. */
function runCell(parts: Parts, input: Node, stream: StreamContext | undefined): Node {
  const { definition, config } = cellOf(parts.config);
  const initial_state = startOf(parts.config, parts.from);
  const shape: LayerShape = { shape: input.shape.slice(1), axes: ["T", "E"], time: true };
  const result = definition.build(
    { ...config, ...(initial_state === undefined ? {} : { initial_state }) },
    {
      ...parts,
      parameter: (name) => parts.parameter(`cell.${name}`),
      inputs: [{ node: input, shape, lengths: undefined }],
      stream,
    },
  );
  return result.node;
}

interface Attention {
  /** `[B, T, D]` */
  readonly context: Node;
  /** `[B, T, S]` */
  readonly weights: () => Node;
}

/** @param queries `[B, T, H]` */
function attention({ operations: o, parameter, config }: Parts, memory: LayerValue, queries: Node): Attention {
  const [batch, steps] = queries.shape as [number, number];
  const [, size, width] = memory.node.shape as [number, number, number];
  const { context, weights } = attend(o, {
    energies: scoreEnergies(o, scoreOf(config), (name) => parameter(`attention.${name}`), queries, memory.node),
    values: o.reshape(memory.node, [batch, size, 1, width]),
    keyLengths: memory.lengths,
  });
  return {
    context: o.reshape(context, [batch, steps, width]),
    weights: () => o.builder.named(o.reshape(weights(), [batch, steps, size]), "attention_weights"),
  };
}

interface Output {
  /** What the logits are a linear map of: `[B, T, A]`. */
  readonly output: Node;
  readonly weights: (() => Node) | undefined;
}

/** Attention from the state the cell has reached. */
function luong(parts: Parts, states: Node): Output {
  const { operations: o, memory, parameter } = parts;
  if (memory === undefined) return { output: states, weights: undefined };
  const { context, weights } = attention(parts, memory, states);
  const combined = affine(o, joined(o, "context_and_state", context, states), parameter("combine.weight"));
  return { output: o.builder.named(o.tanh(combined), "attentional_state"), weights };
}

/** Side by side, `[B, T, ...]`. */
function joined(o: Operations, label: string, ...parts: readonly Node[]): Node {
  return o.builder.named(o.concat(parts, 2), label);
}

function logitsOf({ operations: o, parameter }: Parts, output: Node): Node {
  return o.builder.named(affine(o, output, parameter("out.weight"), parameter("out.bias")), "logits");
}

/**
 * One step from the vector of the token before.
 * @param vector `[B, 1, E]`
 * @returns logits `[B, 1, V]`
 */
function oneStep(
  parts: Parts,
  stream: StreamContext,
  vector: Node,
): { readonly logits: Node; readonly weights: (() => Node) | undefined } {
  const { operations: o, config, memory, batchSize } = parts;
  if (memory !== undefined && scoreOf(config).score === "additive") {
    // The query is the state before this step: what the cell has given then, and at first the state it starts from.
    const size = config.cell.hidden_size;
    const before = stream.previous("state_before", firstState(parts));
    const { context, weights } = attention(parts, memory, o.reshape(before, [batchSize, 1, size]));
    const state = runCell(parts, joined(o, "cell_input", vector, context), stream);
    stream.keep("state_before", o.builder.named(o.reshape(state, [batchSize, size]), "query"));
    return { logits: logitsOf(parts, joined(o, "readout", state, context, vector)), weights };
  }
  if (!config.input_feeding) {
    const { output, weights } = luong(parts, runCell(parts, vector, stream));
    return { logits: logitsOf(parts, output), weights };
  }
  const size = outputSize(config);
  const fed = o.reshape(stream.previous("fed", [batchSize, size]), [batchSize, 1, size]);
  const { output, weights } = luong(parts, runCell(parts, joined(o, "cell_input", vector, fed), stream));
  stream.keep("fed", o.builder.named(o.reshape(output, [batchSize, size]), "fed"));
  return { logits: logitsOf(parts, output), weights };
}

/**
 * Every step by itself, for each reads the true token or what the step before found likeliest (scheduled sampling). No
 * gradient goes through the choice.
 * @param before the true tokens `[B, T]`
 * @param probability of the true one, `[]`
 * @returns logits `[B, T, V]`, weights `[B, T, S]`
 */
function sometimesForced(parts: Parts, before: Node, probability: Node) {
  const { operations: o, config, batchSize, random } = parts;
  const steps = before.shape[1] as number;
  const isTrue = o.less(random([batchSize, steps]), o.broadcast(probability, [batchSize, steps], []));
  const { outputs } = scanStream(o, steps, [before, isTrue], (inner, [truth, isTruth]) => {
    const own = inner.previous("own_token", o.constant(config.bos, [batchSize]));
    const token = o.select(isTruth as Node, truth as Node, o.reshape(own, [batchSize, 1]));
    const { logits, weights } = oneStep(parts, inner, tokenVectors(parts, token));
    inner.keep("own_token", likeliest(o, o.reshape(logits, [batchSize, logits.shape[2] as number])));
    return [logits, ...(weights === undefined ? [] : [weights()])];
  });
  const [logits, weights] = outputs as readonly [Node, Node?];
  return { logits, weights: weights && o.builder.named(weights, "attention_weights") };
}

/** The state of the topmost layer before the first step, `[B, H]`. */
function firstState({ operations: o, config, lookup, has, batchSize, from }: Parts): Node {
  const { hidden_size: size, num_layers: layers = 1 } = config.cell;
  const given = startOf(config, from);
  if (given === undefined) return o.constant(0, [batchSize, size]);
  const name = typeof given === "string" ? given.replace(/\.final_state$/, "") : undefined;
  const hidden = name === undefined ? (given as readonly string[])[0] : `${name}.final_state`;
  const source = hidden !== undefined && has(hidden) ? hidden : String(given);
  const whole = o.reshape(lookup(source).node, [batchSize, layers, size]);
  const top = o.reshape(o.slice(whole, 1, layers - 1, layers), [batchSize, size]);
  return o.builder.named(top, "initial_query");
}
