/** `log.jsonl`: one object per epoch, appended as epochs end. */
import { open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { parseJson } from "../json-text.ts";
import type { EpochRecord } from "../training/state.ts";
import { jsonText } from "../shared/visible-text.ts";
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
   * @returns the log, and how many of the kept epochs it lacks (it was deleted or edited)
   */
  static async open(path: string, keep: number): Promise<{ readonly log: RunLog; readonly missing: number }> {
    const lines = keep === 0 ? [] : (await readRecords(path)).filter(({ record }) => record.epoch <= keep);
    await writeFileAtomically(path, lines.map(({ line }) => `${line}\n`).join(""));
    const known = new Set(lines.map(({ record }) => record.epoch));
    const missing = Number.isFinite(keep) ? keep - known.size : 0;
    try {
      return { log: new RunLog(path, await open(path, "a")), missing };
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

interface LogLine {
  readonly line: string;
  readonly record: { readonly epoch: number };
}

/** The lines that are whole records; a run that was killed can leave half a line at the end. */
async function readRecords(path: string): Promise<LogLine[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const record = parse(line);
    return record === undefined ? [] : [{ line, record }];
  });
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
