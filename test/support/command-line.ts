/** Calls the command line in this process and keeps what it says. */
import { mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { main } from "../../cli/program.ts";
import type { Terminal } from "../../cli/support/terminal.ts";
import type { InterruptSignal, SignalSource } from "../../cli/run/interrupt.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON, one object a line. */
  readonly objects: readonly Readonly<Record<string, unknown>>[];
}

export interface Setting extends Partial<Pick<Terminal, "env" | "program">> {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly signals?: SignalSource;
  /** Both streams are terminals. */
  readonly isTTY?: boolean;
}

export async function specloom(argv: readonly string[], setting: Setting = {}): Promise<Said> {
  const written = { out: "", err: "" };
  const { stdin, isTTY = false, env = {}, ...given } = setting;
  const sink = (stream: keyof typeof written) => ({
    isTTY,
    write: (text: string) => {
      written[stream] += text;
      return true;
    },
  });
  const input = (async function* () {
    await Promise.resolve();
    if (stdin !== undefined) yield stdin;
  })();
  const code = await main(argv, {
    stdout: sink("out"),
    stderr: sink("err"),
    stdin: input,
    // What tests assemble goes into their own store, never into the user's.
    program: "specloom",
    env: { SPECLOOM_CACHE: process.env["SPECLOOM_CACHE"], ...env },
    ...given,
  });
  return {
    code,
    ...written,
    get objects() {
      return written.out
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

/** A Ctrl-C that a test presses itself. */
export class Keys implements SignalSource {
  readonly #listeners = new Set<(signal: InterruptSignal) => void>();
  exits: number[] = [];

  on(signal: InterruptSignal, listener: (signal: InterruptSignal) => void): void {
    if (signal === "SIGINT") this.#listeners.add(listener);
  }

  off(_signal: InterruptSignal, listener: (signal: InterruptSignal) => void): void {
    this.#listeners.delete(listener);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  pressControlC(): void {
    for (const listener of this.#listeners) listener("SIGINT");
  }
}

/** A folder with these files in it; `remove` deletes it. */
export async function folderWith(
  files: Readonly<Record<string, string>>,
): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), "specloom-test-"));
  for (const [name, text] of Object.entries({ "package.json": "{}", ...files })) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return { path: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** 60 rows of a wave with a month each. */
export const waveCsv = `month,value\n${Array.from({ length: 60 }, (_, row) => {
  const month = `${String(2000 + Math.floor(row / 12))}-${String((row % 12) + 1).padStart(2, "0")}`;
  return `${month},${(20 + 8 * Math.sin(row / 2)).toFixed(3)}`;
}).join("\n")}\n`;

/** A small forecaster of that wave. @param change replaces a line that starts with a key */
export function waveSpec(change: Readonly<Record<string, string>> = {}): string {
  const lines = {
    specloom: "1",
    data: "{kind: series, file: data/wave.csv, columns: [value], window: 6, normalize: standard}",
    layers:
      "[{name: encoder, kind: lstm, hidden_size: 3}, {name: context, kind: attention_pool, scope: prefix}, {name: forecast, kind: linear, out_features: 1}]",
    loss: "{kind: mse, input: forecast, target: next}",
    optimizer: "{kind: adam, learning_rate: 0.01}",
    train: "{epochs: 3, batch_size: 8, seed: 5}",
    metrics: "[mae, rmse, mase]",
    outputs: "[forecast, context.weights]",
    ...change,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("");
}

/** A text with this in it, inside a larger expectation. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}

/** A text of this form, inside a larger expectation. */
export function matching(form: RegExp): unknown {
  return expect.stringMatching(form);
}
