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
    const isFirst =
      this.#calls <= TOGETHER_FIRST || (this.#calls <= TOGETHER_FIRST + ALONE_FIRST && this.#means[1] < LONG);
    const alone = isFirst ? this.#calls > TOGETHER_FIRST : this.#isAloneFaster() !== this.#isTrial();
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
    const before = this.#means[kind];
    const isWarmUp = this.#calls <= TOGETHER_FIRST + ALONE_FIRST || before === Infinity;
    this.#means[kind] = isWarmUp ? taken : 0.75 * before + 0.25 * taken;
  }

  #isAloneFaster(): boolean {
    return this.#means[0] < this.#means[1];
  }

  #isTrial(): boolean {
    return this.#calls === this.#nextTrial;
  }
}

/** Two calls of each kind to begin with, for the first is slower than any other. */
const TOGETHER_FIRST = 2;
const ALONE_FIRST = 2;
/** Milliseconds from which on a call is so much work that threads almost always pay: the other way is tried later. */
const LONG = 50;
const SHORTEST = 64;
const LONGEST = 16384;
