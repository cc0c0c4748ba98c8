/** `log.jsonl`: one object per epoch, appended as epochs end. */
import { open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { parseJson } from "@specloom/runtime/internal/json-text";
import type { EpochRecord } from "@specloom/runtime/internal/training/state";
import { jsonText } from "@specloom/runtime/internal/shared/visible-text";
import { notWritten, writeFileAtomically } from "./atomic-write.ts";

export class RunLog {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens the log for appending.
   *
   * @param keep epochs that stay, 0 for a new run: what a stopped run wrote after its checkpoint is trained again
   */
  static async open(path: string, keep: number): Promise<RunLog> {
    const lines = keep === 0 ? [] : recordsIn(await textOf(path)).filter(({ record }) => record.epoch <= keep);
    await writeFileAtomically(path, lines.map(({ line }) => `${line}\n`).join(""));
    try {
      return new RunLog(path, await open(path, "a"));
    } catch (error) {
      throw notWritten(path, error);
    }
  }

  async append(record: EpochRecord): Promise<void> {
    await this.#guarded(() => this.#file.appendFile(`${jsonText(record)}\n`));
  }

  /** Before a checkpoint is written: the log must never lack an epoch that the checkpoint counts as done. */
  async flush(): Promise<void> {
    await this.#guarded(() => this.#file.sync());
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #guarded(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw notWritten(this.#path, error);
    }
  }
}

/**
 * What is wrong with a log that was deleted, edited or damaged, as a sentence.
 *
 * @param epochs that it must hold: those that are complete
 * @returns undefined where nothing is wrong; half a line at its end is what a kill leaves
 */
export async function logFault(path: string, epochs: number): Promise<string | undefined> {
  const text = await textOf(path);
  const records = recordsIn(text);
  const whole = new Set(records.map(({ number }) => number));
  const damaged = text
    .split("\n")
    .slice(0, -1)
    .flatMap((line, index) => (line.trim() === "" || whole.has(index + 1) ? [] : [index + 1]));
  const missing = gaps(
    records.map(({ record }) => record.epoch),
    epochs,
  );
  const damage = damaged.length === 0 ? undefined : `damaged: ${rangesText("line", rangesOf(damaged))}`;
  if (missing.length === 0) return damage && `log.jsonl is ${damage}.`;
  const lack = `log.jsonl lacks ${rangesText("epoch", missing)} of the ${String(epochs)} trained so far`;
  return `${lack}${damage === undefined ? "" : ` (${damage})`}.`;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** What of 1 to `count` is not among the numbers. */
function gaps(numbers: readonly number[], count: number): Range[] {
  const inside = numbers.filter((value) => value >= 1 && value <= count).sort((a, b) => a - b);
  return [0, ...inside].flatMap((value, index) => {
    const last = (inside[index] ?? count + 1) - 1;
    return last > value ? [{ first: value + 1, last }] : [];
  });
}

/** @param numbers ascending */
function rangesOf(numbers: readonly number[]): Range[] {
  const ends = numbers.filter((value, index) => numbers[index + 1] !== value + 1);
  return numbers
    .filter((value, index) => numbers[index - 1] !== value - 1)
    .map((first, index) => ({ first, last: ends[index] ?? first }));
}

/** `epoch 3`, `epochs 1 to 4, 7` */
function rangesText(noun: string, ranges: readonly Range[]): string {
  const isOne = ranges.every(({ first, last }) => ranges.length === 1 && first === last);
  const texts = ranges.map(({ first, last }) =>
    first === last ? String(first) : `${String(first)} to ${String(last)}`,
  );
  return `${noun}${isOne ? "" : "s"} ${texts.join(", ")}`;
}

interface LogLine {
  /** 1 for the first of the file. */
  readonly number: number;
  readonly line: string;
  readonly record: { readonly epoch: number };
}

/** The lines that are whole records; a run that was killed can leave half a line at the end. */
function recordsIn(text: string): LogLine[] {
  return text.split("\n").flatMap((line, index) => {
    const record = parse(line);
    return record === undefined ? [] : [{ number: index + 1, line, record }];
  });
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function parse(line: string): { readonly epoch: number } | undefined {
  try {
    const value: unknown = parseJson(line);
    if (typeof value !== "object" || value === null || !("epoch" in value)) return undefined;
    return typeof value.epoch === "number" ? { epoch: value.epoch } : undefined;
  } catch {
    return undefined;
  }
}
