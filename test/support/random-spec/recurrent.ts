/** Recurrent layers, those of the table and those that a spec defines by equations. */
import type { Dice } from "./dice.ts";
import { anyInit } from "./features.ts";
import type { Entry, Garden, Grow, Growth, State } from "./garden.ts";
import { isSequence, reading, sequence, vector, withFeatures } from "./garden.ts";

interface Stepped {
  readonly size: number;
  readonly layers: number;
  readonly directions: number;
  readonly returned: "sequence" | "last" | "all";
  readonly keys: Entry;
}

function anyStepped({ dice, forwards }: Garden): Stepped {
  const layers = dice.pick([1, 1, 2, 3]);
  const bidirectional = !forwards && dice.happens();
  const returned = dice.pick(forwards ? (["sequence", "all"] as const) : (["sequence", "last", "all"] as const));
  const dropout = layers > 1 && dice.happens() ? 0.25 : 0;
  return {
    size: dice.between(1, 3),
    layers,
    directions: bidirectional ? 2 : 1,
    returned,
    keys: { num_layers: layers, bidirectional, return: returned, dropout },
  };
}

function after(state: State, name: string, { size, layers, directions, returned }: Stepped): State {
  const wide = size * directions;
  if (returned === "last") return vector(name, wide);
  return sequence(name, state.shape[0] as number, returned === "all" ? wide * layers : wide);
}

/** Where a layer may start that nobody carries on from: inputs with a state each. */
function startFromInputs(garden: Garden, { size, layers, directions }: Stepped, states: readonly string[]): Entry {
  if (garden.depth > 0 || garden.forwards || !garden.dice.onceIn(4)) return {};
  const count = layers * directions;
  const shape = count === 1 && garden.dice.happens() ? [size] : [count, size];
  const names = states.map(() => garden.input("start", { shape }));
  return { initial_state: names.length === 1 && garden.dice.happens() ? names[0] : names };
}

const recurrent =
  (kind: string, states: readonly string[], more: (dice: Dice) => Entry = () => ({})): Grow =>
  (garden, state, name): Growth | undefined => {
    const { dice } = garden;
    if (!isSequence(state)) return undefined;
    const stepped = anyStepped(garden);
    const base = {
      name,
      kind,
      ...reading(state),
      hidden_size: stepped.size,
      ...stepped.keys,
      bias: dice.happens(),
      ...more(dice),
      ...anyInit(dice),
    };
    const entry = { ...base, ...startFromInputs(garden, stepped, states) };
    garden.offer(name, ...states);
    const next = after(state, name, stepped);
    // Sometimes a second one carries on from where the first one ended, over the same input.
    if (state.last === undefined || garden.forwards || !dice.onceIn(3)) return { entries: [entry], state: next };
    const again = `${name}_again`;
    const sum = `${name}_sum`;
    const from = dice.pick([name, `${name}.final_state`, states.map((output) => `${name}.${output}`)]);
    const entries = [
      entry,
      { ...base, name: again, initial_state: from },
      { name: sum, kind: "add", from: [name, again] },
    ];
    return { entries, state: { ...next, last: sum } };
  };

const definitions = {
  /** The minimal gated unit. */
  forgetful: {
    keys: { units: 3, floor: null },
    state: { h: "units" },
    parameters: {
      W_f: ["units", "input"],
      U_f: ["units", "units"],
      W_h: { shape: ["units", "input"], init: { kind: "xavier_uniform" } },
      U_h: ["units", "units"],
      b: ["units"],
    },
    equations: `
      f = sigmoid(W_f @ x + U_f @ h + floor)
      g = tanh(W_h @ x + U_h @ (f * h) + b)
      h' = (1 - f) * h + f * g`,
  },
  /** Two states of which one has no matrix, and an output that is neither. */
  two_states: {
    keys: { units: 2, floor: null },
    state: { h: "units", energy: 1 },
    parameters: { W: ["2 * units", "input"], U: ["2 * units", "units"], p: ["units"] },
    equations: [
      "z, u = split(W @ x + U @ h)",
      "h' = tanh(z + p * h) * sigmoid(u) + floor",
      "energy' = 0.5 * energy + 0.5 * mean(h' ^ 2)",
    ],
    output: "h' * (1 + mean(energy'))",
  },
  /** Without a state: a layer that works on every step by itself. */
  swish: {
    keys: { units: 3, floor: -0.3 },
    parameters: { W: ["2 * units", "input"], b: ["2 * units"], beta: [] },
    equations: `
      a, u = split(W @ x + b)
      y = a * sigmoid(beta * a) * u + floor * exp(-abs(u))`,
  },
} as const satisfies Readonly<Record<string, Entry>>;

const stateful: readonly (keyof typeof definitions)[] = ["forgetful", "two_states"];

/** A kind of the spec's own. */
export const growCell: Grow = (garden, state, name) => {
  const { dice } = garden;
  if (state.shape.length > 3) return undefined;
  const kind = isSequence(state) ? dice.pick(["forgetful", "two_states", "swish"] as const) : "swish";
  garden.cells[kind] = definitions[kind];
  const stepped = anyStepped(garden);
  const own = { name, kind, ...reading(state), units: stepped.size, floor: dice.pick([0.1, 0.5]) };
  if (!stateful.includes(kind)) return { entries: [own], state: withFeatures(name, state, stepped.size) };
  garden.offer(name, "final_state");
  return { entries: [{ ...own, ...stepped.keys }], state: after(state, name, stepped) };
};

export const recurrentGrowers = {
  rnn: recurrent("rnn", ["final_state"], (dice) => ({ nonlinearity: dice.pick(["tanh", "relu"]) })),
  gru: recurrent("gru", ["final_state"]),
  lstm: recurrent("lstm", ["final_state", "final_cell"]),
} satisfies Readonly<Record<string, Grow>>;
