/** Layers from features to features. */
import { activationNames } from "../../../compiler/layers/activation-functions.ts";
import type { Dice } from "./dice.ts";
import type { Entry, Grow } from "./garden.ts";
import { featuresOf, linearTo, one, reading, withFeatures } from "./garden.ts";

/** With an eps far above rounding noise, which the norm of a constant row would make large. */
const norm =
  (kind: string): Grow =>
  ({ dice }, state, name) =>
    one({ name, kind, ...reading(state), eps: dice.pick([0.01, 0.1]), affine: dice.happens() }, state);

/** How a layer with matrices may start. */
export function anyInit(dice: Dice): Entry {
  if (!dice.onceIn(6)) return {};
  const of: readonly Entry[] = [
    { kind: "uniform", bound: 0.5 },
    { kind: "normal", deviation: 0.5, applies_to: "all" },
    { kind: "constant", value: 0.25 },
    { kind: "zeros" },
    { kind: "ones", applies_to: "weights" },
    { kind: "xavier_uniform", gain: 0.5 },
    { kind: "xavier_normal" },
    { kind: "kaiming_uniform" },
    { kind: "kaiming_normal" },
  ];
  return { init: dice.pick(of) };
}

/** Functions with keys of their own, among them those without. */
function anyFunction(dice: Dice): Entry {
  const name = dice.pick(activationNames);
  if (dice.happens()) return { function: name };
  const keys: Readonly<Partial<Record<(typeof activationNames)[number], Entry>>> = {
    elu: { alpha: 0.5 },
    leaky_relu: { negative_slope: 0.2 },
    softplus: { beta: 2, threshold: 10 },
    gelu: { approximate: "tanh" },
  };
  return { function: name, ...keys[name] };
}

export const featureGrowers = {
  linear: ({ dice }, state, name) =>
    linearTo(name, state, dice.between(1, 5), {
      bias: dice.happens(),
      ...(dice.happens() ? { activation: dice.pick(activationNames) } : {}),
      ...anyInit(dice),
    }),
  activation: ({ dice }, state, name) =>
    one({ name, kind: "activation", ...reading(state), ...anyFunction(dice) }, state),
  embedding: (garden, state, name) => {
    const { dice } = garden;
    if (state.last === undefined || state.shape.length > 2 || (state.shape.length === 2 && !state.time))
      return undefined;
    const vocabulary = dice.between(1, 5);
    const size = dice.between(1, 4);
    // What the input does not declare, the table says.
    const declared = dice.happens();
    const ids = garden.input("ids", {
      shape: state.shape.slice(0, -1),
      dtype: "int32",
      ...(declared ? { vocabulary } : {}),
      ...(state.time && dice.onceIn(4) ? { lengths: true } : {}),
    });
    const joined = `${name}_joined`;
    const padding = dice.happens() ? { padding_idx: dice.below(vocabulary) } : {};
    const rows = declared ? {} : { vocabulary };
    const entries: Entry[] = [
      { name, kind: "embedding", from: ids, embedding_dim: size, ...rows, ...padding, ...anyInit(dice) },
      { name: joined, kind: "concat", from: [name, state.last] },
    ];
    const both = withFeatures(joined, state, size + featuresOf(state));
    if (dice.happens()) return { entries, state: both };
    const narrow = linearTo(`${name}_narrow`, both, size);
    const tied = `${name}_tied`;
    entries.push(...narrow.entries, {
      name: tied,
      kind: "linear",
      from: narrow.state.last,
      tie: name,
      bias: dice.happens(),
    });
    return { entries, state: withFeatures(tied, state, vocabulary) };
  },
  dropout: ({ dice }, state, name) =>
    one({ name, kind: "dropout", ...reading(state), p: dice.pick([0, 0.25, 0.5]) }, state),
  layer_norm: norm("layer_norm"),
  rms_norm: norm("rms_norm"),
  batch_norm: (garden, state, name) => {
    const values = state.shape.slice(0, -1).reduce((product, size) => product * size, garden.batchSize);
    if (values === 1) return undefined;
    const grown = norm("batch_norm")(garden, state, name);
    const momentum = garden.dice.happens() ? { momentum: garden.dice.pick([0, 0.3, 1]) } : {};
    return grown && { ...grown, entries: grown.entries.map((entry) => ({ ...entry, ...momentum })) };
  },
} satisfies Readonly<Record<string, Grow>>;
