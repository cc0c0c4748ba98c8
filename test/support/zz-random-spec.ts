/** Valid specs at random: every layer kind in turn, odd sizes, lengths or none. The same seed gives the same specs. */
import { activationNames } from "../../compiler/layers/activation-functions.ts";

export interface RandomSpec {
  readonly name: string;
  /** YAML text (JSON is YAML). */
  readonly text: string;
  /** Kinds of its layers. */
  readonly kinds: readonly string[];
}

type Entry = Record<string, unknown>;

/** Small whole numbers and choices from a linear congruential generator. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 2654435761) >>> 0;
  }

  below(count: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * count);
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  happens(): boolean {
    return this.below(2) === 1;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}

/** What the layers so far have made: a sequence `[B, T, C]` or a vector `[B, C]`. */
interface State {
  readonly last: string;
  readonly steps: number | undefined;
  readonly features: number;
}

interface Growth {
  readonly entries: readonly Entry[];
  readonly state: State;
}

/** Adds one layer of a kind; undefined where the kind does not fit. `name` is free, and so is what starts with it. */
type Grow = (dice: Dice, state: State, name: string) => Growth | undefined;

const vector = (name: string, features: number): State => ({ last: name, steps: undefined, features });

/** One record per layer kind; the tests compare the keys with the table. */
export const growers: Readonly<Record<string, Grow>> = {
  linear: (dice, state, name) => {
    const features = dice.between(1, 5);
    const activation = dice.happens() ? { activation: dice.pick(activationNames) } : {};
    return {
      entries: [
        { name, kind: "linear", from: state.last, out_features: features, bias: dice.happens(), ...activation },
      ],
      state: { ...state, last: name, features },
    };
  },
  activation: (dice, state, name) => ({
    entries: [{ name, kind: "activation", from: state.last, function: dice.pick(activationNames) }],
    state: { ...state, last: name },
  }),
  lstm: (dice, state, name) => {
    if (state.steps === undefined) return undefined;
    const size = dice.between(1, 3);
    const layers = dice.between(1, 2);
    const bidirectional = dice.happens();
    const returned = dice.pick(["sequence", "last", "all"]);
    const wide = size * (bidirectional ? 2 : 1);
    const entry = {
      name,
      kind: "lstm",
      from: state.last,
      hidden_size: size,
      num_layers: layers,
      bidirectional,
      bias: dice.happens(),
      return: returned,
      dropout: layers === 2 && dice.happens() ? 0.25 : 0,
    };
    const next = {
      sequence: { ...state, last: name, features: wide },
      all: { ...state, last: name, features: wide * layers },
      last: vector(name, wide),
    }[returned];
    // Sometimes a second one carries on from where the first one ended, over the same input.
    if (next === undefined || !dice.happens()) return { entries: [entry], state: next as State };
    const again = `${name}_again`;
    const joined = `${name}_joined`;
    return {
      entries: [
        entry,
        { ...entry, name: again, initial_state: name },
        { name: joined, kind: "add", from: [name, again] },
      ],
      state: { ...next, last: joined },
    };
  },
  attention_pool: (dice, state, name) => {
    if (state.steps === undefined) return undefined;
    const scope = dice.pick(["sequence", "prefix", "step"]);
    const score = dice.happens() ? { score: "linear" } : { score: "additive", attention_size: dice.between(1, 5) };
    return {
      entries: [{ name, kind: "attention_pool", from: state.last, scope, ...score }],
      state: scope === "sequence" ? vector(name, state.features) : { ...state, last: name },
    };
  },
  dropout: (_dice, state, name) => ({
    entries: [{ name, kind: "dropout", from: state.last, p: 0.25 }],
    state: { ...state, last: name },
  }),
  concat: (dice, state, name) => {
    const features = dice.between(1, 3);
    const branch = `${name}_branch`;
    return {
      entries: [
        { name: branch, kind: "linear", from: state.last, out_features: features },
        { name, kind: "concat", from: [branch, state.last] },
      ],
      state: { ...state, last: name, features: features + state.features },
    };
  },
  add: (dice, state, name) => {
    const branches = Array.from({ length: dice.between(1, 3) }, (_, index) => `${name}_branch_${index}`);
    return {
      entries: [
        ...branches.map((branch) => ({
          name: branch,
          kind: "linear",
          from: state.last,
          out_features: state.features,
          activation: dice.pick(activationNames),
        })),
        { name, kind: "add", from: [state.last, ...branches] },
      ],
      state: { ...state, last: name },
    };
  },
  last_step: (_dice, state, name) =>
    state.steps === undefined
      ? undefined
      : { entries: [{ name, kind: "last_step", from: state.last }], state: vector(name, state.features) },
};

const optimizers: readonly Entry[] = [
  { kind: "sgd", learning_rate: 0.05 },
  { kind: "sgd", momentum: 0.9, nesterov: true, weight_decay: 0.01 },
  { kind: "sgd", momentum: 0.5, dampening: 0.25 },
  // An eps far above rounding noise: else gradients that are zero but for noise make steps of any size.
  { kind: "adam", learning_rate: 0.01, eps: 0.01 },
  { kind: "amsgrad", learning_rate: 0.01, eps: 0.01 },
  { kind: "nadam", learning_rate: 0.01, eps: 0.01 },
  { kind: "adamax", learning_rate: 0.01, eps: 0.01 },
  { kind: "rmsprop", learning_rate: 0.01, eps: 0.1, centered: true, momentum: 0.5 },
  { kind: "adagrad", learning_rate: 0.01, eps: 0.01, initial_accumulator_value: 0.1 },
  { kind: "adadelta", eps: 0.01 },
];

/** The `seed`-th spec; it has a layer of kind number `seed`, and one to three of any kind. */
export function randomSpec(seed: number): RandomSpec {
  const dice = new Dice(seed);
  const steps = dice.between(1, 5);
  const features = dice.between(1, 5);
  const lengths = dice.happens();
  const kinds = Object.keys(growers);
  const wanted = [kinds[seed % kinds.length] as string];
  for (let more = dice.between(1, 3); more > 0; more--) wanted.push(dice.pick(kinds));
  let state: State = { last: "x", steps, features };
  const entries: Entry[] = [];
  wanted.forEach((kind, index) => {
    const grown = growers[kind]?.(dice, state, `layer_${index}`);
    if (grown === undefined) return;
    entries.push(...grown.entries);
    state = grown.state;
  });
  const classes = dice.between(2, 4);
  const lossKind = dice.pick(["mse", "l1", "huber", "cross_entropy"]);
  const outFeatures = lossKind === "cross_entropy" ? classes : dice.between(1, 3);
  entries.push({ name: "out", kind: "linear", from: state.last, out_features: outFeatures });
  const time = state.steps === undefined ? [] : [steps];
  const target =
    lossKind === "cross_entropy"
      ? { shape: time, dtype: "int32", vocabulary: classes }
      : { shape: [...time, outFeatures] };
  const clip = dice.pick([{}, { clip_grad_norm: 0.5 }, { clip_grad_value: 0.1 }]);
  const name = `random-${seed}`;
  const spec = {
    specloom: 1,
    name,
    data: { kind: "tensors", file: "data.json" },
    inputs: { x: { shape: [steps, features], lengths }, y: target },
    layers: entries,
    loss: { kind: lossKind, input: "out", target: "y", reduction: dice.pick(["mean", "sum"]) },
    optimizer: dice.pick(optimizers),
    train: { batch_size: dice.between(1, 4), ...clip, ...dice.pick([{}, { accumulate: 2 }, { average: { kind: "ema", decay: 0.9 } }]) },
    outputs: ["out"],
  };
  return { name, text: JSON.stringify(spec), kinds: entries.map(({ kind }) => String(kind)) };
}
