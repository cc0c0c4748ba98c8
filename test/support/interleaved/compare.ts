/** Holds what interleaved calls gave against what the same calls give one after the other. */
import { expect } from "vitest";
import type { LiveModel } from "../../../runtime/contract-live.ts";
import type { CallInputs } from "./models.ts";
import type { Event, Handle, Weights } from "./run.ts";
import { changing, plainCall } from "./run.ts";
import type { Changes, Sequence, SequenceState } from "./sequence.ts";
import { freshState, stepsOf, textOf } from "./sequence.ts";

export interface Expected {
  readonly sequence: Sequence;
  readonly inputs: CallInputs;
  readonly weights: Weights;
  /** Most steps of a stream. */
  readonly room: number;
}

export async function compare(events: readonly Event[], expected: Expected): Promise<void> {
  const comparison = new Comparison(expected);
  for (const [index, event] of events.entries()) {
    const { kind, salt } = event.call;
    await comparison.next(`call ${index + 1}, ${kind} ${salt}`, event, await event.answer);
  }
}

class Comparison {
  readonly #expected: Expected;
  #state = freshState;
  /** After each change. */
  readonly #states: SequenceState[] = [freshState];
  #disposed = false;

  constructor(expected: Expected) {
    this.#expected = expected;
  }

  async next(name: string, event: Event, answer: string): Promise<void> {
    const { call, handle, forked } = event;
    switch (call.kind) {
      case "dispose":
        this.#disposed = true;
        expect(answer, name).toBe(textOf("disposed"));
        break;
      case "fork":
        if (handle !== undefined && forked !== undefined) {
          forked.origin = handle.origin;
          forked.steps = handle.steps;
        }
        break;
      case "step":
        if (handle !== undefined) await this.#step(name, event, answer, handle);
        break;
      default:
        if (this.#disposed) expect(answer, name).toMatch(/^Problem model-disposed: /);
        else await this.#ofModel(name, event, answer);
    }
  }

  async #ofModel(name: string, event: Event, answer: string): Promise<void> {
    const { call, handle } = event;
    switch (call.kind) {
      case "stream":
        expect(answer, name).toBe(textOf("open"));
        if (handle !== undefined) handle.origin = this.#state;
        break;
      case "parameters":
      case "trainingState":
        await this.#atOnce(name, event, answer);
        break;
      case "restore":
        if (answer.startsWith("Problem invalid-option: restoreTrainingState cannot run while")) {
          expect(event.busy, `${name}: refused`).toBe(true);
        } else await this.#queued(name, event, answer, "training");
        break;
      case "load":
        await this.#queued(name, event, answer, "everything");
        break;
      default:
        await this.#queued(name, event, answer, changing.has(call.kind) ? "training" : "nothing");
    }
  }

  async #queued(name: string, { call: { kind, salt } }: Event, answer: string, changes: Changes): Promise<void> {
    const { sequence, inputs, weights } = this.#expected;
    const call = (live: LiveModel): unknown => plainCall(live, inputs, weights, { kind, salt });
    const reading = await sequence.read(this.#state, `${kind} ${salt}`, call, changes);
    expect(answer, name).toBe(reading.answer);
    this.#state = reading.next;
    if (changes !== "nothing") this.#states.push(reading.next);
  }

  /** Of a state between the calls that had ended and those that were made. */
  async #atOnce(name: string, { call: { kind }, settledChanges }: Event, answer: string): Promise<void> {
    const { sequence, inputs, weights } = this.#expected;
    const possible: string[] = [];
    for (const state of this.#states.slice(settledChanges)) {
      const call = (live: LiveModel): unknown => plainCall(live, inputs, weights, { kind, salt: 0 });
      possible.push((await sequence.read(state, kind, call)).answer);
    }
    expect(possible, name).toContain(answer);
  }

  async #step(name: string, { call: { salt } }: Event, answer: string, handle: Handle): Promise<void> {
    const { sequence, inputs, room } = this.#expected;
    if (this.#disposed) {
      expect(answer, name).toMatch(/^Problem /);
      return;
    }
    const isFull = handle.steps.length >= room;
    if (!isFull && handle.origin.parametersKey !== this.#state.parametersKey) {
      expect(answer, name).toMatch(/^Problem stream-outdated: /);
      return;
    }
    const steps = [...handle.steps, salt];
    const reading = await sequence.read(handle.origin, `stream ${handle.start} steps ${steps.join()}`, (live) =>
      stepsOf(live, inputs, handle.start, steps),
    );
    expect(answer, name).toBe(reading.answer);
    if (!answer.startsWith("Problem")) handle.steps = steps;
  }
}
