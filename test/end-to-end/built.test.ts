/** The packages as they are published: installed in folders that know nothing of this repository, and started by Node. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isWhole } from "../support/extent.ts";
import { folderWith, matching, waveCsv, waveSpec } from "../support/command-line.ts";
import { broughtBy, install, packBoth, type Archives } from "../support/installed.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const start = promisify(execFile);

/** Bytes, as disks are sold. */
const MB = 1e6;

const project = { "specs/wave.yaml": waveSpec(), "specs/data/wave.csv": waveCsv };
let archives: Archives;
const folders: { readonly remove: () => Promise<void> }[] = [];

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const made = await folderWith(files);
  folders.push(made);
  return made.path;
}

/** The command in a folder where specloom is installed. */
const mainIn = (place: string): string => path.join(place, "node_modules/specloom/dist/cli/main.js");

beforeAll(() => {
  if (isWhole) archives = packBoth();
}, 300_000);
afterAll(async () => {
  if (isWhole) archives.remove();
  for (const { remove } of folders) await remove();
});

describe.runIf(isWhole)("the packages alone (npm run test:all)", () => {
  let cwd = "";
  const specloom = (...argv: readonly string[]) => start(process.execPath, [mainIn(cwd), ...argv], { cwd });

  beforeAll(async () => {
    cwd = await folder(project);
    install(cwd, [archives.runtime, archives.specloom]);
  }, 60_000);

  it("compile, train, draw and predict", async () => {
    await specloom("compile", "specs/wave.yaml");
    const { stdout } = await specloom("run", "specs/wave.yaml", "--json", "--out", "trained");
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ backend: { backend: "wasm" } });
    expect(await readdir(path.join(cwd, "trained"))).toContain("report.html");
    expect((await specloom("predict", "trained", "specs/data/wave.csv")).stdout).toMatch(/^step,value\n1,\d+/);
  }, 120_000);

  it("say what to install where a mode of gpu.js is asked for", async () => {
    await expect(specloom("run", "specs/wave.yaml", "--backend", "cpu")).rejects.toMatchObject({
      code: 1,
      stderr:
        "error[backend-unavailable]: The backend cpu cannot run here: the package gpu.js is not installed.\n" +
        "  help: npm install gpu.js@^2.24.1, or choose the backend wasm, which needs no package.\n",
    });
    const { stdout } = await specloom("doctor");
    expect(stdout).toMatch(/^webgpu +no +- +The backend webgpu cannot run here: the package/m);
    expect(stdout).toMatch(/^wasm +works +right/m);
  }, 120_000);

  it("let a service do with the runtime", async () => {
    const service = await folder({ "package.json": '{ "type": "module" }', "serve.js": serve });
    install(service, [archives.runtime]);
    expect(await readdir(path.join(service, "node_modules"))).toEqual(["@specloom"]);
    await specloom("compile", "specs/wave.yaml", "-o", service);
    const written = (await readdir(service, { recursive: true })).filter((file) => !file.startsWith("node_modules"));
    for (const name of written.filter((file) => file.endsWith(".ts"))) {
      const file = path.join(service, name);
      await writeFile(file.replace(/\.ts$/, ".js"), withoutTypes(await readFile(file, "utf8")));
    }
    const { stdout } = await start(process.execPath, ["serve.js"], { cwd: service });
    expect(JSON.parse(stdout)).toEqual({ backend: "wasm", forecast: 6, refused: "backend-unavailable" });
  }, 120_000);

  it("are small, and bring no native code: the runtime brings nothing at all", () => {
    expect(broughtBy("runtime")).toEqual({ names: [], bytes: 0, native: [] });
    expect(archives.runtime.bytes).toBeLessThan(0.6 * MB);
    const { bytes, native } = broughtBy("");
    expect(native).toEqual([]);
    expect(archives.specloom.bytes + archives.runtime.bytes + bytes).toBeLessThan(80 * MB);
  });

  it("would be large with gpu.js, which brings native code, each package of it counted", () => {
    const brought = broughtBy("node_modules/gpu.js");
    expect(brought.names).toEqual(expect.arrayContaining(["gl", "gpu-mock.js", "gpu.js/node_modules/webgpu"]));
    expect(brought.native).toContain("node_modules/gl");
    expect(brought.bytes).toBeGreaterThan(80 * MB);
  });
});

const serve = `
  import { Problem } from "@specloom/runtime";
  import { model } from "./wave.js";
  const live = await model.create({ seed: 1 });
  const { forecast } = await live.predict({ series: [1, 2, 3, 4, 5, 6] });
  const { backend } = live.report();
  await live.dispose();
  const refused = await model.create({ backend: "cpu" }).catch((error) => error instanceof Problem && error.code);
  console.log(JSON.stringify({ backend, forecast: forecast.length, refused }));
`;

function withoutTypes(text: string): string {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}

describe.runIf(isWhole)("the command as it is installed (npm run test:all)", () => {
  let cwd = "";

  beforeAll(async () => {
    cwd = await folder(project);
    install(cwd, [archives.runtime, archives.specloom], ["gpu.js"]);
  }, 60_000);

  it("trains, and ends by itself", async () => {
    const argv = [mainIn(cwd), "run", "specs/wave.yaml", "--backend", "webasm", "--json"];
    const { stdout } = await start(process.execPath, argv, { cwd });
    const objects = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects).toHaveLength(4);
    expect(objects[3]).toMatchObject({ name: "wave", backend: { backend: "webasm" } });
  });

  it.runIf(process.platform !== "win32")("saves when its terminal is closed, and says how to go on", async () => {
    const argv = [mainIn(cwd), "run", "specs/wave.yaml", "--backend", "cpu", "--epochs", "100000"];
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
      const command = `"${process.execPath}" "${mainIn(cwd)}"`;
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
    const { stdout } = await start(
      process.execPath,
      [...harness, "--dist", path.join(cwd, "node_modules/specloom/dist"), "--scale", "0.1", "--bits-only"],
      {
        cwd: root,
        env: { ...process.env, SPECLOOM_CACHE: process.env["SPECLOOM_CACHE"] },
      },
    );
    expect(stdout).toMatch(/^3 kills, 0 chains with other bits/m);
  }, 300_000);

  it("gives the shell its exit code", async () => {
    const argv = [mainIn(cwd), "run", "specs/nothing.yaml"];
    await expect(start(process.execPath, argv, { cwd })).rejects.toMatchObject({ code: 1 });
    await expect(start(process.execPath, argv.slice(0, 1), { cwd })).rejects.toMatchObject({ code: 2 });
  });
});
