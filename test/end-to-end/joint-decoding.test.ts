/** A ctc loss and a decoder trained together by the command line, and decoded either way from a file of frames alone. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gpuModule } from "../../compiler/compile.ts";
import { containing, folderWith, specloom } from "../support/command-line.ts";
import { compileText } from "../support/fixture-file.ts";
import { heard, jointSpec, trainingFile } from "../support/joint-speech.ts";
import { typeErrors } from "../support/type-check.ts";

const outputs = "outputs: [ctc_logits, decoder, decoder.attention]";

describe("a joint model", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    const folder = await folderWith({
      "labels.yaml": jointSpec("outputs: [ctc_logits]"),
      "both.yaml": jointSpec(outputs),
      "tokens.yaml": jointSpec(`decode: { kind: beam, beam_size: 3, input: tokens, output: decoder }\n${outputs}`),
      "joint.json": JSON.stringify(trainingFile),
      "new.json": JSON.stringify(heard),
      "silent.json": JSON.stringify({ tokens: trainingFile.tokens, "tokens.lengths": [3, 2] }),
    });
    cwd = folder.path;
    remove = folder.remove;
  });
  afterAll(() => remove());

  const trained = async (name: string): Promise<string> => {
    expect(await specloom(["run", `${name}.yaml`, "--backend", "wasm", "--quiet"], { cwd })).toMatchObject({ code: 0 });
    return `runs/${name}/1`;
  };
  const predicted = (run: string, file: string) =>
    specloom(["predict", run, file, "--backend", "wasm", "--json"], { cwd });

  it("gives the labels of frames, whatever tokens lie beside them", async () => {
    const run = await trained("labels");
    const found = await predicted(run, "new.json");
    expect(found).toMatchObject({ code: 0 });
    expect(found.objects.map(({ example }) => example)).toEqual([1, 2]);
    const beside = await predicted(run, "joint.json");
    expect(beside.objects).toEqual(found.objects);
  }, 240_000);

  it("leaves out what depends on tokens that are not there, and says so", async () => {
    const run = await trained("both");
    const alone = await predicted(run, "new.json");
    expect(alone).toMatchObject({ code: 0 });
    expect(alone.err).toContain("decoder is null: it depends on tokens, which new.json does not hold");
    expect(alone.objects.map((one) => one["outputs"])).toMatchObject([
      { decoder: null, "decoder.attention": null },
      { decoder: null, "decoder.attention": null },
    ]);
    const whole = await predicted(run, "joint.json");
    expect(whole.objects.map(({ tokens }) => tokens)).toEqual(alone.objects.map(({ tokens }) => tokens));
    expect(whole.err).not.toContain("is null");
    const without = await predicted(run, "silent.json");
    expect(without).toMatchObject({ code: 1 });
    expect(without.out + without.err).toContain('the file has no tensor \\"frames\\"');
  }, 240_000);

  it("searches the decoder where decode names it", async () => {
    const run = await trained("tokens");
    const found = await predicted(run, "new.json");
    expect(found).toMatchObject({ code: 0 });
    expect(found.err).toContain("decoding 2 examples of new.json (beam search, beam_size 3)");
    for (const { tokens, outputs: given } of found.objects) {
      const rows = (given as { decoder: readonly unknown[] }).decoder;
      expect(rows.length).toBeGreaterThanOrEqual((tokens as readonly number[]).length);
    }
    expect((await predicted(run, "joint.json")).objects).toEqual(found.objects);
  }, 240_000);

  it("is decoded for a report and for a file of answers, whatever else the data holds", async () => {
    const halves = jointSpec("outputs: [ctc_logits]").replace(
      "joint.json }",
      "joint.json, split: {train: 0.5, test: 0.5} }",
    );
    await writeFile(path.join(cwd, "tested.yaml"), halves);
    await trained("tested");
    const argv = ["evaluate", "runs/tested/1", "--backend", "wasm", "--predictions", "tested.jsonl"];
    expect(await specloom(argv, { cwd })).toMatchObject({ code: 0 });
    const [line = ""] = (await readFile(path.join(cwd, "tested.jsonl"), "utf8")).split("\n");
    const { label } = JSON.parse(line) as { label: object };
    // What it reads are frames: no tokens are its source.
    expect(label).toMatchObject({ truth: [5], tokens: expect.any(Array) as unknown });
    expect(label).not.toHaveProperty("source");
    expect(await specloom(["report", "runs/tested/1"], { cwd })).toMatchObject({ code: 0 });
  }, 240_000);

  it("is searched the other way with --set, whatever its run filled in for the first", async () => {
    const run = await trained("tokens");
    const labels = (changes: readonly string[]) =>
      specloom(["predict", run, "new.json", "--backend", "wasm", "--json", ...changes], { cwd });
    const byOutput = await labels(["--set", "decode.output=ctc_logits"]);
    expect(byOutput).toMatchObject({ code: 0, err: containing("decoder is null: it depends on tokens") });
    const whole = await labels(["--set", "decode={kind: beam, beam_size: 3, output: ctc_logits}"]);
    expect(whole.objects).toEqual(byOutput.objects);
    const blank = 0;
    for (const { tokens } of byOutput.objects) expect(tokens).not.toContain(blank);
    const wrong = await labels(["--set", "decode.output=ctc_logits", "--set", "decode.max_length=3"]);
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.out + wrong.err).toContain("max_length");
  }, 240_000);

  it("has types that ask for what predictions need", () => {
    const use = (given: string): string => `
import { model } from "./joint.js";
const live = await model.create();
const { ctc_logits: logits } = await live.predict(${given});
const found = await live.decode({ frames: [], "frames.lengths": [] }, { kind: "beam", beamSize: 2 });
console.log(logits.length, found.length);
`;
    const frames = '{ frames: [], "frames.lengths": [] }';
    const whole = '{ frames: [], "frames.lengths": [], tokens: [], "tokens.lengths": [] }';
    const errors = (further: string, given: string) =>
      typeErrors({ "joint.ts": gpuModule(compileText("joint.yaml", jointSpec(further))), "use.ts": use(given) });
    expect(errors("outputs: [ctc_logits]", frames)).toEqual([]);
    expect(errors("outputs: [ctc_logits]", whole).join()).toContain("tokens");
    expect(errors(outputs, whole)).toEqual([]);
    expect(errors(outputs, frames).join()).toContain("tokens");
  }, 240_000);
});
