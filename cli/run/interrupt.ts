/**
 * What asks a process to end: Ctrl-C, SIGTERM, a terminal that is closed (SIGHUP). The first asks training to end after its step,
 * a second Ctrl-C or SIGTERM ends the process at once.
 */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type InterruptSignal = (typeof SIGNALS)[number];

/** What is needed of `process`; tests bring their own. */
export interface SignalSource {
  on(signal: InterruptSignal, listener: (signal: InterruptSignal) => void): unknown;
  off(signal: InterruptSignal, listener: (signal: InterruptSignal) => void): unknown;
  exit(code: number): unknown;
}

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Ends training as a first signal does. */
  stop(): void;
  /** Gives the signals their usual meaning back. */
  release(): void;
}

/** The exit code by which shells know a process that Ctrl-C ended. */
const INTERRUPTED = 130;

/** @param onFirst says that the first signal was heard, since saving can take a moment */
export function listenForInterrupt(onFirst: () => void, source: SignalSource = process): Interrupt {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    onFirst();
  };
  const listener = (signal: InterruptSignal): void => {
    if (!controller.signal.aborted) {
      stop();
    } else if (signal !== "SIGHUP") {
      // A terminal that closes says so more than once, and service managers send it behind a SIGTERM: nobody insists by it.
      source.exit(INTERRUPTED);
    }
  };
  for (const signal of SIGNALS) source.on(signal, listener);
  return {
    signal: controller.signal,
    stop,
    release: () => {
      for (const signal of SIGNALS) source.off(signal, listener);
    },
  };
}
