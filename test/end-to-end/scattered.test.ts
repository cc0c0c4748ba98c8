/** A scattered split from the command line: the same parts in every command, and said in all of them. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { containing, folderWith, specloom } from "../support/command-line.ts";

const examples = Array.from({ length: 40 }, (_, example) => example);
const content = JSON.stringify({
  x: examples.map((example) => [example / 40]),
  y: examples.map((example) => [example / 20]),
  speaker: examples.map((example) => example % 8),
});
const spec = `specloom: 1
data: { kind: tensors, file: x.json, split: { train: 0.5, validation: 0.25, test: 0.25, order: scattered, seed: 3, group: speaker } }
inputs: { x: { shape: [1] }, y: { shape: [1] } }
layers:
  - { name: answer, kind: linear, out_features: 1 }
loss: { kind: mse, input: answer, target: y }
optimizer: { kind: sgd, learning_rate: 0.1 }
train: { epochs: 1, batch_size: 8, seed: 1 }
metrics: [mae]
`;

it("is the same in every command, and told", async () => {
  const { path: cwd, remove } = await folderWith({ "x.json": content, "points.yaml": spec });
  const note =
    'split: 20 training, 10 validation, 10 test examples, scattered with seed 3, the 8 groups of "speaker" each in one part.';
  expect(await specloom(["run", "points.yaml", "--seed", "9"], { cwd })).toMatchObject({
    code: 0,
    err: containing(note),
  });
  const run = path.join(cwd, "runs/points/1");
  const metrics = JSON.parse(await readFile(path.join(run, "metrics.json"), "utf8")) as Record<string, unknown>;
  expect(metrics).toMatchObject({ split: { order: "scattered", seed: 3, group: "speaker" } });
  expect(await readFile(path.join(run, "report.html"), "utf8")).toContain("scattered with seed 3");
  const scored = await specloom(["evaluate", "runs/points/1", "--json"], { cwd });
  expect(scored.err).toContain(note);
  expect(scored.objects[0]).toMatchObject({ targets: (metrics["test"] as { readonly targets: unknown }).targets });
  await remove();
}, 120_000);
