/**
 * What calls give when each is awaited before the next: the model that interleaved calls are held against. It is remembered by the
 * changes that led to a state, since few changes make few states.
 */
import type { LiveModel, Stream, TrainingState } from "../../../runtime/contract-live.ts";
import { Problem } from "../../../runtime/problem.ts";
import type { CallInputs } from "./models.ts";

interface Snapshot {
  readonly weights: Uint8Array;
  readonly training: TrainingState;
}

/** A state by what led to it. */
export interface SequenceState {
  readonly key: string;
  /** The state that the parameters are those of. */
  readonly parametersKey: string;
}

export const freshState: SequenceState = { key: "", parametersKey: "" };

export interface Reading {
  readonly answer: string;
  readonly next: SequenceState;
}

/** What of the state a call may change. */
export type Changes = "nothing" | "training" | "everything";

export class Sequence {
  readonly #live: LiveModel;
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #readings = new Map<string, Promise<Reading>>();
  /** Where the live model is. */
  #at: string | undefined;

  constructor(live: LiveModel, fresh: Snapshot) {
    this.#live = live;
    this.#snapshots.set("", fresh);
  }

  /** @param name of the call with its inputs */
  read(
    state: SequenceState,
    name: string,
    call: (live: LiveModel) => unknown,
    changes: Changes = "nothing",
  ): Promise<Reading> {
    const key = `${state.key}|${name}`;
    let reading = this.#readings.get(key);
    if (reading === undefined) {
      reading = this.#make(state, key, call, changes);
      this.#readings.set(key, reading);
    }
    return reading;
  }

  async #make(
    state: SequenceState,
    key: string,
    call: (live: LiveModel) => unknown,
    changes: string,
  ): Promise<Reading> {
    if (this.#at !== state.key) await this.#goTo(state.key);
    this.#at = undefined;
    const before = textOf(this.#live.parameters());
    const answer = await answerOf(() => call(this.#live));
    if (changes === "nothing" || answer.startsWith("Problem")) {
      this.#at = state.key;
      return { answer, next: state };
    }
    this.#snapshots.set(key, { weights: await this.#live.save(), training: this.#live.trainingState() });
    this.#at = key;
    // `load` of the same weights makes streams outdated too.
    const isOther = changes === "everything" || textOf(this.#live.parameters()) !== before;
    return { answer, next: { key, parametersKey: isOther ? key : state.parametersKey } };
  }

  async #goTo(key: string): Promise<void> {
    const { weights, training } = this.#snapshots.get(key) ?? never();
    await this.#live.load(weights);
    this.#live.restoreTrainingState(training);
  }
}

/** What a call gave, or the code of its problem, to the last bit. */
export async function answerOf(call: () => unknown): Promise<string> {
  try {
    return textOf(await call());
  } catch (error) {
    if (error instanceof Problem) return `Problem ${error.code}: ${error.message}`;
    throw error;
  }
}

/** Numbers as they are, but for -0; what is not data by its kind. */
export function textOf(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Uint8Array) return Buffer.from(part).toString("base64");
    if (part instanceof Float32Array) return Array.from(part, String);
    return part;
  }) as string | undefined;
  return text ?? "nothing";
}

export async function stepsOf(
  live: LiveModel,
  inputs: CallInputs,
  start: number,
  steps: readonly number[],
): Promise<unknown> {
  const stream: Stream = await live.stream(inputs.stream(start) ?? {});
  let last: unknown;
  for (const salt of steps) last = await stream.step(inputs.step(salt));
  return last;
}

function never(): never {
  throw new Error("no such state");
}
