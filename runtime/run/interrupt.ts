/** Ctrl-C: the first asks training to end after its step, the second ends the process at once. */

/** What is needed of `process`; tests bring their own. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): unknown;
}

export interface Interrupt {
  /** Aborted by the first Ctrl-C (or SIGTERM). */
  readonly signal: AbortSignal;
  /** Gives Ctrl-C its usual meaning back. */
  release(): void;
}

/** The exit code by which shells know a process that Ctrl-C ended. */
const INTERRUPTED = 130;

/** @param onFirst says that the first Ctrl-C was heard, since saving can take a moment */
export function listenForInterrupt(onFirst: () => void, source: SignalSource = process): Interrupt {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) {
      source.exit(INTERRUPTED);
      return;
    }
    controller.abort();
    onFirst();
  };
  source.on("SIGINT", listener);
  source.on("SIGTERM", listener);
  return {
    signal: controller.signal,
    release: () => {
      source.off("SIGINT", listener);
      source.off("SIGTERM", listener);
    },
  };
}
