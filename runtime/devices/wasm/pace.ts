/**
 * Whether a call is faster with all threads or with one. Threads meet many times in a call; where cores are busy with other
 * work, waiting for each other costs more than it saves. Results are the same bit by bit, so the choice is free.
 */
export class Pace {
  /** Running means of the milliseconds of a call, by number of threads: one, all. */
  readonly #means: [number, number] = [Infinity, Infinity];
  #calls = 0;
  #started = 0;
  /** Calls from one look at the slower way to the next; longer each time it turned out to be slower still. */
  #interval = SHORTEST;
  #nextTrial = SHORTEST;

  /** Tells how to make the next call; `stop` must follow it. */
  start(): { readonly alone: boolean } {
    this.#calls += 1;
    const alone = this.#calls <= FIRST ? this.#calls % 2 === 0 : this.#isAloneFaster() !== this.#isTrial();
    this.#started = performance.now();
    return { alone };
  }

  stop(alone: boolean): void {
    const taken = performance.now() - this.#started;
    const kind = alone ? 0 : 1;
    if (this.#isTrial()) {
      const best = Math.min(...this.#means);
      this.#interval = taken < best ? SHORTEST : Math.min(2 * this.#interval, LONGEST);
      this.#nextTrial = this.#calls + this.#interval;
    }
    this.#means[kind] = this.#calls <= FIRST ? taken : 0.75 * this.#means[kind] + 0.25 * taken;
  }

  #isAloneFaster(): boolean {
    return this.#means[0] < this.#means[1];
  }

  #isTrial(): boolean {
    return this.#calls === this.#nextTrial;
  }
}

/** Two calls of each kind to begin with, for the first is slower than any other. */
const FIRST = 4;
const SHORTEST = 64;
const LONGEST = 16384;
