/** The command as it is installed: compiled to JavaScript and started by Node. */
import { execFile, execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, waveCsv, waveSpec } from "../support/command-line.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Inside the repository, so that the packages are found. */
const built = path.join(root, ".cache", "end-to-end");
const start = promisify(execFile);

describe("the built command", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
    execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", built], { cwd: root });
    execFileSync(process.execPath, ["scripts/copy-assembly.mjs", built], { cwd: root });
    const folder = await folderWith({ "specs/wave.yaml": waveSpec(), "specs/data/wave.csv": waveCsv });
    cwd = folder.path;
    remove = folder.remove;
  }, 180_000);
  afterAll(async () => {
    await remove();
    await rm(built, { recursive: true, force: true });
  });

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

  it("gives the shell its exit code", async () => {
    const argv = [path.join(built, "cli", "main.js"), "run", "specs/nothing.yaml"];
    await expect(start(process.execPath, argv, { cwd })).rejects.toMatchObject({ code: 1 });
    await expect(start(process.execPath, argv.slice(0, 1), { cwd })).rejects.toMatchObject({ code: 2 });
  });
});
