/** Runs whose training failed, or that lack a file or hold a damaged one: what is said of them is what is so. */
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containing, folderWith, specloom, waveCsv, waveSpec } from "../support/command-line.ts";

const diverging = `
specloom: 1
data: {kind: tensors, file: large.json, split: {train: 0.8, validation: 0.1, test: 0.1}}
inputs: {x: {shape: [1]}, y: {shape: [1]}}
layers: [{name: answer, kind: linear, from: x, out_features: 1}]
loss: {kind: mse, input: answer, target: y}
optimizer: {kind: sgd, learning_rate: 1e6}
train: {epochs: 400, batch_size: 8}
metrics: [mae]
`;
const small = Array.from({ length: 20 }, (_, row) => [Math.sin(row)]);
const large = small.map(([value = 0]) => [value * 1e10]);

let cwd = "";
let remove = (): Promise<void> => Promise.resolve();
const inFolder = (...parts: readonly string[]): string => path.join(cwd, ...parts);
const call = (...argv: readonly string[]) => specloom([...argv, "--backend", "cpu"], { cwd });
/** A copy of a run of three epochs. */
const copy = async (name: string): Promise<string> => {
  await cp(inFolder("trained"), inFolder(name), { recursive: true });
  return name;
};

beforeAll(async () => {
  const folder = await folderWith({
    "wave.yaml": waveSpec(),
    "data/wave.csv": waveCsv,
    "diverging.yaml": diverging,
    "large.json": JSON.stringify({ x: small, y: large }),
  });
  cwd = folder.path;
  remove = folder.remove;
  expect(await call("run", "wave.yaml", "--out", "trained")).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => remove());

describe("a run whose loss was not finite", () => {
  it("is told by its weights, which are of a later step than its checkpoint", async () => {
    const kept = /the last weights are kept, after step \d+ \(within epoch 1\)\n/;
    const stopped = await call("run", "diverging.yaml", "--out", "diverged");
    expect(stopped).toMatchObject({ code: 1, err: containing("error[loss-not-finite]: the validation loss") });
    const said = kept.exec(stopped.err)?.[0] ?? "nothing";
    const note = `note: the training of diverged ended on a number that is not finite: the validation loss after epoch 1 is Infinity; ${said}`;
    expect(await call("report", "diverged")).toMatchObject({ code: 0, err: containing(note) });
    expect(await call("evaluate", "diverged")).toMatchObject({
      code: 0,
      err: containing(note),
      out: containing("the loss over the test part is not finite: it is Infinity.\ntest loss - over 2 examples\n"),
    });
    expect(await readFile(inFolder("diverged", "report.html"), "utf8")).toContain(
      "the last weights are kept, after step",
    );
  });
});

describe("a run without its checkpoint", () => {
  it("cannot go on, and says how its weights can", async () => {
    const run = await copy("no-checkpoint");
    await rm(inFolder(run, "checkpoint.safetensors"));
    const { code, err } = await call("run", "wave.yaml", "--resume", run);
    expect({ code, err }).toEqual({
      code: 1,
      err:
        "no-checkpoint: error[unusable-run-file]: the checkpoint.safetensors of this run is missing, and without it the run cannot go on.\n" +
        "  help: start a new run from its weights: the same command with --weights no-checkpoint/weights.safetensors instead of --resume no-checkpoint.\n",
    });
    const again = await call("run", "wave.yaml", "--weights", "no-checkpoint/weights.safetensors", "--out", "from-it");
    expect(again).toMatchObject({ code: 0 });
  });

  it("is started again where it had done nothing yet, in the same folder", async () => {
    await mkdir(inFolder("killed"));
    await writeFile(inFolder("killed", "log.jsonl"), "");
    expect(await call("run", "wave.yaml", "--resume", "killed")).toMatchObject({
      code: 1,
      err: containing("error[nothing-to-resume]: this run was stopped before its first checkpoint"),
    });
    expect(await call("run", "wave.yaml", "--out", "killed")).toMatchObject({ code: 0 });
  });
});

describe("the spec of a run", () => {
  it.each(["missing", "empty"])("that is %s is written again by --resume, as the message says", async (state) => {
    const run = await copy(`spec-${state}`);
    const file = inFolder(run, "spec.yaml");
    const whole = await readFile(file, "utf8");
    await (state === "missing" ? rm(file) : writeFile(file, ""));
    const place = state === "missing" ? run : `${run}/spec.yaml`;
    const said =
      state === "missing" ? "the spec.yaml of this run is missing." : "this is not the spec that a run writes.";
    for (const [verb, ...data] of [["evaluate"], ["report"], ["predict", "data/wave.csv"]] as const) {
      expect(await call(verb, run, ...data)).toMatchObject({
        code: 1,
        err:
          `${place}: error[unusable-run-file]: ${said}\n` +
          `  help: \`specloom run SPEC --resume ${run}\` with the spec that it was trained with writes it again.\n`,
      });
    }
    expect(await call("run", "wave.yaml", "--resume", run)).toMatchObject({ code: 0 });
    expect(await readFile(file, "utf8")).toBe(whole);
    await rm(file);
    await rm(inFolder(run, "checkpoint.safetensors"));
    const weights = `${run}/weights.safetensors`;
    expect((await call("evaluate", run)).err).toContain(
      `help: name the spec that it was trained with in place of the run, and --weights ${weights}.`,
    );
    expect(await call("evaluate", "wave.yaml", "--weights", weights)).toMatchObject({ code: 0 });
  });

  it("is named where it has a mistake", async () => {
    const run = await copy("edited");
    const file = inFolder(run, "spec.yaml");
    const lines = (await readFile(file, "utf8")).split("\n");
    const line = lines.findIndex((text) => text.startsWith("optimizer:"));
    await writeFile(file, lines.with(line, "optimiser:").join("\n"));
    const { code, err } = await call("evaluate", run);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: containing(`edited/spec.yaml:${String(line + 1)}:1: error[unknown-key]: "optimiser"`),
    });
    expect(err).not.toContain("wave.yaml");
  });
});

describe("the log of a run", () => {
  it("that lacks epochs is told by --resume and in the report", async () => {
    const run = await copy("no-log");
    const file = inFolder(run, "log.jsonl");
    const lines = (await readFile(file, "utf8")).split("\n");
    await writeFile(file, lines.with(1, '{"epoch": 2,').join("\n"));
    const damaged = "log.jsonl lacks epoch 2 of the 3 trained so far (damaged: line 2).";
    expect(await call("report", run)).toMatchObject({ code: 0, err: `note: ${damaged}\n` });
    expect(await readFile(inFolder(run, "report.html"), "utf8")).toContain(damaged);
    // Of a run that has reached its goal too.
    expect((await call("run", "wave.yaml", "--resume", run)).err).toContain(`note: ${damaged}\n`);
    await rm(file);
    expect((await call("run", "wave.yaml", "--resume", run, "--epochs", "4")).err).toContain(
      "note: log.jsonl lacks epochs 1 to 3 of the 3 trained so far.\n",
    );
  });
});

describe("a run that has reached its goal", () => {
  it("says so when it is resumed with a goal that lies behind it", async () => {
    const run = await copy("further");
    const { code, err } = await call("run", "wave.yaml", "--resume", run, "--epochs", "2");
    expect({ code, err }).toMatchObject({
      code: 0,
      err: containing("note: nothing is left to train: this run has reached its goal (3 epochs, 15 steps).\n"),
    });
  });
});

describe.skipIf(process.platform === "win32")("what cannot be written (Windows has no such devices)", () => {
  it("is told with what is saved all the same, and how to go on", async () => {
    const run = await copy("full");
    await rm(inFolder(run, "report.html"));
    await symlink("/dev/full", inFolder(run, "report.html"));
    const said =
      "could not be written: it is a pipe or a device, not a file. What stood there before is unchanged.\n" +
      "  help: remove it, or move it away: then a file is written there.";
    expect(await call("report", run)).toMatchObject({ code: 1, err: containing(`${said}\n`) });
    expect(await call("run", "wave.yaml", "--resume", run, "--epochs", "4")).toMatchObject({
      code: 1,
      err: containing(
        `${said} The training is saved up to step 20; go on from there with: ` +
          "specloom run wave.yaml --epochs 4 --backend cpu --resume full\n",
      ),
    });
  });

  it("is a run in the place of a file, called one", async () => {
    expect((await call("run", "wave.yaml", "--out", "wave.yaml")).err).toContain(
      "could not be made: it is a file.\n  help: name another one with --out.",
    );
  });
});
