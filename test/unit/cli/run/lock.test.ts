/** One process in a run's folder: living holders are respected, dead ones recognised, however they died. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LOCK_FILE, lockRun } from "../../../../cli/run/lock.ts";
import { ownProcess } from "../../../../cli/run/process-identity.ts";
import type { ProcessIdentity } from "../../../../cli/run/process-identity.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "specloom-lock-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const path = (): string => join(root, LOCK_FILE);

async function lockedBy(changes: Partial<ProcessIdentity & { readonly token: string }>): Promise<void> {
  const holder = { ...(await ownProcess()), token: "other", ...changes, since: "2026-01-01T00:00:00.000Z" };
  writeFileSync(path(), JSON.stringify(holder));
}

describe("the lock of a run", () => {
  it("is held once, says by whom, and leaves nothing", async () => {
    const lock = await lockRun(root);
    expect(lock.wasAbandoned).toBe(false);
    await expect(lockRun(root)).rejects.toThrow(
      `another process (id ${String(process.pid)}, since ${new Date().toISOString().slice(0, 10)}`,
    );
    await lock.check();
    expect(readdirSync(root)).toEqual([LOCK_FILE]);
    await lock.release();
    expect(readdirSync(root)).toEqual([]);
  });

  it("goes to one of many that start at once, also over a lock that was left", async () => {
    for (let round = 0; round < 30; round += 1) {
      if (round > 0) await lockedBy({ started: "another process of this number", token: String(round) });
      const results = await Promise.allSettled(
        Array.from({ length: 12 }, async (_, index) => {
          // Some come while the others are at it.
          if (index % 3 > 0) await pause(((index * round) % 7) / 3);
          return await lockRun(root);
        }),
      );
      const locks = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(locks).toHaveLength(1);
      expect(readdirSync(root)).toEqual([LOCK_FILE]);
      await locks[0]?.check();
      await locks[0]?.release();
    }
  });

  it("of a process that was killed is taken over", async () => {
    const killed = spawn("sleep", ["60"]);
    const identity = await ownProcess();
    const pid = killed.pid ?? 0;
    const started = process.platform === "linux" ? startOf(pid) : null;
    await lockedBy({ pid, started });
    await expect(lockRun(root)).rejects.toThrow(`(id ${String(pid)}`);
    const gone = new Promise((resolve) => killed.once("exit", resolve));
    killed.kill("SIGKILL");
    await gone;
    const lock = await lockRun(root);
    expect(lock.wasAbandoned).toBe(true);
    expect(readFileSync(path(), "utf8")).toContain(`"pid":${String(identity.pid)}`);
    await lock.release();
  });

  it.runIf(process.platform === "linux")("of a number that was given to another process is taken over", async () => {
    await lockedBy({ started: "1" });
    await (await lockRun(root)).release();
    await lockedBy({ boot: "an earlier start of this machine" });
    await (await lockRun(root)).release();
  });

  it.runIf(process.platform === "linux")(
    "of a process that has ended and was never asked after is taken over",
    async () => {
      // The shell becomes `sleep`, which does not ask after the child that it never knew of.
      const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"]);
      const pid = await new Promise<number>((resolve) => {
        parent.stdout.once("data", (text: Buffer) => {
          resolve(Number(text.toString()));
        });
      });
      const started = startOf(pid);
      await expect.poll(() => stateOf(pid)).toBe("Z");
      await lockedBy({ pid, started });
      await (await lockRun(root)).release();
      parent.kill("SIGKILL");
    },
  );

  it("of another machine or container counts while it is touched", async () => {
    await lockedBy({ place: "elsewhere", pid: 1 });
    await expect(lockRun(root)).rejects.toThrow(/id 1, since 2026-01-01/);
    const before = (Date.now() - 301_000) / 1000;
    utimesSync(path(), before, before);
    await (await lockRun(root)).release();
  });

  it("that is damaged counts only while it may be being written", async () => {
    writeFileSync(path(), '{"pi');
    const started = performance.now();
    const lock = await lockRun(root);
    expect(performance.now() - started).toBeGreaterThan(500);
    await lock.release();
  });

  it("tells when another process has the folder by now, and does not remove its lock", async () => {
    const lock = await lockRun(root);
    await lockedBy({});
    await expect(lock.check()).rejects.toThrow(/is training in/);
    await lock.release();
    expect(statSync(path()).size).toBeGreaterThan(0);
  });

  it("says when nothing can be written", async () => {
    await expect(lockRun(join(root, "none"))).rejects.toThrow(/nothing can be written into .*none": no such file/);
  });
});

function fieldsOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function startOf(pid: number): string {
  return fieldsOf(pid)[19] ?? "";
}

function stateOf(pid: number): string {
  return fieldsOf(pid)[0] ?? "";
}
