/** Several outputs beside one target, and outputs that are logits: what is scored and written says which, on the target's scale. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../runtime/safetensors.ts";
import { folderWith, specloom, type Said } from "../support/command-line.ts";

const examples = 16;
const share = (example: number, place: number): number => 0.5 + 0.4 * Math.sin(example + 2 * place);
const shares = Array.from({ length: examples }, (_, example) => [share(example, 0), share(example, 1)]);
const rows = shares.map(([first = 0]) => [first / 2, 0.5 - first / 2, 0.5]);

const spec = (loss: string): string => `
specloom: 1
data: { kind: tensors, file: data.json, split: { train: 0.5, test: 0.5 } }
inputs:
  x: { shape: [2] }
  y: { shape: [2] }
  parts: { shape: [3] }
layers:
  - { name: one, kind: linear, out_features: 2, from: x }
  - { name: two, kind: linear, out_features: 2, from: x }
  - { name: classes, kind: linear, out_features: 3, from: x }
  - { name: logs, kind: activation, function: log_softmax, from: classes }
loss: ${loss}
optimizer: { kind: adam, learning_rate: 0.01 }
train: { epochs: 1, batch_size: 4, seed: 2 }
metrics: [mae]
outputs: [one, two, classes, logs]
`;

const heads = spec(`
  - { kind: mse, input: one, target: y }
  - { kind: l1, input: two, target: y }
  - { kind: huber, input: two, target: y }
  - { kind: cross_entropy, input: classes, target: parts }`);
const linked = spec(`
  - { kind: bce_with_logits, input: one, target: y }
  - { kind: mse, input: two, target: y, weight: 0.1 }
  - { kind: cross_entropy, input: classes, target: parts }
  - { kind: kl_div, input: logs, target: parts }`);

describe("several outputs beside one target", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const call = (...argv: readonly string[]): Promise<Said> => specloom([...argv, "--backend", "cpu"], { cwd });
  const written = (file: string): Promise<string> => readFile(path.join(cwd, file), "utf8");
  const linesOf = async (file: string): Promise<readonly Record<string, unknown>[]> =>
    (await written(file))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  beforeAll(async () => {
    const x = shares.map(([first = 0, second = 0]) => [first - 0.5, second]);
    const data = JSON.stringify({ x, y: shares, parts: rows });
    const folder = await folderWith({ "heads.yaml": heads, "linked.yaml": linked, "data.json": data });
    cwd = folder.path;
    remove = folder.remove;
    for (const name of ["heads", "linked"]) {
      expect(await call("run", `${name}.yaml`, "--out", name)).toMatchObject({ code: 0 });
    }
  }, 120_000);
  afterAll(() => remove());

  it("are told apart in scores, and each pair is scored once", async () => {
    const { out, code } = await call("evaluate", "heads");
    expect(code).toBe(0);
    expect(out.match(/16 values of y beside (one|two)/g)).toEqual([
      "16 values of y beside one",
      "16 values of y beside two",
    ]);
    expect(out).toContain("24 values of parts;");
  });

  it("are told apart in files of predictions, and none is lost", async () => {
    for (const ending of ["csv", "jsonl", "safetensors"]) {
      expect(await call("evaluate", "heads", "--predictions", `heads.${ending}`)).toMatchObject({ code: 0 });
    }
    const lines = (await written("heads.csv")).trim().split("\n");
    expect(lines[0]).toBe("example,target,output,place,truth,prediction");
    const pairs = lines.slice(1).map((line) => line.split(",").slice(0, 4).join());
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(pairs).toHaveLength((examples / 2) * (2 + 2 + 3));
    const [first] = await linesOf("heads.jsonl");
    expect(Object.keys(first ?? {})).toEqual(["example", "y.one", "y.two", "parts"]);
    const { tensors } = readSafetensors(new Uint8Array(await readFile(path.join(cwd, "heads.safetensors"))));
    expect([...tensors.keys()].sort()).toEqual(
      ["parts", "y.one", "y.two"].flatMap((name) => [`${name}.prediction`, `${name}.truth`]),
    );
  });

  it("of logits are probabilities where they are scored and written", async () => {
    const evaluated = await call("evaluate", "linked", "--json", "--predictions", "linked.jsonl");
    expect(evaluated.code).toBe(0);
    const test = rows.map((_, example) => ({ x: [share(example, 0) - 0.5, share(example, 1)] })).slice(examples / 2);
    const stdin = JSON.stringify({ x: test.map(({ x }) => x) });
    const { objects } = await specloom(["predict", "linked", "--backend", "cpu", "--json"], { cwd, stdin });
    const outputs = objects.map((one) => one["outputs"] as Record<string, number[]>);
    const softmax = (scores: readonly number[]): number[] => {
      const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
      return scores.map((score) => Math.exp(score) / total);
    };
    const found = await linesOf("linked.jsonl");
    const expected = outputs.map(({ one = [], two = [], classes = [], logs = [] }) => ({
      "y.one": one.map((logit) => 1 / (1 + Math.exp(-logit))),
      "y.two": two,
      "parts.classes": softmax(classes),
      "parts.logs": logs.map(Math.exp),
    }));
    let error = 0;
    expected.forEach((answers, index) => {
      for (const [name, values] of Object.entries(answers)) {
        const { prediction = [], truth = [] } = found[index]?.[name] as { prediction?: number[]; truth?: number[] };
        expect(prediction).toHaveLength(values.length);
        prediction.forEach((value, place) => {
          expect(value, `${name} of ${String(index)}`).toBeCloseTo(values[place] ?? NaN, 6);
          if (name === "y.one") error += Math.abs(value - (truth[place] ?? NaN)) / examples;
        });
      }
    });
    const scored = evaluated.objects.find((one) => "targets" in one)?.["targets"] as {
      name: string;
      metrics: { mae: { model: number } };
    }[];
    expect(scored.find(({ name }) => name === "y.one")?.metrics.mae.model).toBeCloseTo(error, 6);
  });
});
