/** Labels without places: trained by the command line, decoded by the runtime, and a file that cannot be aligned. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CtcHypothesis } from "../../runtime/decoding/ctc-hypothesis.ts";
import { decodeCtc } from "../../runtime/decoding/ctc.ts";
import { containing, folderWith, specloom } from "../support/command-line.ts";
import type { Draw } from "../support/seeded.ts";
import { seeded } from "../support/seeded.ts";

const steps = 12;
const most = 4;
const kinds = 4;

const spec = (file: string): string => `
specloom: 1
data: {kind: tensors, file: ${file}, split: {train: 0.8, validation: 0.1, test: 0.1}}
inputs:
  frames: {shape: [${steps}, ${kinds}], lengths: true}
  words: {shape: [${most}], dtype: int32, vocabulary: ${kinds + 1}, lengths: true}
layers:
  - {name: encoder, kind: gru, from: frames, hidden_size: 12, bidirectional: true}
  - {name: logits, kind: linear, out_features: ${kinds + 1}}
loss: {kind: ctc, input: logits, target: words}
optimizer: {kind: adam, learning_rate: 0.02}
train: {epochs: 8, batch_size: 16}
`;

/** Each label sounds for one or two steps, silence behind it. */
function example({ below, unit }: Draw): { frames: number[][]; words: number[] } {
  const words = Array.from({ length: below(most + 1) }, () => 1 + below(kinds));
  const sounds = words.flatMap((word) => [...new Array<number>(1 + below(2)).fill(word), 0]);
  const frames = (sounds.length === 0 ? [0] : sounds).map((sound) =>
    Array.from({ length: kinds }, (_, kind) => (kind + 1 === sound ? 1 : 0) + 0.1 * unit()),
  );
  return { frames, words };
}

function tensors(examples: readonly { readonly frames: number[][]; readonly words: number[] }[]) {
  const silence = new Array<number>(kinds).fill(0);
  return {
    frames: examples.map(({ frames }) => Array.from({ length: steps }, (_, step) => frames[step] ?? silence)),
    "frames.lengths": examples.map(({ frames }) => frames.length),
    words: examples.map(({ words }) => Array.from({ length: most }, (_, place) => words[place] ?? 0)),
    "words.lengths": examples.map(({ words }) => words.length),
  };
}

describe("a model of labels without places", () => {
  const draw = seeded(11);
  const all = Array.from({ length: 300 }, () => example(draw));
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    const short = all.map((one, index) => (index === 7 ? { frames: one.frames.slice(0, 1), words: [2, 2] } : one));
    const folder = await folderWith({
      "speech.yaml": spec("good.json"),
      "short.yaml": spec("short.json"),
      "good.json": JSON.stringify(tensors(all)),
      "short.json": JSON.stringify(tensors(short)),
    });
    cwd = folder.path;
    remove = folder.remove;
  });
  afterAll(() => remove());

  it("learns to read, greedily and with a beam", async () => {
    const run = await specloom(["run", "speech.yaml", "--backend", "wasm", "--quiet"], { cwd });
    expect(run).toMatchObject({ code: 0 });
    expect(await specloom(["evaluate", "runs/speech/1", "--backend", "wasm", "--json"], { cwd })).toMatchObject({
      code: 0,
    });
    const fresh = Array.from({ length: 20 }, () => example(draw));
    const { frames, "frames.lengths": lengths } = tensors(fresh);
    const predicted = await specloom(["predict", "runs/speech/1", "--backend", "wasm", "--json"], {
      cwd,
      stdin: JSON.stringify({ frames, "frames.lengths": lengths }),
    });
    const padding = new Array<number>(kinds + 1).fill(0);
    const rows = predicted.objects.map(({ outputs }) => (outputs as { logits: number[][] }).logits);
    expect(rows.map(({ length }) => length)).toEqual(lengths);
    const logits = rows.flatMap((given) => Array.from({ length: steps }, (_, step) => given[step] ?? padding).flat());
    for (const kind of ["greedy", "beam"] as const) {
      const found = decodeCtc(Float32Array.from(logits), [20, steps, kinds + 1], lengths, { kind });
      const right = found.filter(
        ([best]: readonly CtcHypothesis[], index) => best?.tokens.join() === fresh[index]?.words.join(),
      );
      expect(right.length).toBeGreaterThanOrEqual(18);
    }
  }, 240_000);

  it("refuses a file with a target that cannot fit, before any step", async () => {
    const refused = await specloom(["run", "short.yaml", "--backend", "cpu"], { cwd });
    expect(refused).toMatchObject({ code: 1, err: containing("error[target-not-aligned]") });
    expect(refused.err).toContain(
      'words of example 8 of the train part cannot fit its input: 2 labels and 1 blank between equal neighbours need 3 steps, but "logits" has 1.',
    );
  });
});
