/** Where a run lives: `runs/<name>/<n>/` or a directory the user names, and the files in it. */
import { mkdir, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@specloom/runtime/internal/problem";
import { jsonText } from "@specloom/runtime/internal/shared/visible-text";
import { reasonOf, TEMPORARY_PREFIX, writeFileAtomically } from "./atomic-write.ts";
import { LOCK_FILE, lockRun } from "./lock.ts";
import type { RunLock } from "./lock.ts";
import { makeFolderWithParents } from "./make-folder.ts";
import { readOrdinaryFile } from "../data/ordinary-file.ts";

export const RUN_FILES = {
  /** The parameters that are kept: docs/training.md says which. */
  weights: "weights.safetensors",
  /** The latest complete state. */
  checkpoint: "checkpoint.safetensors",
  /** One JSON object per epoch. */
  log: "log.jsonl",
  metrics: "metrics.json",
  /** The resolved spec. */
  spec: "spec.yaml",
} as const;

export type RunFile = keyof typeof RUN_FILES;

export interface RunPlace {
  /** Folder that holds all runs, `runs` by default. */
  readonly root?: string | undefined;
  readonly name: string;
  /** Exactly this directory instead of a numbered one. */
  readonly out?: string | undefined;
}

export function runFile(directory: string, file: RunFile): string {
  return join(directory, RUN_FILES[file]);
}

export interface RunDirectory {
  readonly directory: string;
  /** Held by this process; released when the run is over. */
  readonly lock: RunLock;
}

/**
 * Makes and locks the directory of a new run. Two runs that start together get two numbers.
 *
 * @throws Problem `run-directory-in-use` when `out` already holds a run or another process, `run-directory-unusable` when it
 *   cannot be made
 */
export async function claimRunDirectory({ root = "runs", name, out }: RunPlace): Promise<RunDirectory> {
  if (out !== undefined) return claimNamed(out);
  const parent = join(root, name);
  await made(parent, true);
  let number = Math.max(0, ...(await runNumbers(parent))) + 1;
  // Making the directory is what claims the number: it fails where another run was faster.
  while (!(await made(join(parent, String(number)), false))) number += 1;
  const directory = join(parent, String(number));
  return { directory, lock: await lockRun(directory) };
}

/** The run with the highest number that has a checkpoint, or undefined. */
export async function latestRunDirectory({ root = "runs", name }: RunPlace): Promise<string | undefined> {
  const parent = join(root, name);
  const numbers = (await runNumbers(parent)).sort((a, b) => b - a);
  for (const number of numbers) {
    const directory = join(parent, String(number));
    if ((await entriesOf(directory)).includes(RUN_FILES.checkpoint)) return directory;
  }
  return undefined;
}

/** @throws Problem `run-missing` when the run has no such file */
export async function readRunFile(directory: string, file: RunFile): Promise<Uint8Array> {
  const path = runFile(directory, file);
  try {
    return await readOrdinaryFile(path);
  } catch (error) {
    throw new Problem({
      code: "run-missing",
      message: `"${path}" could not be read: ${reasonOf(error)}.`,
      help: (await entriesOf(directory)).includes(RUN_FILES.checkpoint)
        ? `resume this run (\`specloom run SPEC --resume ${directory}\`); that writes what it lacks.`
        : "name the directory of a run, such as runs/next-number/1.",
      file: path,
    });
  }
}

/** Writes `metrics.json`. JSON knows no NaN and no infinity: a score that has no value is null. */
export async function writeMetrics(directory: string, metrics: Readonly<Record<string, unknown>>): Promise<void> {
  await writeFileAtomically(runFile(directory, "metrics"), `${jsonText(metrics, 2)}\n`);
}

export async function removeRunFile(directory: string, file: RunFile): Promise<void> {
  await unlink(runFile(directory, file)).catch(() => undefined);
}

/** Removes what a killed run left of an unfinished write. */
export async function removeUnfinishedWrites(directory: string): Promise<void> {
  const left = (await entriesOf(directory)).filter((entry) => entry.startsWith(TEMPORARY_PREFIX));
  await Promise.all(left.map((entry) => unlink(join(directory, entry)).catch(() => undefined)));
}

async function claimNamed(directory: string): Promise<RunDirectory> {
  await made(directory, true);
  // Looked at before as well: no lock is ever left in a folder that is someone's own.
  refuseOccupied(directory, await runFilesIn(directory, (await entriesOf(directory)).includes(LOCK_FILE)));
  const lock = await lockRun(directory);
  try {
    refuseOccupied(directory, await runFilesIn(directory, lock.wasAbandoned));
  } catch (error) {
    await lock.release();
    throw error;
  }
  return { directory, lock };
}

function refuseOccupied(directory: string, found: readonly string[]): void {
  if (found.length === 0) return;
  throw new Problem({
    code: "run-directory-in-use",
    message: `"${directory}" already holds a run (${found.join(", ")}); it is not overwritten.`,
    help: "name another directory, continue that run with --resume, or delete it first.",
    file: directory,
  });
}

/**
 * What must not be overwritten. A run that stopped before its first checkpoint leaves an empty log; only where its lock says
 * that a run was here is the rest taken for the run's too, and not for files that someone keeps under such a name.
 */
export async function runFilesIn(directory: string, wasAbandoned: boolean): Promise<readonly string[]> {
  const own: readonly string[] = Object.values(RUN_FILES);
  const found = (await entriesOf(directory)).filter((entry) => own.includes(entry));
  const isStarted = [RUN_FILES.checkpoint, RUN_FILES.weights, RUN_FILES.metrics].some((file) => found.includes(file));
  if (isStarted) return found;
  const isEmpty = async (file: string): Promise<boolean> => (await stat(join(directory, file))).size === 0;
  const only = found.length === 1 && found[0] === RUN_FILES.log && (await isEmpty(RUN_FILES.log));
  return wasAbandoned || only ? [] : found;
}

/** True when this call made the directory, or when it may exist already. */
async function made(directory: string, mayExist: boolean): Promise<boolean> {
  try {
    await (mayExist ? makeFolderWithParents(directory) : mkdir(directory));
    return true;
  } catch (error) {
    const exists = (error as { readonly code?: unknown }).code === "EEXIST";
    if (!mayExist && exists) return false;
    throw new Problem({
      code: "run-directory-unusable",
      message: `the directory "${directory}" for the run could not be made: ${exists ? "it is a file" : reasonOf(error)}.`,
      help: "name another one with --out.",
      file: directory,
    });
  }
}

async function runNumbers(parent: string): Promise<number[]> {
  return (await entriesOf(parent)).filter((entry) => /^[1-9]\d{0,8}$/.test(entry)).map(Number);
}

async function entriesOf(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
