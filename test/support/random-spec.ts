/** Valid specs at random: every kind of every table in turn, nested groups, odd sizes, lengths or none. */
import { layers } from "../../compiler/layers/index.ts";
import { attentionGrowers } from "./random-spec/attention.ts";
import { combineGrowers } from "./random-spec/combine.ts";
import { Dice } from "./random-spec/dice.ts";
import { featureGrowers } from "./random-spec/features.ts";
import { fromExamples } from "./random-spec/from-examples.ts";
import { Garden } from "./random-spec/garden.ts";
import type { Entry, Grow, State } from "./random-spec/garden.ts";
import { groupGrowers } from "./random-spec/groups.ts";
import { lossGrowers } from "./random-spec/losses.ts";
import { growCell, recurrentGrowers } from "./random-spec/recurrent.ts";
import { timeGrowers } from "./random-spec/time.ts";
import { anyTrain, optimizerGrowers, scheduleGrowers } from "./random-spec/training.ts";

export { lossGrowers, optimizerGrowers, scheduleGrowers };

export interface RandomSpec {
  readonly name: string;
  readonly seed: number;
  /** YAML text (JSON is YAML). */
  readonly text: string;
  readonly batchSize: number;
  /** Kinds of what it has, groups and what they hold too. */
  readonly kinds: Kinds;
}

export interface Kinds {
  readonly layers: readonly string[];
  readonly losses: readonly string[];
  readonly optimizers: readonly string[];
  readonly schedules: readonly string[];
}

const written: Readonly<Record<string, Grow>> = {
  ...featureGrowers,
  ...recurrentGrowers,
  ...timeGrowers,
  ...attentionGrowers,
  ...combineGrowers,
};

/** One record per layer kind, from its examples where nobody wrote another; the tests compare the keys with the table. */
export const layerGrowers: Readonly<Record<string, Grow>> = {
  ...written,
  ...Object.fromEntries(
    layers.filter(({ kind }) => !(kind in written)).map((definition) => [definition.kind, fromExamples(definition)]),
  ),
};

/** The same for groups. */
export const groupKinds: Readonly<Record<string, Grow>> = groupGrowers(() => everything);

/** Those first that are to be more frequent than others. */
const everything: Readonly<Record<string, Grow>> = { ...groupKinds, cell: growCell, ...layerGrowers };
const names = Object.keys(everything);

/** The same cells as a sequence `[B, T, C]`, where they are none: most kinds need one. */
function asSequence(state: State, name: string): { readonly entries: readonly Entry[]; readonly state: State } {
  if (state.time && state.shape.length === 2) return { entries: [], state };
  const size = state.shape.reduce((product, dimension) => product * dimension, 1);
  const steps = state.time ? (state.shape[0] as number) : size % 2 === 0 ? 2 : 1;
  const shape = [steps, size / steps];
  const entry = { name, kind: "reshape", from: state.last, shape: [steps, -1], time: true };
  return { entries: [entry], state: { last: name, shape, time: true } };
}

/** The `seed`-th spec: it has layer kind, loss, optimizer and schedule number `seed`, and up to two layers of any kind. */
export function randomSpec(seed: number): RandomSpec {
  const dice = new Dice(seed);
  const steps = dice.pick([1, 2, 3, 4, 5]);
  const batchSize = dice.between(1, 4);
  const forwards = Math.floor(seed / names.length) % 4 === 3;
  const garden = new Garden(dice, { batchSize, steps: forwards || dice.happens() ? steps : undefined, forwards });
  const features = dice.between(1, 5);
  const isNamed = dice.onceIn(4);
  const x = garden.input("x", { shape: [isNamed ? "time" : steps, features], lengths: dice.happens() });
  const trunk: State[] = [{ last: x, shape: [steps, features], time: true }];
  const entries: Entry[] = [];
  const wanted = [names[seed % names.length] as string];
  for (let more = dice.pick([0, 1, 1, 2]); more > 0; more--) wanted.push(dice.pick(names));
  if (dice.happens()) wanted.reverse();
  wanted.forEach((kind, index) => {
    const name = `layer_${index}`;
    const grow = everything[kind] as Grow;
    const state = trunk[trunk.length - 1] as State;
    let grown = grow(garden, state, name);
    if (grown === undefined) {
      const prepared = asSequence(state, `${name}_sequence`);
      entries.push(...prepared.entries);
      grown = grow(garden, prepared.state, name);
      if (prepared.entries.length > 0) trunk.push(prepared.state);
    }
    if (grown === undefined) return;
    entries.push(...grown.entries);
    trunk.push(grown.state);
  });
  const losses = anyLosses(garden, trunk, seed);
  entries.push(...losses.entries);
  const optimizer = numbered(optimizerGrowers, seed);
  const schedule = dice.happens() ? numbered(scheduleGrowers, seed) : undefined;
  const outputs = [...losses.outputs, ...garden.extras.filter(() => dice.onceIn(3))];
  const layers = entries.map((entry, index) => loosened(dice, entry, entries[index - 1]));
  const train = { batch_size: batchSize, ...anyTrain(dice) };
  const decoders = layers.filter(({ kind }) => kind === "decoder");
  const name = `random-${seed}`;
  const read = { layers, loss: losses.loss };
  const spec = {
    specloom: 1,
    name,
    data: { kind: "tensors", file: "data.json", validation_file: "validation.json" },
    ...(isNamed ? { sizes: { time: steps } } : {}),
    // A layer that did not fit may have left inputs behind that nobody reads.
    inputs: Object.fromEntries(Object.entries(garden.inputs).filter(([input]) => mentions(read, input))),
    ...cellsOf(garden, read),
    layers,
    loss: losses.loss,
    optimizer: { kind: optimizer.kind, ...optimizer.grow(dice) },
    ...(schedule === undefined ? {} : { schedule: { kind: schedule.kind, ...schedule.grow(dice) } }),
    train,
    ...(decoders.length === 1 && dice.happens() && !mentions(losses.loss, "ctc")
      ? { decode: { kind: dice.pick(["greedy", "beam"]), max_length: 3 } }
      : {}),
    ...(dice.onceIn(4) ? {} : { outputs: [...new Set(outputs)] }),
  };
  const listed = Array.isArray(losses.loss) ? (losses.loss as readonly Entry[]) : [losses.loss as Entry];
  return {
    name,
    seed,
    batchSize,
    text: JSON.stringify(spec),
    kinds: {
      layers: layers.flatMap(kindsIn),
      losses: listed.map(({ kind }) => String(kind)),
      optimizers: [optimizer.kind],
      schedules: schedule === undefined ? [] : [schedule.kind],
    },
  };
}

function numbered<Item>(
  table: Readonly<Record<string, Item>>,
  seed: number,
): { readonly kind: string; readonly grow: Item } {
  const kinds = Object.keys(table);
  const kind = kinds[seed % kinds.length] as string;
  return { kind, grow: table[kind] as Item };
}

interface Losses {
  readonly entries: readonly Entry[];
  readonly loss: Entry | readonly Entry[];
  readonly outputs: readonly string[];
}

/** One to three losses: of what the last layer gives, and of what stands above it. */
function anyLosses(garden: Garden, trunk: readonly State[], seed: number): Losses {
  const { dice } = garden;
  const end = trunk[trunk.length - 1] as State;
  const kinds = Object.keys(lossGrowers);
  const entries: Entry[] = [];
  const losses: Entry[] = [];
  const outputs: string[] = [];
  const add = (kind: string, state: State): boolean => {
    const grown = lossGrowers[kind]?.(garden, state, losses.length === 0 ? "out" : `out_${losses.length}`);
    if (grown === undefined) return false;
    entries.push(...grown.entries);
    losses.push(grown.loss);
    outputs.push(...grown.outputs);
    return true;
  };
  const first = kinds[seed % kinds.length] as string;
  if (!add(first, end)) {
    const prepared = asSequence(end, "out_sequence");
    entries.push(...prepared.entries);
    if (!add(first, prepared.state)) add("mse", end);
  }
  for (let more = dice.pick([0, 0, 0, 1, 2]); more > 0; more--) {
    const kind = dice.pick(kinds.filter((one) => one !== "ctc" || losses.every((loss) => loss["kind"] !== "ctc")));
    add(kind, dice.pick(trunk));
  }
  const all = [...losses, ...garden.losses];
  return { entries, loss: all.length === 1 ? (all[0] as Entry) : all, outputs };
}

function mentions(value: unknown, name: string): boolean {
  return JSON.stringify(value).includes(`"${name}"`);
}

function cellsOf(garden: Garden, read: Entry): Entry {
  const used = Object.entries(garden.cells).filter(([kind]) => mentions(read, kind));
  return used.length === 0 ? {} : { cells: Object.fromEntries(used) };
}

/** What the layer above gives is read by default, and a layer may stay as it starts. */
function loosened(dice: Dice, entry: Entry, above: Entry | undefined): Entry {
  const isDefault = above !== undefined && above["name"] !== undefined && entry["from"] === above["name"];
  const { from, ...others } = entry;
  const written = isDefault && dice.happens() ? others : { ...others, ...(from === undefined ? {} : { from }) };
  const isHead = String(entry["name"]).startsWith("out");
  const kinds = ["linear", "lstm", "gru", "rnn", "conv1d", "transformer_block"];
  return !isHead && kinds.includes(String(entry["kind"])) && !("tie" in entry) && dice.onceIn(12)
    ? { ...written, freeze: true }
    : written;
}

/** Kinds of a layer and of what it holds. */
function kindsIn(entry: Entry): readonly string[] {
  const short = Object.keys(groupKinds).find((kind) => kind in entry);
  const group = short === undefined ? entry : (entry[short] as Entry);
  const inner = (group["layers"] ?? []) as readonly Entry[];
  return [short ?? String(entry["kind"]), ...inner.flatMap(kindsIn)];
}
