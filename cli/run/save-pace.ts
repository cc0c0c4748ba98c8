/** When a training is saved: so soon that a kill costs little, so seldom that saving does. */

/** Work between two saves. With the step that is under way, less than a second of it is lost at a kill. */
const SECONDS_BETWEEN = 0.5;
/** Saving may take this part of the time at most; only a model whose save takes longer than 125 ms is saved less often. */
const LARGEST_SHARE = 0.2;

export class SavePace {
  readonly #seconds: number;
  readonly #now: () => number;
  #savedAt: number;
  /** Milliseconds that the last save took. */
  #cost = 0;

  /** @param now in milliseconds */
  constructor(seconds = SECONDS_BETWEEN, now: () => number = () => performance.now()) {
    this.#seconds = seconds;
    this.#now = now;
    this.#savedAt = now();
  }

  /** Work since the last save, while which nothing else is done, is enough for the next. */
  get isDue(): boolean {
    const pause = Math.max(this.#seconds * 1000, (this.#cost * (1 - LARGEST_SHARE)) / LARGEST_SHARE);
    return this.#now() - this.#savedAt >= pause;
  }

  async during(save: () => Promise<void>): Promise<void> {
    const started = this.#now();
    await save();
    this.#savedAt = this.#now();
    this.#cost = this.#savedAt - started;
  }
}
