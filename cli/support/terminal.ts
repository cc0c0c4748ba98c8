/** What a command may touch of the process around it; tests bring their own. */
import path from "node:path";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";
import type { SignalSource } from "../run/interrupt.ts";
import { calledAs } from "./called-as.ts";
import { OutputLoss } from "./output-loss.ts";

export interface TextSink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface TextSource extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean;
}

export interface Terminal {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly stdin: TextSource;
  /** The folder that paths on the command line are relative to. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signals: SignalSource;
  /** Hears when standard output is lost. */
  readonly output: OutputLoss;
  /** What a user types for `specloom`. */
  readonly program: string;
}

export function processTerminal(): Terminal {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    cwd: process.cwd(),
    env: process.env,
    signals: process,
    output: new OutputLoss(),
    program: calledAs({ argv: process.argv, env: process.env, cwd: process.cwd() }),
  };
}

/**
 * The one way of text to a person: whatever a spec, a file or a name brought along, nothing in it steers the terminal.
 * @param paint puts colours into text that is safe already
 */
export function say(sink: TextSink, text: string, paint: (safe: string) => string = (safe) => safe): void {
  sink.write(paint(visibleText(text)));
}

/** A path of the command line as file functions take it: as it was written, where that leads to the same place. */
export function reach(terminal: Terminal, file: string): string {
  return terminal.cwd === process.cwd() ? file : path.resolve(terminal.cwd, file);
}

/** Whether a stream takes colours: a terminal, unless NO_COLOR says otherwise (no-color.org). */
export function takesColour(terminal: Terminal, sink: TextSink): boolean {
  const { NO_COLOR: refused = "", TERM: kind } = terminal.env;
  return sink.isTTY === true && refused === "" && kind !== "dumb";
}
