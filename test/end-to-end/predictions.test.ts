/** Test answers as data: `evaluate RUN --predictions FILE`, on either scale, and what may be set of a run. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../runtime/safetensors.ts";
import { folderWith, specloom, type Said } from "../support/command-line.ts";

const rows = Array.from({ length: 60 }, (_, row) => [100 + 10 * Math.sin(row / 3), 3 + Math.cos(row / 4)]);
const forecaster = `
specloom: 1
data:
  kind: series
  file: waves.csv
  columns: [high, "low, scaled"]
  window: 6
  horizon: 2
  normalize: standard
  split: { train: 0.7, test: 0.3 }
layers:
  - { name: encoder, kind: gru, hidden_size: 3, return: last }
  - { name: flat, kind: linear, out_features: 4 }
  - { name: forecast, kind: reshape, shape: [2, 2] }
loss: { kind: mse, input: forecast, target: future }
optimizer: { kind: adam, learning_rate: 0.01 }
train: { epochs: 2, batch_size: 8, seed: 1 }
metrics: [mae]
`;

const reverser = `
specloom: 1
data: { kind: tensors, file: words.json, split: { train: 0.5, test: 0.5 } }
inputs:
  source: { shape: [3], dtype: int32, vocabulary: 8, lengths: true }
  target: { shape: [4], dtype: int32, vocabulary: 8, lengths: true }
layers:
  - { kind: embedding, embedding_dim: 4, from: source }
  - { name: encoder, kind: gru, hidden_size: 6 }
  - { name: writer, kind: decoder, target: target, cell: { kind: gru, hidden_size: 6 }, embedding_dim: 4, initial_state: encoder }
loss: { kind: cross_entropy, input: writer, target: target }
optimizer: { kind: adam }
train: { epochs: 1, batch_size: 2, seed: 1 }
decode: { kind: greedy, max_length: 3 }
metrics: [accuracy]
`;
const words = {
  source: [
    [4, 5, 6],
    [5, 4, 0],
    [7, 6, 5],
    [6, 7, 0],
  ],
  "source.lengths": [3, 2, 3, 2],
  target: [
    [6, 5, 4, 3],
    [4, 5, 3, 0],
    [5, 6, 7, 3],
    [7, 6, 3, 0],
  ],
  "target.lengths": [4, 3, 4, 3],
};

describe("specloom evaluate --predictions", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const evaluate = (...argv: readonly string[]): Promise<Said> =>
    specloom(["evaluate", ...argv, "--backend", "cpu"], { cwd });
  const written = (file: string): Promise<string> => readFile(path.join(cwd, file), "utf8");

  beforeAll(async () => {
    const folder = await folderWith({
      "forecaster.yaml": forecaster,
      "waves.csv": `day,high,"low, scaled"\n${rows.map((row, index) => [`d${String(index)}`, ...row].join(",")).join("\n")}\n`,
      "reverser.yaml": reverser,
      "words.json": JSON.stringify(words),
    });
    cwd = folder.path;
    remove = folder.remove;
    for (const spec of ["forecaster", "reverser"]) {
      const { code, err } = await specloom(["run", `${spec}.yaml`, "--backend", "cpu", "--out", spec, "--quiet"], {
        cwd,
      });
      expect({ code, err }).toEqual({ code: 0, err: "" });
    }
  }, 120_000);
  afterAll(() => remove());

  it("writes each forecast beside its truth and the naive one, on the file's scale, and scores the same numbers", async () => {
    const { objects } = await evaluate("forecaster", "--predictions", "p.csv", "--json");
    const [header, ...lines] = (await written("p.csv")).trimEnd().split("\n");
    expect(header).toBe("example,target,row,step,column,truth,prediction,naive");
    // 18 test rows hold 17 windows of two rows, of two columns.
    expect(lines).toHaveLength(17 * 4);
    const cells = lines.map((line) => line.replace('"low, scaled"', "low").split(","));
    const first = cells[0] ?? [];
    expect(first.slice(0, 6)).toEqual(["1", "future", "d42", "1", "high", String(rows[42]?.[0])]);
    expect(Number(first[7])).toBe(rows[41]?.[0]);
    const errors = cells.map((line) => Math.abs(Number(line[5]) - Number(line[6])));
    const mae = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const scored = (objects[0] as { targets: { metrics: { mae: { model: number } } }[] }).targets[0]?.metrics.mae.model;
    expect(scored).toBeCloseTo(mae, 9);
  });

  it("does so on the scale that the model sees", async () => {
    const { objects, err } = await evaluate("forecaster", "--predictions", "p.jsonl", "--scale", "model", "--json");
    expect(err).toContain("scored on the scale that the model sees");
    const lines = (await written("p.jsonl"))
      .trimEnd()
      .split("\n")
      .map(
        (line) =>
          JSON.parse(line) as {
            example: number;
            future: { row: string; truth: number[][]; prediction: number[][]; naive: number[][]; columns: string[] };
          },
      );
    expect(lines).toHaveLength(17);
    expect(lines[0]?.future.columns).toEqual(["high", "low, scaled"]);
    const training = rows.slice(0, 42).map(([high = 0]) => high);
    const mean = training.reduce((sum, value) => sum + value, 0) / training.length;
    const deviation = Math.sqrt(training.reduce((sum, value) => sum + (value - mean) ** 2, 0) / training.length);
    expect(lines[0]?.future.truth[0]?.[0]).toBeCloseTo(((rows[42]?.[0] ?? 0) - mean) / deviation, 5);
    expect(lines[0]?.future.naive[1]?.[0]).toBeCloseTo(((rows[41]?.[0] ?? 0) - mean) / deviation, 5);
    const errors = lines.flatMap(({ future }) =>
      future.truth.flatMap((row, step) =>
        row.map((value, column) => Math.abs(value - (future.prediction[step]?.[column] ?? 0))),
      ),
    );
    const scored = (objects[0] as { targets: { metrics: { mae: { model: number } } }[] }).targets[0]?.metrics.mae.model;
    expect(scored).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / errors.length, 6);
  });

  it("writes tensors", async () => {
    await evaluate("forecaster", "--predictions", "p.safetensors");
    const { tensors, metadata } = readSafetensors(await readFile(path.join(cwd, "p.safetensors")));
    expect([...tensors.keys()].sort()).toEqual(["future.naive", "future.prediction", "future.truth"]);
    expect(tensors.get("future.truth")).toMatchObject({ dtype: "F64", shape: [17, 2, 2] });
    expect(tensors.get("future.truth")?.data[0]).toBe(rows[42]?.[0]);
    expect(JSON.parse(metadata["future.columns"] ?? "")).toEqual(["high", "low, scaled"]);
  });

  it("writes what a model that writes wrote, beside what was to be written", async () => {
    await evaluate("reverser", "--predictions", "w.jsonl");
    const lines = (await written("w.jsonl"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { example: 1, target: { source: [7, 6, 5], truth: [5, 6, 7] } },
      { example: 2, target: { source: [6, 7], truth: [7, 6] } },
    ]);
    await evaluate("reverser", "--predictions", "w.csv");
    expect(await written("w.csv")).toMatch(/^example,source,truth,written,score,complete\n1,7 6 5,5 6 7,/);
  });

  it("takes of a run what may change after training, and nothing else", async () => {
    const search = ["--set", "decode.kind=beam", "--set", "decode.beam_size=2", "--set", "metrics=[]"];
    const { code, out } = await evaluate("reverser", ...search, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ targets: [] });
    const refused = await evaluate("reverser", "--set", "layers=[]");
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain(
      `error[set-after-training]: --set layers=[]: the weights of a run were trained with "layers" as it is.`,
    );
    const predicted = await specloom(["predict", "reverser", "words.json", "--backend", "cpu", ...search], { cwd });
    expect(predicted.err).toContain("beam search, beam_size 2");
  });

  it("refuses another format before it computes, and what a model has no table for", async () => {
    const { code, err } = await evaluate("forecaster", "--predictions", "p.xlsx");
    expect(code).not.toBe(0);
    expect(err).toContain("p.xlsx: error[predictions-file-format]");
    expect(err).toContain(".csv, .jsonl, .safetensors");
  });
});
