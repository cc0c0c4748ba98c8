/** How far a bench is: a bar on a terminal, nothing elsewhere. */
import cliProgress from "cli-progress";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";
import type { Terminal } from "../terminal.ts";

export interface BenchProgress {
  /** @param what is measured now */
  show(what: string): void;
  /** One more of the pieces is done. */
  advance(): void;
  stop(): void;
}

export function benchProgress({ stderr }: Terminal, pieces: number, quiet: boolean): BenchProgress {
  if (quiet || stderr.isTTY !== true) return { show: () => undefined, advance: () => undefined, stop: () => undefined };
  const bar = new cliProgress.SingleBar({
    stream: stderr as NodeJS.WriteStream,
    format: "{bar} {percentage}%  {what}",
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    // The process ends in its own time; a bar that hooks signals would end it for us.
    gracefulExit: false,
  });
  bar.start(pieces, 0, { what: "" });
  return {
    show: (what) => {
      bar.update({ what: visibleText(what) });
    },
    advance: () => {
      bar.increment();
    },
    stop: () => {
      bar.stop();
    },
  };
}
