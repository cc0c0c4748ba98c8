/** Layers between two sequences, and the decoder. */
import { activationNames } from "../../../compiler/layers/activation-functions.ts";
import type { Entry, Garden, Grow, Growth, State } from "./garden.ts";
import { divisorsOf, featuresOf, isSequence, linearTo, one, reading, sequence } from "./garden.ts";

export const attentionGrowers = {
  attention: (garden, state, name) => {
    const { dice } = garden;
    if (!isSequence(state) || state.last === undefined) return undefined;
    const [steps, size] = state.shape as [number, number];
    const itself = { name: state.last, steps, size };
    const memory = dice.happens() ? itself : garden.memory();
    const scores = memory.size === size ? ["dot", "scaled_dot", "general", "additive"] : ["general", "additive"];
    const score = dice.pick(scores);
    const more = score === "additive" && dice.happens() ? { attention_size: dice.between(1, 4) } : {};
    const keys = { kind: "attention", score, causal: garden.forwards || dice.happens(), ...more };
    garden.offer(name, "weights");
    if (dice.happens()) {
      const entry = { name, ...keys, from: [state.last, memory.name] };
      return { entries: [entry], state: sequence(name, steps, memory.size) };
    }
    const values = linearTo(`${name}_values`, sequence(memory.name, memory.steps, memory.size), dice.between(1, 3));
    const entry = { name, ...keys, from: [state.last, memory.name, values.state.last] };
    return { entries: [...values.entries, entry], state: sequence(name, steps, featuresOf(values.state)) };
  },
  multi_head_attention: (garden, state, name) => {
    const { dice } = garden;
    if (!isSequence(state)) return undefined;
    const keys = {
      num_heads: dice.pick(divisorsOf(featuresOf(state))),
      causal: garden.forwards || dice.happens(),
      dropout: dice.pick([0, 0.25]),
      bias: dice.happens(),
    };
    garden.offer(name, "weights");
    const form = state.last === undefined ? "self" : dice.pick(["self", "cross", "three"]);
    const entry = { name, kind: "multi_head_attention", ...reading(state), ...keys };
    if (form === "self") return one({ ...entry, ...rotary(garden, state, keys.num_heads) }, state);
    const memory = garden.memory();
    if (form === "cross") return one({ ...entry, from: [state.last, memory.name] }, state);
    const values = linearTo(`${name}_values`, sequence(memory.name, memory.steps, memory.size), dice.between(1, 3));
    const grown = one({ ...entry, from: [state.last, memory.name, values.state.last] }, state);
    return { ...grown, entries: [...values.entries, ...grown.entries] };
  },
  transformer_block: (garden, state, name) => {
    const { dice } = garden;
    if (!isSequence(state)) return undefined;
    const cross = !garden.forwards && dice.happens() ? { cross_from: garden.memory().name } : {};
    garden.offer(name, "weights", ...("cross_from" in cross ? ["cross_weights"] : []));
    const heads = dice.pick(divisorsOf(featuresOf(state)));
    const entry = {
      name,
      kind: "transformer_block",
      ...reading(state),
      num_heads: heads,
      ...rotary(garden, state, heads),
      ff_size: dice.between(1, 4),
      norm: dice.pick(["pre", "post"]),
      activation: dice.pick(activationNames),
      dropout: dice.pick([0, 0.25]),
      causal: garden.forwards || dice.happens(),
      layer_norm_eps: 0.01,
      bias: dice.happens(),
      ...cross,
    };
    return one(entry, state);
  },
  decoder: (garden, state, name) => {
    const { dice } = garden;
    if (!isSequence(state) || state.last === undefined) return undefined;
    const vocabulary = dice.between(4, 6);
    const steps = garden.steps ?? dice.between(1, 4);
    const target = garden.input("tokens", { shape: [steps], dtype: "int32", vocabulary, lengths: dice.happens() });
    const kind = dice.pick(["lstm", "gru", "rnn"]);
    const [layers, size] = [dice.between(1, 2), dice.between(1, 3)];
    const common = {
      name,
      kind: "decoder",
      target,
      cell: { ...(kind === "lstm" && dice.happens() ? {} : { kind }), hidden_size: size, num_layers: layers },
      embedding_dim: dice.between(1, 3),
      ...(dice.happens() ? { bos: dice.below(vocabulary) } : {}),
      ...(dice.happens() ? { padding_idx: dice.below(vocabulary) } : {}),
    };
    if (garden.depth === 0 && dice.happens()) {
      garden.losses.push({ kind: "cross_entropy", input: name, target, weight: 0.5 });
    }
    const before = beginning({ name: `${name}_start`, kind, layers, size }, state);
    const next = sequence(name, steps, vocabulary);
    const start = dice.happens() ? undefined : before;
    if (dice.onceIn(4)) {
      return { entries: [...before.entries, { ...common, from: before.state.last }], state: next };
    }
    const attention = anyAttention(garden, featuresOf(state) === size);
    garden.offer(name, "attention");
    return {
      entries: [
        ...(start?.entries ?? []),
        {
          ...common,
          from: state.last,
          attention,
          ...(attention["score"] !== "additive" && dice.happens() ? { input_feeding: true } : {}),
          ...(start === undefined ? {} : { initial_state: start.state.last }),
        },
      ],
      state: next,
    };
  },
} satisfies Readonly<Record<string, Grow>>;

/** @param fits whether what is looked at is as wide as the cell */
function anyAttention(garden: Garden, fits: boolean): Entry {
  const { dice } = garden;
  return {
    score: dice.pick(fits ? ["dot", "scaled_dot", "general", "additive"] : ["general", "additive"]),
    ...(!fits && dice.onceIn(3) ? { over: garden.memory().name } : {}),
    ...(dice.happens() ? { attention_size: dice.between(1, 3) } : {}),
  };
}

interface Cell {
  readonly name: string;
  readonly kind: string;
  readonly layers: number;
  readonly size: number;
}

/** A layer whose final state fits the cell of a decoder. */
function beginning({ name, kind, layers, size }: Cell, state: State): Growth {
  const entry = { name, kind, ...reading(state), hidden_size: size, num_layers: layers };
  return { entries: [entry], state: sequence(name, state.shape[0] as number, size) };
}

/** Self-attention turned by position, where its heads have an even width. */
function rotary({ dice }: Garden, state: State, heads: number): Record<string, unknown> {
  if ((featuresOf(state) / heads) % 2 !== 0 || !dice.happens()) return {};
  return { rotary: true, rotary_base: dice.pick([50, 10_000]), rotary_pairs: dice.pick(["interleaved", "halves"]) };
}
