/** What the growers of random specs share: the dice, the inputs so far, names, and how one layer follows another. */
import type { Dice } from "./dice.ts";

export type Entry = Readonly<Record<string, unknown>>;

/** What the layers so far have made, `[B, ...shape]`. */
export interface State {
  /** Name of the last layer or input; undefined at the start of a group, where only a layer without `from` can follow. */
  readonly last: string | undefined;
  readonly shape: readonly number[];
  /** Whether axis 0 is time. */
  readonly time: boolean;
}

export interface Growth {
  readonly entries: readonly Entry[];
  readonly state: State;
}

/** Adds one layer of a kind; undefined where the kind does not fit. `name` is free, and so is what starts with it. */
export type Grow = (garden: Garden, state: State, name: string) => Growth | undefined;

/** A sequence `[B, steps, size]` outside of all groups. */
export interface Memory {
  readonly name: string;
  readonly steps: number;
  readonly size: number;
}

export class Garden {
  readonly dice: Dice;
  readonly batchSize: number;
  /** Steps of new sequences; undefined: any number. */
  readonly steps: number | undefined;
  readonly inputs: Record<string, Entry> = {};
  readonly cells: Record<string, Entry> = {};
  /** Further outputs that `predict` may give. */
  readonly extras: string[] = [];
  /** Losses that layers bring along. */
  readonly losses: Entry[] = [];
  hasLengths = false;
  /** Whether layers had better look at no step to come, so that the model can go step by step. */
  readonly forwards: boolean;
  /** Names of the groups around, with a dot each. */
  around = "";
  /** Of the groups around, how many there are. */
  depth = 0;
  readonly #memories: Memory[] = [];
  #count = 0;

  constructor(dice: Dice, { batchSize, steps, forwards }: Pick<Garden, "batchSize" | "steps" | "forwards">) {
    this.dice = dice;
    this.batchSize = batchSize;
    this.steps = steps;
    this.forwards = forwards;
  }

  /** A new input; returns its name. */
  input(stem: string, entry: Entry): string {
    const name = `${stem}_${this.#count++}`;
    this.inputs[name] = entry;
    if (entry["lengths"] === true) this.hasLengths = true;
    return name;
  }

  /** A sequence of numbers to look at, a new one or one that is there. */
  memory(): Memory {
    if (this.#memories.length > 0 && this.dice.happens()) return this.dice.pick(this.#memories);
    const [steps, size] = [this.steps ?? this.dice.between(1, 4), this.dice.between(1, 4)];
    const name = this.input("memory", { shape: [steps, size], lengths: this.dice.happens() });
    this.#memories.push({ name, steps, size });
    return { name, steps, size };
  }

  /** Dotted outputs of a layer here, some of which will be among the outputs of the model. */
  offer(layer: string, ...outputs: readonly string[]): void {
    this.extras.push(...outputs.map((output) => `${this.around}${layer}.${output}`));
  }
}

/** `from`, unless the layer is the first of a group. */
export function reading({ last }: State): Entry {
  return last === undefined ? {} : { from: last };
}

export function featuresOf({ shape }: State): number {
  return shape[shape.length - 1] ?? 1;
}

export function isSequence({ shape, time }: State): boolean {
  return time && shape.length === 2;
}

export function withFeatures(name: string, state: State, features: number): State {
  return { ...state, last: name, shape: [...state.shape.slice(0, -1), features] };
}

export function sequence(name: string, steps: number, size: number): State {
  return { last: name, shape: [steps, size], time: true };
}

export function vector(name: string, size: number): State {
  return { last: name, shape: [size], time: false };
}

/** One layer after the last. */
export function one(entry: Entry, state: State): Growth {
  return { entries: [entry], state: { ...state, last: String(entry["name"]) } };
}

/** The same state in another number of features, by a linear layer. */
export function linearTo(name: string, state: State, features: number, more: Entry = {}): Growth {
  const entry = { name, kind: "linear", ...reading(state), out_features: features, ...more };
  return { entries: [entry], state: withFeatures(name, state, features) };
}

/** All whole numbers that divide a size. */
export function divisorsOf(size: number): number[] {
  return Array.from({ length: size }, (_, index) => index + 1).filter((count) => size % count === 0);
}
