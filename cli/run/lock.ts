/** One process trains in a run's folder at a time: a file names it, and one that a killed process left is recognised. */
import { createHash, randomBytes } from "node:crypto";
import { link, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseJson } from "@specloom/runtime/internal/json-text";
import { Problem } from "@specloom/runtime/internal/problem";
import { reasonOf, TEMPORARY_PREFIX } from "./atomic-write.ts";
import { isAlive, ownProcess, touch } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

export const LOCK_FILE = ".lock";

export interface RunLock {
  /** True when a process that is gone had locked the folder: it was killed, or ended without tidying up. */
  readonly wasAbandoned: boolean;
  /** @throws Problem `run-directory-in-use` when another process holds the folder by now */
  check(): Promise<void>;
  release(): Promise<void>;
}

interface Holder extends ProcessIdentity {
  /** Tells two locks of one process apart. */
  readonly token: string;
  /** When it was taken, for people. */
  readonly since: string;
}

/** How often a lock is tried for that others take and leave in between. */
const ATTEMPTS = 50;
/** A file that is no lock and younger than this may be one that is being written just now. */
const MILLISECONDS_TO_WRITE = 1000;
/** About as long as another process takes that is removing an abandoned lock. */
const MILLISECONDS_TO_REMOVE = 10;
/** Between two signs of life for those who cannot see this process. */
const MILLISECONDS_BETWEEN_TOUCHES = 20_000;

/**
 * Locks an existing folder for this process.
 *
 * @throws Problem `run-directory-in-use` when a living process holds it, `run-directory-unusable` when nothing can be written
 */
export async function lockRun(directory: string): Promise<RunLock> {
  const path = join(directory, LOCK_FILE);
  const holder: Holder = {
    ...(await ownProcess()),
    token: randomBytes(8).toString("hex"),
    since: new Date().toISOString(),
  };
  const content = `${JSON.stringify(holder)}\n`;
  let wasAbandoned = false;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await created(directory, path, content)) return held(directory, path, holder, wasAbandoned);
    const found = await contentOf(path);
    if (found === undefined) continue;
    const state = await stateOf(path, found);
    if (state === "held") throw inUse(directory, parse(found));
    if (state === "gone") {
      wasAbandoned = true;
      if (await removed(directory, path, found, content)) continue;
    }
    await pause(state === "gone" ? MILLISECONDS_TO_REMOVE : MILLISECONDS_TO_WRITE / 8);
  }
  throw inUse(directory, undefined);
}

function held(directory: string, path: string, { token }: Holder, wasAbandoned: boolean): RunLock {
  const current = async (): Promise<Holder | undefined> => parse((await contentOf(path)) ?? "");
  const touching = setInterval(() => void touch(path), MILLISECONDS_BETWEEN_TOUCHES).unref();
  return {
    wasAbandoned,
    check: async () => {
      const holder = await current();
      if (holder !== undefined && holder.token !== token) throw inUse(directory, holder);
    },
    release: async () => {
      clearInterval(touching);
      if ((await current())?.token === token) await unlink(path).catch(() => undefined);
    },
  };
}

/** A link appears whole or not at all, so nobody ever reads half a lock; file systems without links get a plain new file. */
async function created(directory: string, path: string, content: string): Promise<boolean> {
  const temporary = join(directory, `${TEMPORARY_PREFIX}lock.${randomBytes(6).toString("hex")}`);
  try {
    await writeFile(temporary, content, { flag: "wx" });
    try {
      await link(temporary, path);
    } catch (error) {
      const code = codeOf(error);
      // ENOENT: another process that started here has tidied up our temporary file.
      if (code === "EEXIST" || code === "ENOENT") return false;
      await writeFile(path, content, { flag: "wx" });
    }
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new Problem({
      code: "run-directory-unusable",
      message: `nothing can be written into "${directory}": ${reasonOf(error)}.`,
      help: "check its permissions and the free space, or name another folder with --out.",
      file: directory,
    });
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/**
 * Removes a lock whose holder is gone. Only who has a claim on exactly this lock removes it, and a lock never comes back with
 * the same content: so what lies there under the claim with that content is it, however late a process comes. A claim is a
 * file like a lock, and one whose holder was killed is removed in the same way.
 *
 * @returns false while another process has the claim
 */
async function removed(directory: string, path: string, abandoned: string, content: string): Promise<boolean> {
  const digest = createHash("sha256").update(abandoned).digest("hex").slice(0, 16);
  const claim = join(directory, `${TEMPORARY_PREFIX}lock.claim.${digest}`);
  if (!(await created(directory, claim, content))) {
    const claimed = await contentOf(claim);
    if (claimed === undefined) return true;
    return (await stateOf(claim, claimed)) === "gone" && (await removed(directory, claim, claimed, content));
  }
  if ((await contentOf(path)) === abandoned) await unlink(path).catch(() => undefined);
  await unlink(claim).catch(() => undefined);
  return true;
}

/** What is known of the holder: `unclear` is a file that is no lock yet and may be one in a moment. */
async function stateOf(path: string, content: string): Promise<"held" | "gone" | "unclear"> {
  const holder = parse(content);
  if (holder !== undefined) return (await isAlive(holder, path)) ? "held" : "gone";
  return (await isYoung(path)) ? "unclear" : "gone";
}

const contentOf = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);

async function isYoung(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs < MILLISECONDS_TO_WRITE;
}

function inUse(directory: string, holder: Holder | undefined): Problem {
  const who =
    holder === undefined ? "another process" : `another process (id ${String(holder.pid)}, since ${holder.since})`;
  return new Problem({
    code: "run-directory-in-use",
    message: `${who} is training in "${directory}"; two would overwrite each other's files.`,
    help: `wait for it, stop it, or name another folder with --out. If no such process exists, delete "${join(directory, LOCK_FILE)}".`,
    file: directory,
  });
}

function parse(text: string): Holder | undefined {
  try {
    const value = parseJson(text) as Partial<Holder> | null;
    return typeof value?.pid === "number" && typeof value.token === "string" ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
