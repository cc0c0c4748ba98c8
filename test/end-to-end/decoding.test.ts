/** What the key `decode` of a spec says reaches the command line: labels of a ctc loss, and a model that writes from nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containing, folderWith, specloom } from "../support/command-line.ts";

const listener = `
specloom: 1
data: {kind: tensors, file: listener.json}
inputs:
  frames: {shape: [4, 2], lengths: true}
  label: {shape: [2], dtype: int32, vocabulary: 3, lengths: true}
layers:
  - {name: logits, kind: linear, out_features: 3, from: frames}
loss: {kind: ctc, input: logits, target: label}
optimizer: {kind: sgd}
train: {epochs: 1}
decode: {kind: beam, n_best: 2}
`;

const sounds = {
  frames: [
    [
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 0],
    ],
  ],
  "frames.lengths": [4],
};

const writer = `
specloom: 1
data: {kind: tensors, file: writer.json}
inputs:
  before: {shape: [4], dtype: int32, vocabulary: 6}
  after: {shape: [4], dtype: int32, vocabulary: 6}
layers:
  - {name: tokens, kind: embedding, embedding_dim: 4, from: before}
  - {kind: gru, hidden_size: 4}
  - {name: logits, kind: linear, out_features: 6}
loss: {kind: cross_entropy, input: logits, target: after}
optimizer: {kind: adam, learning_rate: 0.1}
train: {epochs: 100}
decode: {input: before, output: logits}
`;

describe("specloom predict with decode", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    const folder = await folderWith({
      "listener.yaml": listener,
      "listener.json": JSON.stringify({ ...sounds, label: [[1, 2]], "label.lengths": [2] }),
      "writer.yaml": writer,
      "writer.json": JSON.stringify({ before: [[2, 4, 5, 4]], after: [[4, 5, 4, 3]] }),
    });
    cwd = folder.path;
    remove = folder.remove;
    for (const name of ["listener", "writer"]) {
      const run = await specloom(["run", `${name}.yaml`, "--backend", "cpu", "--quiet"], { cwd });
      expect(run).toMatchObject({ code: 0 });
    }
  }, 60_000);
  afterAll(() => remove());

  it("reads back the run of a ctc loss that says how to decode", async () => {
    const stdin = JSON.stringify(sounds);
    const found = await specloom(["predict", "runs/listener/1", "--backend", "cpu", "--json"], { cwd, stdin });
    expect(found).toMatchObject({ code: 0 });
    expect(found.objects[0]?.["decoded"]).toHaveLength(2);
  }, 30_000);

  it("lets a model write that reads nothing but its own tokens", async () => {
    const argv = ["predict", "runs/writer/1", "--backend", "cpu", "--json"];
    const found = await specloom(argv, { cwd });
    expect(found).toMatchObject({ code: 0 });
    expect(found.objects).toMatchObject([{ example: 1, tokens: [4, 5, 4], decoded: [{ complete: true }] }]);
    const named = await specloom([...argv, "writer.json"], { cwd });
    expect(named).toMatchObject({ code: 0, out: found.out, err: containing("not read: writer.json") });
  }, 30_000);
});
