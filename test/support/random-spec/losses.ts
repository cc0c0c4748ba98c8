/** Losses, each with the layers that give what it reads. */
import { losses, type LossDefinition } from "../../../compiler/losses/index.ts";
import type { Dice } from "./dice.ts";
import type { Entry, Garden, State } from "./garden.ts";
import { featuresOf, isSequence, linearTo } from "./garden.ts";

export interface LossGrowth {
  readonly entries: readonly Entry[];
  readonly loss: Entry;
  /** Names that a spec may put out. */
  readonly outputs: readonly string[];
}

/** A loss of what `state` is; undefined where the kind does not fit. `name` is free, and so is what starts with it. */
export type GrowLoss = (garden: Garden, state: State, name: string) => LossGrowth | undefined;

function common({ dice }: Garden): Entry {
  return {
    ...(dice.happens() ? { reduction: dice.pick(["mean", "sum"]) } : {}),
    ...(dice.onceIn(3) ? { weight: dice.pick([0.25, 2]) } : {}),
  };
}

const weightsFor = (dice: Dice, classes: number): number[] =>
  Array.from({ length: classes }, () => dice.pick([0.5, 1, 2, 0]));

/** Input and target of one shape. */
const elementwise =
  (kind: string, keys: (dice: Dice, size: number) => Entry = () => ({}), activation?: string): GrowLoss =>
  (garden, state, name) => {
    const { dice } = garden;
    const size = dice.between(1, 3);
    const head = linearTo(name, state, size, activation === undefined ? {} : { activation });
    const target = garden.input("truth", { shape: head.state.shape });
    return {
      entries: head.entries,
      loss: { kind, input: name, target, ...common(garden), ...keys(dice, size) },
      outputs: [name],
    };
  };

function classKeys({ dice }: Garden, classes: number): Entry {
  return {
    ...(dice.onceIn(3) ? { ignore_index: dice.pick([-1, dice.below(classes)]) } : {}),
    ...(dice.onceIn(3) ? { class_weight: weightsFor(dice, classes) } : {}),
  };
}

/** One class per position. */
const ofClasses =
  (kind: string, keys: (dice: Dice) => Entry = () => ({}), activation?: string): GrowLoss =>
  (garden, state, name) => {
    const { dice } = garden;
    const classes = dice.between(1, 4);
    const head = linearTo(name, state, classes, activation === undefined ? {} : { activation });
    const target = garden.input("truth", {
      shape: state.shape.slice(0, -1),
      dtype: "int32",
      ...(dice.happens() ? { vocabulary: classes } : {}),
    });
    const own = { ...common(garden), ...classKeys(garden, classes), ...keys(dice) };
    return { entries: head.entries, loss: { kind, input: name, target, ...own }, outputs: [name] };
  };

const smoothing = (dice: Dice): Entry => (dice.happens() ? { label_smoothing: 0.2 } : {});

/** A probability for every class. */
const ofProbabilities: GrowLoss = (garden, state, name) => {
  const { dice } = garden;
  const classes = dice.between(1, 4);
  const head = linearTo(name, state, classes);
  const target = garden.input("truth", { shape: head.state.shape });
  const weights = dice.happens() ? { class_weight: weightsFor(dice, classes) } : {};
  const loss = { kind: "cross_entropy", input: name, target, ...common(garden), ...smoothing(dice), ...weights };
  return { entries: head.entries, loss, outputs: [name] };
};

/** As the examples of its record are. */
function fromExamples({ kind, examples }: LossDefinition): GrowLoss {
  const [first] = examples;
  if (first?.targetKind === "class") return ofClasses(kind);
  if (first?.targetKind !== "real" && first?.targetKind !== "probability") {
    throw new Error(`loss ${kind}: give it a grower in test/support/random-spec/losses.ts`);
  }
  const activation = first.inputKind === "probability" ? "sigmoid" : undefined;
  return elementwise(kind, (dice) => dice.pick(examples).config, activation);
}

const written: Readonly<Record<string, GrowLoss>> = {
  mse: elementwise("mse"),
  l1: elementwise("l1"),
  huber: elementwise("huber", (dice) => (dice.happens() ? { delta: 0.3 } : {})),
  smooth_l1: elementwise("smooth_l1", (dice) => (dice.happens() ? { beta: dice.pick([0, 0.3]) } : {})),
  bce: elementwise("bce", undefined, "sigmoid"),
  bce_with_logits: elementwise("bce_with_logits", (dice, size) =>
    dice.happens() ? { pos_weight: dice.happens() ? 2.5 : weightsFor(dice, size) } : {},
  ),
  cross_entropy: (garden, state, name) =>
    garden.dice.onceIn(3)
      ? ofProbabilities(garden, state, name)
      : ofClasses("cross_entropy", smoothing)(garden, state, name),
  nll: ofClasses("nll", undefined, "log_softmax"),
  kl_div: elementwise(
    "kl_div",
    (dice) => ({
      ...(dice.happens() ? { log_target: true } : {}),
      ...(dice.onceIn(3) ? { reduction: "batchmean" } : {}),
    }),
    "log_softmax",
  ),
  ctc: (garden, state, name) => {
    const { dice } = garden;
    if (!isSequence(state)) return undefined;
    const classes = dice.between(2, 4);
    const labels = dice.between(1, 3);
    const blank = dice.below(classes);
    const head = linearTo(name, state, classes);
    const target = garden.input("labels", {
      shape: [labels],
      dtype: "int32",
      lengths: dice.happens(),
      ...(dice.happens() ? { vocabulary: classes } : {}),
    });
    // A label and a blank per step are enough for any labels.
    const fits = !garden.hasLengths && (state.shape[0] as number) >= 2 * labels;
    const zero = fits && dice.happens() ? {} : { zero_infinity: true };
    const loss = { kind: "ctc", input: name, target, ...common(garden), ...zero };
    return { entries: head.entries, loss: { ...loss, ...(blank === 0 ? {} : { blank }) }, outputs: [name] };
  },
  quantile: (garden, state, name) => {
    const { dice } = garden;
    const levels = dice.pick([undefined, [0.25], [0.2, 0.9]]);
    const count = levels?.length ?? 3;
    const single = state.shape.length === 1 && dice.happens();
    const size = single ? 1 : dice.between(1, 2);
    const head = linearTo(name, state, size * count);
    const target = garden.input("truth", { shape: single ? [] : [...state.shape.slice(0, -1), size] });
    const loss = { kind: "quantile", input: name, target, ...common(garden), ...(levels ? { levels } : {}) };
    return { entries: head.entries, loss, outputs: [name] };
  },
  gaussian_nll: (garden, state, name) => {
    const { dice } = garden;
    const mean = linearTo(name, state, dice.between(1, 3));
    const size = featuresOf(mean.state);
    // Far from 0, where rounding grows: a gentle softplus.
    const spread = linearTo(`${name}_free`, state, dice.pick([1, size]));
    const variance = `${name}_spread`;
    const positive = { name: variance, kind: "activation", from: `${name}_free`, function: "softplus", beta: 0.2 };
    const target = garden.input("truth", { shape: mean.state.shape });
    const keys = { full: dice.happens(), eps: 0.001, variance };
    return {
      entries: [...mean.entries, ...spread.entries, positive],
      loss: { kind: "gaussian_nll", input: name, target, ...common(garden), ...keys },
      outputs: [name, variance],
    };
  },
};

/** One for every kind. */
export const lossGrowers: Readonly<Record<string, GrowLoss>> = {
  ...written,
  ...Object.fromEntries(
    losses.filter(({ kind }) => !(kind in written)).map((definition) => [definition.kind, fromExamples(definition)]),
  ),
};
