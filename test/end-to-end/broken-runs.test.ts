/** Runs whose training failed, or that lack a file or hold a damaged one: what is said of them is what is so. */
import { cp, readFile, writeFile } from "node:fs/promises";
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

describe("the spec of a run", () => {
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
