/** Layers over time. */
import type { Grow } from "./garden.ts";
import { divisorsOf, featuresOf, isSequence, one, reading, sequence, vector } from "./garden.ts";
import { anyInit } from "./features.ts";

export const timeGrowers = {
  conv1d: ({ dice, forwards }, state, name) => {
    if (!isSequence(state)) return undefined;
    const [steps, channels] = state.shape as [number, number];
    const [kernel, dilation] = [dice.between(1, 3), dice.between(1, 2)];
    const padding = forwards ? "causal" : dice.pick(["valid", "same", "causal", 0, 1, 2] as const);
    const stride = padding === "same" || forwards ? 1 : dice.pick([1, 1, 2, 3]);
    const groups = dice.pick(divisorsOf(channels));
    const channelsOut = groups * dice.between(1, 2);
    const reach = (kernel - 1) * dilation + 1;
    const padded = typeof padding === "number" ? 2 * padding : padding === "valid" ? 0 : reach - 1;
    const count = Math.floor((steps + padded - reach) / stride) + 1;
    if (count < 1) return undefined;
    return {
      entries: [
        {
          name,
          kind: "conv1d",
          ...reading(state),
          out_channels: channelsOut,
          kernel_size: kernel,
          stride,
          padding,
          dilation,
          groups,
          bias: dice.happens(),
          ...anyInit(dice),
        },
      ],
      state: sequence(name, count, channelsOut),
    };
  },
  pool1d: ({ dice }, state, name) => {
    if (!state.time || state.shape.length < 2) return undefined;
    const entry = { name, kind: "pool1d", ...reading(state), reduce: dice.pick(["mean", "max", "last"]) };
    if (dice.happens()) return { entries: [entry], state: { last: name, shape: state.shape.slice(1), time: false } };
    const steps = state.shape[0] as number;
    const size = dice.between(1, Math.min(3, steps));
    const stride = dice.happens() ? dice.between(1, 3) : undefined;
    const count = Math.floor((steps - size) / (stride ?? size)) + 1;
    return {
      entries: [{ ...entry, kernel_size: size, ...(stride === undefined ? {} : { stride }) }],
      state: { last: name, shape: [count, ...state.shape.slice(1)], time: true },
    };
  },
  attention_pool: (garden, state, name) => {
    const { dice } = garden;
    if (!isSequence(state)) return undefined;
    const scope = dice.pick(garden.forwards ? ["prefix", "step"] : ["sequence", "prefix", "step"]);
    const score = dice.happens() ? { score: "linear" } : { score: "additive", attention_size: dice.between(1, 5) };
    garden.offer(name, "weights");
    return {
      entries: [{ name, kind: "attention_pool", ...reading(state), scope, ...score }],
      state: scope === "sequence" ? vector(name, featuresOf(state)) : { ...state, last: name },
    };
  },
  last_step: (_garden, state, name) =>
    state.time && state.shape.length > 1
      ? {
          entries: [{ name, kind: "last_step", ...reading(state) }],
          state: { last: name, shape: state.shape.slice(1), time: false },
        }
      : undefined,
  positional_encoding: ({ dice }, state, name) => {
    if (!isSequence(state)) return undefined;
    const [steps, features] = state.shape as [number, number];
    const forms = ["sinusoidal", "learned", "rotary"] as const;
    const form = dice.pick(features % 2 === 0 ? forms : forms.slice(0, 2));
    const base = dice.happens() ? { base: dice.pick([50, 10_000]) } : {};
    const keys = {
      sinusoidal: () => base,
      learned: () => (dice.happens() ? { max_length: steps + dice.below(3) } : {}),
      rotary: () => ({
        ...base,
        pairs: dice.pick(["interleaved", "halves"]),
        num_heads: dice.pick(divisorsOf(features / 2)),
      }),
    }[form]();
    return one({ name, kind: "positional_encoding", ...reading(state), form, ...keys }, state);
  },
} satisfies Readonly<Record<string, Grow>>;
