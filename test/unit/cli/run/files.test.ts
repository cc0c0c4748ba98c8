import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../../../../runtime/problem.ts";
import { writeFileAtomically } from "../../../../cli/run/atomic-write.ts";
import {
  claimRunDirectory,
  latestRunDirectory,
  readRunFile,
  removeUnfinishedWrites,
  writeMetrics,
} from "../../../../cli/run/directory.ts";
import { lockRun } from "../../../../cli/run/lock.ts";
import { ownProcess } from "../../../../cli/run/process-identity.ts";
import { logFault, RunLog } from "../../../../cli/run/log.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "specloom-files-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe("writeFileAtomically", () => {
  it("writes and replaces", async () => {
    const path = join(root, "a.txt");
    await writeFileAtomically(path, "one");
    await writeFileAtomically(path, new Uint8Array([116, 119, 111]));
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(readdirSync(root)).toEqual(["a.txt"]);
  });

  it("leaves the old file and nothing else when the check of the written bytes fails", async () => {
    const path = join(root, "a.txt");
    await writeFileAtomically(path, "old");
    const failing = writeFileAtomically(path, "new", (bytes) => {
      expect(Buffer.from(bytes).toString()).toBe("new");
      expect(readFileSync(path, "utf8")).toBe("old");
      throw new Error("damaged");
    });
    await expect(failing).rejects.toThrow(/could not be written: damaged\. What stood there before is unchanged/);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(root)).toEqual(["a.txt"]);
  });

  it("leaves what is there when the rename fails", async () => {
    const path = join(root, "folder");
    mkdirSync(join(path, "inside"), { recursive: true });
    await expect(writeFileAtomically(path, "new")).rejects.toBeInstanceOf(Problem);
    expect(readdirSync(root)).toEqual(["folder"]);
    expect(readdirSync(path)).toEqual(["inside"]);
  });

  it("writes what a link leads to, and leaves the link", async () => {
    writeFileSync(join(root, "a.txt"), "old");
    symlinkSync("a.txt", join(root, "link"));
    await writeFileAtomically(join(root, "link"), "new");
    expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("new");
    expect(lstatSync(join(root, "link")).isSymbolicLink()).toBe(true);
  });

  it.skipIf(process.platform === "win32")("leaves a pipe what it is (Windows has none)", async () => {
    const pipe = join(root, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(writeFileAtomically(pipe, "new")).rejects.toThrow(/it is a pipe or a device, not a file/);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readdirSync(root)).toEqual(["pipe"]);
  });

  it("says why a file cannot be written", async () => {
    await expect(writeFileAtomically(join(root, "none", "a"), "x")).rejects.toThrow(/no such file or folder/);
  });
});

describe("run directories", () => {
  it("are numbered from 1, above the highest, also when many start at once", async () => {
    const place = { root, name: "next-number" };
    expect((await claimRunDirectory(place)).directory).toBe(join(root, "next-number", "1"));
    mkdirSync(join(root, "next-number", "7"));
    mkdirSync(join(root, "next-number", "notes"));
    const made = await Promise.all(Array.from({ length: 8 }, () => claimRunDirectory(place)));
    const numbers = made.map(({ directory }) => Number(directory.split("/").at(-1))).sort((a, b) => a - b);
    expect(numbers).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it("can be named, but never hold two runs", async () => {
    const out = join(root, "deep", "mine");
    const claimed = async (): Promise<string> => {
      const { directory, lock } = await claimRunDirectory({ name: "a", out });
      await lock.release();
      return directory;
    };
    expect(await claimed()).toBe(out);
    writeFileSync(join(out, "notes.txt"), "");
    expect(await claimed()).toBe(out);
    writeFileSync(join(out, "weights.safetensors"), "");
    await expect(claimed()).rejects.toThrow(/already holds a run \(weights.safetensors\)/);
    expect(readdirSync(out)).toEqual(["notes.txt", "weights.safetensors"]);
  });

  it("are taken over where a run was killed before its first checkpoint, and nothing else is", async () => {
    const claim = () => claimRunDirectory({ name: "a", out: root });
    const dead = { pid: 2 ** 22 - 1, started: "1", boot: null, token: "00", since: "then" };
    writeFileSync(join(root, "spec.yaml"), "mine");
    await expect(claim()).rejects.toThrow(/already holds a run \(spec.yaml\)/);
    await (await lockRun(root)).release();
    writeFileSync(join(root, ".lock"), JSON.stringify({ ...dead, place: (await ownProcess()).place }));
    writeFileSync(join(root, "log.jsonl"), "");
    const { lock } = await claim();
    expect(lock.wasAbandoned).toBe(true);
    await expect(claim()).rejects.toThrow(/another process \(id \d+, since .*\) is training in/);
    await lock.release();
    await expect(claim()).rejects.toThrow(/already holds a run/);
    rmSync(join(root, "spec.yaml"));
    await (await claim()).lock.release();
    writeFileSync(join(root, "log.jsonl"), "{}\n");
    await expect(claim()).rejects.toThrow(/already holds a run \(log.jsonl\)/);
  });

  it("cannot lie in a file", async () => {
    writeFileSync(join(root, "file"), "");
    const call = claimRunDirectory({ root: join(root, "file"), name: "a" });
    await expect(call).rejects.toThrow(/could not be made: a part of the path is a file/);
    await expect(claimRunDirectory({ name: "a", out: join(root, "file") })).rejects.toThrow(/could not be made/);
  });

  it("find the latest run with a checkpoint", async () => {
    const place = { root, name: "a" };
    expect(await latestRunDirectory(place)).toBeUndefined();
    for (const number of ["2", "10", "11"]) mkdirSync(join(root, "a", number), { recursive: true });
    writeFileSync(join(root, "a", "2", "checkpoint.safetensors"), "");
    writeFileSync(join(root, "a", "10", "checkpoint.safetensors"), "");
    expect(await latestRunDirectory(place)).toBe(join(root, "a", "10"));
  });

  it("hold metrics, give back files, and lose what a kill left half-written", async () => {
    await writeMetrics(root, { rmse: 1.5, mape: Infinity });
    expect(readFileSync(join(root, "metrics.json"), "utf8")).toBe('{\n  "rmse": 1.5,\n  "mape": null\n}\n');
    expect(Buffer.from(await readRunFile(root, "metrics")).toString()).toContain("1.5");
    await expect(readRunFile(root, "weights")).rejects.toThrow(/weights.safetensors" could not be read/);
    writeFileSync(join(root, ".writing-weights.safetensors.00"), "");
    await removeUnfinishedWrites(root);
    expect(readdirSync(root)).toEqual(["metrics.json"]);
  });
});

describe("RunLog", () => {
  const record = (epoch: number) => ({
    epoch,
    step: epoch * 3,
    train_loss: 1 / epoch,
    validation_loss: null,
    learning_rate: 0.1,
    seconds: 1,
  });

  it("appends lines and keeps the epochs it is told to", async () => {
    const path = join(root, "log.jsonl");
    const first = await RunLog.open(path, 0);
    for (const epoch of [1, 2, 3]) await first.append(record(epoch));
    await first.flush();
    await first.close();
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.slice(0, 3).map((line) => JSON.parse(line) as unknown)).toEqual([1, 2, 3].map(record));
    const second = await RunLog.open(path, 2);
    await second.append(record(9));
    await second.close();
    expect(readFileSync(path, "utf8").split("\n")).toEqual([...lines.slice(0, 2), JSON.stringify(record(9)), ""]);
    const third = await RunLog.open(path, 4);
    await third.close();
    expect(readFileSync(path, "utf8").split("\n")).toEqual([...lines.slice(0, 2), ""]);
  });

  it("says which epochs it lacks and which lines are damaged", async () => {
    const path = join(root, "log.jsonl");
    const line = (epoch: number): string => `${JSON.stringify(record(epoch))}\n`;
    const faultOf = (text: string, epochs: number): Promise<string | undefined> => {
      writeFileSync(path, text);
      return logFault(path, epochs);
    };
    expect(await logFault(path, 3)).toBe("log.jsonl lacks epochs 1 to 3 of the 3 trained so far.");
    expect(await logFault(path, 0)).toBeUndefined();
    expect(await faultOf([1, 2, 3].map(line).join(""), 3)).toBeUndefined();
    // What a kill leaves: an epoch behind the checkpoint, and half a line.
    expect(await faultOf([1, 2, 3].map(line).join("") + line(4).slice(0, 9), 2)).toBeUndefined();
    expect(await faultOf(line(2) + line(3) + line(6), 7)).toBe(
      "log.jsonl lacks epochs 1, 4 to 5, 7 of the 7 trained so far.",
    );
    expect(await faultOf(`${line(1)}{"epoch":\n${line(3)}`, 3)).toBe(
      "log.jsonl lacks epoch 2 of the 3 trained so far (damaged: line 2).",
    );
    expect(await faultOf(`${line(1)}?\n?\n${line(2)}`, 2)).toBe("log.jsonl is damaged: lines 2 to 3.");
  });

  it("starts a new run with an empty log", async () => {
    const path = join(root, "log.jsonl");
    writeFileSync(path, '{"epoch":1}\n');
    const log = await RunLog.open(path, 0);
    await log.close();
    expect(readFileSync(path, "utf8")).toBe("");
  });
});
