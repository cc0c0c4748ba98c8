/** Which process this is, so that another one can tell later whether it still runs: numbers of processes are used again. */
import { execFile } from "node:child_process";
import { readFile, readlink, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as the system counts; null where the system does not say. */
  readonly started: string | null;
  /** The start of the machine that `started` may count from; null where the system does not say. */
  readonly boot: string | null;
  /** Machine and container: elsewhere the number of a process means nothing. */
  readonly place: string;
}

export async function ownProcess(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    started: (await factsOf(process.pid)).started,
    boot: await bootOf(),
    place: await placeOf(),
  };
}

/** A holder elsewhere shows that it lives by touching its file; so long without a touch, and it is taken for gone. */
const SECONDS_WITHOUT_A_TOUCH = 300;

/** @param file that the process touches from time to time, for those of another machine or container */
export async function isAlive(identity: ProcessIdentity, file: string): Promise<boolean> {
  if (identity.place !== (await placeOf())) {
    const touched = await stat(file).catch(() => undefined);
    return touched !== undefined && Date.now() - touched.mtimeMs < SECONDS_WITHOUT_A_TOUCH * 1000;
  }
  if (identity.boot !== (await bootOf())) return false;
  if (!exists(identity.pid)) return false;
  const { started, isEnded } = await factsOf(identity.pid);
  return !isEnded && (started === null || identity.started === null || started === identity.started);
}

/** Says to those elsewhere that this process lives. */
export async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}

function exists(pid: number): boolean {
  try {
    // Signal 0 sends nothing.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return (error as { readonly code?: unknown }).code === "EPERM";
  }
}

interface ProcessFacts {
  readonly started: string | null;
  /** True of a process that has ended and that its parent has not asked after yet. */
  readonly isEnded: boolean;
}

async function factsOf(pid: number): Promise<ProcessFacts> {
  if (process.platform === "linux") return linuxFacts(pid);
  if (process.platform === "win32") return { started: null, isEnded: false };
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    const [state = "", ...started] = stdout.trim().split(/\s+/);
    return { started: started.length === 0 ? null : started.join(" "), isEnded: state.startsWith("Z") };
  } catch {
    return { started: null, isEnded: false };
  }
}

/** Fields 3 (state) and 22 (start, in ticks since the machine's) of proc(5); the name before them may hold anything. */
async function linuxFacts(pid: number): Promise<ProcessFacts> {
  const text = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { started: fields[19] ?? null, isEnded: fields[0] === "Z" || fields[0] === "X" };
}

async function bootOf(): Promise<string | null> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return text.trim() || null;
}

async function placeOf(): Promise<string> {
  const space = await readlink("/proc/self/ns/pid").catch(() => "");
  return [hostname(), space].filter((part) => part !== "").join(" ");
}
