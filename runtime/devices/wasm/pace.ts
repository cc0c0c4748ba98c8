/**
 * Whether a call is faster with all threads or with one. Threads meet many times in a call; where cores are busy with other
 * work, waiting for each other costs more than it saves. Results are the same bit by bit, so the choice is free.
 *
 * It tries both ways in turn, keeps to the faster one, and looks at the other again from time to time. A way is tried for
 * several calls at once: workers that were left alone sleep, and the first call only wakes them.
 */
export class Pace {
  readonly #now: () => number;
  /** What a call takes in milliseconds, by number of threads: one, all. */
  readonly #taken: [number, number] = [Infinity, Infinity];
  #started = 0;
  #calls = 0;
  /** The trial under way: of which way, and what its calls took so far. */
  #trial: { readonly alone: boolean; readonly length: number; readonly taken: number[] } | undefined;
  /** Calls from one trial to the next; more each time that the slower way turned out to be slower still. */
  #interval = SHORTEST;
  #nextTrial = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Tells how to make the next call; `stop` must follow it. */
  start(): { readonly alone: boolean } {
    if (this.#trial === undefined && this.#calls >= this.#nextTrial) this.#trial = this.#newTrial();
    this.#calls += 1;
    this.#started = this.#now();
    return { alone: this.#trial?.alone ?? this.#isAloneFaster() };
  }

  stop(alone: boolean): void {
    const taken = this.#now() - this.#started;
    if (this.#trial === undefined) {
      // One call that the machine held up tells little: it counts at most double.
      const before = this.#taken[way(alone)];
      this.#taken[way(alone)] = 0.75 * before + 0.25 * Math.min(taken, 2 * before);
      return;
    }
    this.#trial.taken.push(taken);
    // No more of long calls than needed: the first of all is slower than any other, and later ones wake workers only.
    const enough = taken > LONG ? 1 : taken > SHORT ? 2 : this.#trial.length;
    if (this.#trial.taken.length >= enough) this.#endTrial(this.#trial);
  }

  #newTrial(): { readonly alone: boolean; readonly length: number; readonly taken: number[] } {
    const alone = this.#taken[way(false)] !== Infinity && !this.#isAloneFaster();
    return { alone, length: CALLS_OF_TRIAL, taken: [] };
  }

  #endTrial({ alone, taken }: { readonly alone: boolean; readonly taken: readonly number[] }): void {
    const other = this.#taken[way(!alone)];
    const own = median(taken.length > 1 ? taken.slice(1) : taken);
    this.#taken[way(alone)] = own;
    this.#trial = undefined;
    if (other === Infinity) {
      // Long calls are almost always faster with threads: the other way can wait.
      this.#nextTrial = own > LONG ? this.#calls + SHORTEST : this.#calls;
      return;
    }
    this.#interval = own < other ? SHORTEST : Math.min(2 * this.#interval, LONGEST);
    this.#nextTrial = this.#calls + this.#interval;
  }

  #isAloneFaster(): boolean {
    return this.#taken[way(true)] < this.#taken[way(false)];
  }
}

function way(alone: boolean): 0 | 1 {
  return alone ? 0 : 1;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? Infinity;
}

const CALLS_OF_TRIAL = 8;
/** Milliseconds of a call: of longer ones two are a trial, and of still longer ones a single one. */
const SHORT = 5;
const LONG = 50;
/** Calls between trials. */
const SHORTEST = 64;
const LONGEST = 16384;
