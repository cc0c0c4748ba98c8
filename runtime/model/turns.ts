/** Turns: one call of a model at a time, and time for the rest of the program in between. */

/** Runs a task when its turn comes. */
export type Turn = <Result>(task: () => Promise<Result>) => Promise<Result>;

/**
 * Runs tasks one after the other in the order of their arrival, none of them before `run` has returned: what is read in the same
 * turn of the event loop is as it was before, on a backend that computes on the calling thread too. A task that fails does not
 * stop the next.
 */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #settled = (): void => {
    this.#waiting -= 1;
  };

  /** True while a task runs or waits. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  run<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const result = this.#last.then(task);
    this.#last = result.then(this.#settled, this.#settled);
    return result;
  }
}

/** Milliseconds of work after which timers, signals and the screen get their turn. */
const LONGEST_HOLD = 40;

/** A backend that computes on the calling thread never yields by itself; long loops call `pause` between calls. */
export class Breather {
  #since = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.#since < LONGEST_HOLD) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#since = performance.now();
  }
}
