/** Standard output that cannot be written any more: its reader has gone (EPIPE), or there is no room for it. */
import { reasonOf } from "../run/atomic-write.ts";
import { Mistake } from "./mistake.ts";

export class OutputLoss {
  readonly #listeners = new Set<() => void>();
  #error: NodeJS.ErrnoException | undefined;

  /** Hears of the loss, once; who listens goes on by itself, since its result is more than what it prints. */
  listen(listener: () => void): { release(): void } {
    this.#listeners.add(listener);
    return { release: () => this.#listeners.delete(listener) };
  }

  /** @returns whether somebody goes on without output */
  report(error: NodeJS.ErrnoException): boolean {
    this.#error ??= error;
    const listeners = [...this.#listeners];
    listeners.forEach((listener) => {
      listener();
    });
    return listeners.length > 0;
  }

  /** True where the reader went away, as `head` does when it has enough: no error of anyone's. */
  get isClosed(): boolean {
    return this.#error?.code === "EPIPE";
  }

  /** What to tell; undefined where nothing was lost, or where nobody was to read it. */
  get mistake(): Mistake | undefined {
    if (this.#error === undefined || this.isClosed) return undefined;
    return new Mistake({
      code: "output-not-written",
      message: `standard output could not be written: ${reasonOf(this.#error)}.`,
      help: "give the output another place; what a run had done by then is saved in its folder, and --resume takes it up.",
    });
  }
}
