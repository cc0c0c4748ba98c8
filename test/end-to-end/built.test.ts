/** The command as it is installed: compiled to JavaScript and started by Node. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isWhole } from "../support/extent.ts";
import { folderWith, matching, waveCsv, waveSpec } from "../support/command-line.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const built = path.join(root, "dist");
const start = promisify(execFile);

describe.runIf(isWhole)("the built command (npm run test:all)", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root });
    const folder = await folderWith({ "specs/wave.yaml": waveSpec(), "specs/data/wave.csv": waveCsv });
    cwd = folder.path;
    remove = folder.remove;
  }, 180_000);
  afterAll(() => remove());

  it("trains, and ends by itself", async () => {
    const argv = [path.join(built, "cli", "main.js"), "run", "specs/wave.yaml", "--backend", "webasm", "--json"];
    const { stdout } = await start(process.execPath, argv, { cwd });
    const objects = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects).toHaveLength(4);
    expect(objects[3]).toMatchObject({ name: "wave", backend: { backend: "webasm" } });
  });

  it.runIf(process.platform !== "win32")("saves when its terminal is closed, and says how to go on", async () => {
    const argv = [
      path.join(built, "cli", "main.js"),
      "run",
      "specs/wave.yaml",
      "--backend",
      "cpu",
      "--epochs",
      "100000",
    ];
    const child = spawn(process.execPath, [...argv, "--out", "closed"], { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said += text.toString()));
    const ended = new Promise((resolve) => child.once("close", resolve));
    while (!existsSync(path.join(cwd, "closed", "spec.yaml"))) await new Promise((resolve) => setTimeout(resolve, 20));
    // Terminals say it more than once.
    child.kill("SIGHUP");
    child.kill("SIGHUP");
    expect(await ended).toBe(130);
    expect(said).toContain("everything is saved. Continue with: ");
    expect((await readdir(path.join(cwd, "closed"))).sort()).toEqual([
      "checkpoint.safetensors",
      "log.jsonl",
      "spec.yaml",
      "weights.safetensors",
    ]);
  });

  it.runIf(existsSync("/dev/full"))(
    "says when its output cannot be written, and its files are whole all the same",
    async () => {
      const shell = (command: string) => start("sh", ["-c", command], { cwd });
      const command = `"${process.execPath}" "${path.join(built, "cli", "main.js")}"`;
      const run = `${command} run specs/wave.yaml --backend cpu --quiet`;
      const full = {
        code: 1,
        stderr: matching(
          /^error\[output-not-written\]: standard output could not be written: no space left on the disk\.\n {2}help: .*\n$/,
        ),
      };
      await expect(shell(`${run} --out full > /dev/full`)).rejects.toMatchObject(full);
      expect(await readdir(path.join(cwd, "full"))).toEqual(expect.arrayContaining(["metrics.json", "report.html"]));
      await expect(shell(`${run} --out told --json --epochs 100000 > /dev/full`)).rejects.toMatchObject(full);
      expect(await readdir(path.join(cwd, "told"))).toContain("checkpoint.safetensors");
      await expect(shell(`${command} --version > /dev/full`)).rejects.toMatchObject(full);
      await shell(`${command} --version 2> /dev/full`);
      // A reader that has enough ends a training, and nothing else.
      await shell(`${run} --out piped | true`);
      expect((await readdir(path.join(cwd, "piped"))).sort()).toEqual([
        "checkpoint.safetensors",
        "log.jsonl",
        "metrics.json",
        "report.html",
        "spec.yaml",
        "weights.safetensors",
      ]);
    },
    300_000,
  );

  it("is killed at random instants and resumed, and ends with the bits of the unbroken run", async () => {
    const harness = ["bench/kills.mjs", "--kills", "3", "--chain", "3", "--seed", "3", "--cases", "memory"];
    // How much was lost is told there; on a machine that does much else a second proves nothing.
    const { stdout } = await start(process.execPath, [...harness, "--dist", built, "--scale", "0.1", "--bits-only"], {
      cwd: root,
      env: { ...process.env, SPECLOOM_CACHE: process.env["SPECLOOM_CACHE"] },
    });
    expect(stdout).toMatch(/^3 kills, 0 chains with other bits/m);
  }, 300_000);

  it("gives the shell its exit code", async () => {
    const argv = [path.join(built, "cli", "main.js"), "run", "specs/nothing.yaml"];
    await expect(start(process.execPath, argv, { cwd })).rejects.toMatchObject({ code: 1 });
    await expect(start(process.execPath, argv.slice(0, 1), { cwd })).rejects.toMatchObject({ code: 2 });
  });
});
