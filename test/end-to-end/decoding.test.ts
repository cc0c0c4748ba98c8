/** What the key `decode` of a spec says reaches the command line: labels of a ctc loss, a decoder, and a model that writes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containing, folderWith, matching, specloom } from "../support/command-line.ts";

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

/** Keys and values of four steps are kept, and no more. */
const cached = writer
  .replace("{kind: gru, hidden_size: 4}", "{kind: transformer_block, num_heads: 1, ff_size: 4, causal: true}")
  .replace("epochs: 100", "epochs: 1");

const reverser = `
specloom: 1
data: {kind: tensors, file: reverser.json}
inputs:
  source: {shape: [3], dtype: int32, vocabulary: 8, lengths: true}
  target: {shape: [4], dtype: int32, vocabulary: 8}
layers:
  - {kind: embedding, embedding_dim: 4, from: source}
  - {name: encoder, kind: gru, hidden_size: 6}
  - {name: decoder, kind: decoder, target: target, cell: {kind: gru, hidden_size: 6}, embedding_dim: 4, initial_state: encoder, attention: {score: general}}
loss: {kind: cross_entropy, input: decoder, target: target}
optimizer: {kind: adam, learning_rate: 0.1}
train: {epochs: 100}
decode: {kind: beam, beam_size: 2, n_best: 2, max_length: 4}
outputs: [decoder.attention, encoder]
`;

const sources = {
  source: [
    [4, 5, 6],
    [6, 7, 0],
  ],
  "source.lengths": [3, 2],
};
const target = [
  [6, 5, 4, 3],
  [7, 6, 3, 3],
];

describe("specloom predict with decode", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    const folder = await folderWith({
      "listener.yaml": listener,
      "listener.json": JSON.stringify({ ...sounds, label: [[1, 2]], "label.lengths": [2] }),
      "reverser.yaml": reverser,
      "reverser.json": JSON.stringify({ ...sources, target }),
      "sources.json": JSON.stringify(sources),
      "prompts.json": JSON.stringify({ before: [[2], [4]], after: [[4], [5]] }),
      "unknown.json": JSON.stringify({ before: [[2, 4, 6]] }),
      "long.json": JSON.stringify({ before: [[2, 4, 5, 4, 5]] }),
      "misnamed.json": JSON.stringify({ befor: [[2]] }),
      "flat.json": JSON.stringify({ before: [2, 4, 5] }),
      "empty.json": JSON.stringify({ before: [[]] }),
      "length.json": JSON.stringify({ before: [[2, 4]], "before.length": [2] }),
      "text.json": "once upon a time",
      "writer.yaml": writer,
      "cached.yaml": cached,
      "writer.json": JSON.stringify({ before: [[2, 4, 5, 4]], after: [[4, 5, 4, 3]] }),
    });
    cwd = folder.path;
    remove = folder.remove;
    for (const name of ["listener", "writer", "cached", "reverser"]) {
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

  const predict = (run: string, words: readonly string[], stdin?: string) =>
    specloom(["predict", `runs/${run}/1`, "--backend", "cpu", ...words], {
      cwd,
      ...(stdin === undefined ? {} : { stdin }),
    });

  it("decodes the sources of a file, and says of what, and whether they ended", async () => {
    const found = await predict("reverser", ["sources.json"]);
    expect(found).toMatchObject({
      code: 0,
      err: containing("decoding 2 examples of sources.json (beam search, beam_size 2)"),
    });
    expect(found.objects).toMatchObject([
      { example: 1, tokens: [6, 5, 4], complete: true },
      { example: 2, tokens: [7, 6], complete: true },
    ]);
    expect(await predict("reverser", [], JSON.stringify(sources))).toMatchObject({ code: 0, out: found.out });
    const trained = await predict("reverser", ["reverser.json"]);
    expect(trained).toMatchObject({ code: 0, out: found.out, err: containing("not read: target") });
    expect(await predict("reverser", [])).toMatchObject({ code: 1, err: containing("error[no-input]") });
    const other = await predict("reverser", [], JSON.stringify({ target }));
    expect(other).toMatchObject({ code: 1, err: containing('no tensor "source"') });
    expect(other.err).toMatch(/the file holds "target"/);
    expect(other.err).not.toContain("and not read:");
  }, 30_000);

  it("gives the outputs of the spec along what was decoded", async () => {
    const { objects } = await predict("reverser", ["sources.json", "--json"]);
    const attention = objects.map(
      ({ outputs }) => (outputs as { "decoder.attention": number[][] })["decoder.attention"],
    );
    // A row per token, that of the end included, over three places, of which the second example has two.
    expect(attention.map((rows) => rows.length)).toEqual([4, 3]);
    for (const row of attention.flat()) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    expect(attention[1]?.map((row) => row[2])).toEqual([0, 0, 0]);
    expect(objects).toMatchObject([{ decoded: [{ complete: true }, {}] }, { decoded: [{ complete: true }, {}] }]);
    const encoded = objects.map(({ outputs }) => (outputs as { encoder: number[][] }).encoder);
    expect(encoded.map((rows) => rows.map((row) => row.length))).toEqual([
      [6, 6, 6],
      [6, 6],
    ]);
  }, 30_000);

  it("lets a model write that reads nothing but its own tokens", async () => {
    const found = await predict("writer", ["--json"]);
    expect(found).toMatchObject({ code: 0, err: containing("written from nothing") });
    expect(found.objects).toMatchObject([
      { example: 1, tokens: [4, 5, 4], complete: true, decoded: [{ complete: true }] },
    ]);
    expect(found.objects[0]).not.toHaveProperty("prompt");
    expect((found.objects[0]?.["outputs"] as { logits: number[][] }).logits).toHaveLength(4);
  }, 30_000);

  it("goes on from what a file or standard input begins with", async () => {
    const found = await predict("writer", ["prompts.json"]);
    expect(found).toMatchObject({
      code: 0,
      err: containing("going on from 2 beginnings in prompts.json (greedy search)"),
    });
    expect(found.err).toContain("not read: after");
    const [whole, second] = found.objects;
    expect(whole).toEqual({ ...whole, example: 1, prompt: [2], tokens: [4, 5, 4], complete: true });
    expect(second).toMatchObject({ example: 2, prompt: [4] });
    const padded = {
      before: [
        [2, 4, 5, 4],
        [2, 0, 0, 0],
      ],
      "before.lengths": [3, 1],
    };
    const piped = await predict("writer", [], JSON.stringify(padded));
    expect(piped.objects).toMatchObject([
      { prompt: [2, 4, 5], tokens: [4], complete: true },
      { prompt: [2], tokens: [4, 5, 4], complete: true },
    ]);
  }, 30_000);

  it("says what was cut", async () => {
    const spec = ["predict", "writer.yaml", "--backend", "cpu", "--set", "decode.max_length=2"];
    const cut = await specloom([...spec, "--weights", "runs/writer/1/weights.safetensors"], { cwd });
    expect(cut.objects).toMatchObject([{ tokens: [4, 5], complete: false }]);
    expect(cut.err).toContain("1 example was cut at the greatest length");
  }, 30_000);

  it.each([
    ["nowhere.json", /^nowhere\.json: error\[file-missing\]/],
    [".", /^\.: error\[folder-given\]/],
    ["writer.yaml", /^writer\.yaml: error\[data-file-format\]/],
    ["text.json", /^text\.json.* error\[broken-json\]/],
    ["unknown.json", /^unknown\.json.* error\[tensor-value\]: before\[0\]\[2\] is 6.* a whole number from 0 to 5/],
    [
      "misnamed.json",
      /^misnamed\.json.* error\[missing-tensor\]: the file has no tensor "before" \[examples, tokens\]/,
    ],
    ["flat.json", /^flat\.json:1:2: error\[tensor-shape\]: "before" is \[3\], but \[examples, tokens\] was expected/],
    ["empty.json", /^empty\.json:1:2: error\[tensor-shape\]: "before" is \[1, 0\], but/],
    ["length.json", /^length\.json:1:19: error\[extra-tensor\][^]*did you mean "before\.lengths"\? Then rename it/],
  ])("refuses to go on from %s", async (file, message) => {
    expect(await predict("writer", [file])).toMatchObject({ code: 1, out: "", err: matching(message) });
  });

  it("refuses beginnings that are longer than what a cache has room for", async () => {
    expect(await predict("cached", ["long.json"])).toMatchObject({
      code: 1,
      out: "",
      err: matching(/^long\.json: error\[stream-too-long\]: before\[0\] has 5 tokens, but this model has room for 4\./),
    });
    const full = await predict("cached", [], JSON.stringify({ before: [[2, 4, 5, 4]] }));
    expect(full.objects).toMatchObject([{ prompt: [2, 4, 5, 4] }]);
  }, 30_000);

  it("takes text on standard input for a broken file, never for nothing", async () => {
    const refused = await predict("writer", [], "once upon a time");
    expect(refused).toMatchObject({ code: 1, out: "", err: containing("<standard input>") });
    expect(refused.err).toContain("error[broken-json]");
  });
});
