/** A model with a ctc loss and a decoder, decoded either way from its frames alone, against float64 and the interpreter. */
import { describe, expect, it } from "vitest";
import type { Hypothesis, LiveModel } from "../../runtime/contract-live.ts";
import { compileText } from "../support/fixture-file.ts";
import { InterpretedModel } from "../support/interpreted-model.ts";
import { heard, jointSpec, speech } from "../support/joint-speech.ts";
import { testedTargets } from "../support/targets.ts";
import { moduleFor } from "../support/trainee.ts";
import { expectProblem } from "../unit/runtime/model/expect-problem.ts";

const { vocabulary, tokens: steps, eos, blank } = speech;
const flat = {
  frames: heard.frames.flat(2),
  "frames.lengths": [...heard["frames.lengths"]],
};

function interpreted(compilation: ReturnType<typeof compileText>, live: LiveModel): InterpretedModel {
  return new InterpretedModel(compilation, live.parameters());
}

/** The likeliest class of each step that counts, repeats joined and blanks dropped. */
function labelsOf(logits: ArrayLike<number>, example: number): readonly number[] {
  const length = heard["frames.lengths"][example] as number;
  const best = Array.from({ length }, (_, step) => {
    const start = (example * speech.frames + step) * vocabulary;
    const row = Array.from(logits).slice(start, start + vocabulary);
    return row.indexOf(Math.max(...row));
  });
  return best.filter((label, step) => label !== blank && label !== best[step - 1]);
}

/** Every sequence of at most three tokens with its log-probability, when the decoder reads it as its target. */
function sequences(model: InterpretedModel, example: number): readonly Hypothesis[] {
  const all = Array.from({ length: vocabulary ** steps }, (_, code) =>
    Array.from({ length: steps }, (_unused, place) => Math.floor(code / vocabulary ** place) % vocabulary),
  );
  const found = new Map<string, Hypothesis>();
  const frames = flat.frames.slice(example * 12, example * 12 + 12);
  const length = heard["frames.lengths"][example] as number;
  for (const tokens of all) {
    // One batch of two, of which the second is made up.
    const { decoder } = model.predict({
      frames: [...frames, ...frames],
      "frames.lengths": [length, length],
      tokens: [...tokens, ...tokens],
      "tokens.lengths": [steps, steps],
    });
    let score = 0;
    const end = tokens.indexOf(eos);
    const written = end < 0 ? tokens : tokens.slice(0, end);
    for (let step = 0; step < (end < 0 ? steps : end + 1); step += 1) {
      const row = Array.from(decoder ?? []).slice(step * vocabulary, (step + 1) * vocabulary);
      const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      score += (row[tokens[step] as number] as number) - total;
    }
    found.set(`${written.join()} ${end}`, { tokens: written, score, complete: end >= 0 });
  }
  return [...found.values()].sort((left, right) => right.score - left.score);
}

describe.each(testedTargets())("on $title", ({ backend, plain = false }) => {
  const create = async (compilation: ReturnType<typeof compileText>) =>
    (await moduleFor(compilation, backend)).create({ backend, seed: 3, ...(plain ? { simd: "plain" } : {}) });

  it.each(["ctc_logits", "ctc_logits, decoder"])("labels need the frames alone where %s are put out", async (names) => {
    const compilation = compileText("joint.yaml", jointSpec(`outputs: [${names}]`));
    const live = await create(compilation);
    const found = await live.decode(flat);
    const reference = interpreted(compilation, live).predict({
      ...flat,
      tokens: [4, 5, 3, 5, 3, 0],
      "tokens.lengths": [3, 2],
    });
    expect(found.map(([best]) => best?.tokens)).toEqual(
      [0, 1].map((example) => labelsOf(reference["ctc_logits"] ?? [], example)),
    );
    // Whatever tokens come beside them: the same labels, to the last bit.
    if (names !== "ctc_logits") {
      for (const tokens of [
        [1, 1, 1, 1, 1, 1],
        [5, 4, 3, 2, 1, 0],
      ]) {
        expect(await live.decode({ ...flat, tokens, "tokens.lengths": [1, 3] })).toEqual(found);
      }
    }
    await expectProblem(() => live.decode({}), "wrong-inputs", /missing: frames, frames\.lengths\)/);
    await live.dispose();
  });

  it("tokens are searched where decode names the decoder", async () => {
    const further = "decode: { input: tokens, output: decoder, max_length: 3 }\noutputs: [ctc_logits, decoder]";
    const compilation = compileText("joint.yaml", jointSpec(further));
    const live = await create(compilation);
    const model = interpreted(compilation, live);
    // As wide as all there is: the search misses nothing.
    const beams = await live.decode(flat, { kind: "beam", beamSize: vocabulary ** steps, nBest: 3 });
    const greedy = await live.decode(flat);
    for (const example of [0, 1]) {
      const expected = sequences(model, example).slice(0, 3);
      expect(beams[example]?.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
      beams[example]?.forEach(({ score, complete }, place) => {
        expect(score).toBeCloseTo(expected[place]?.score ?? NaN, 4);
        expect(complete).toBe(expected[place]?.complete);
      });
      expect(greedy[example]).toHaveLength(1);
    }
    await live.dispose();
  });
});
