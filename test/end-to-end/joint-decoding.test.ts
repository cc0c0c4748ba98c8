/** A ctc loss and a decoder trained together by the command line, and decoded either way from a file of frames alone. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, specloom } from "../support/command-line.ts";
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
      typeErrors({ "joint.ts": compileText("joint.yaml", jointSpec(further)).moduleText, "use.ts": use(given) });
    expect(errors("outputs: [ctc_logits]", frames)).toEqual([]);
    expect(errors("outputs: [ctc_logits]", whole).join()).toContain("tokens");
    expect(errors(outputs, whole)).toEqual([]);
    expect(errors(outputs, frames).join()).toContain("tokens");
  }, 240_000);
});
