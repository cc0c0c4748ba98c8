/** Decoding with live models: what comes out is what the model says of it as a whole, and depends on nothing else. */
import { describe, expect, it } from "vitest";
import type { LiveModel, TensorInputs } from "../../runtime/contract-live.ts";
import { logSoftmaxRow } from "../../runtime/decoding/log-softmax.ts";
import { partOf } from "../support/extent.ts";
import { compileText } from "../support/fixture-file.ts";
import { seeded } from "../support/seeded.ts";
import { testedTargets } from "../support/targets.ts";
import { moduleFor } from "../support/trainee.ts";
import { expectProblem } from "../unit/runtime/model/expect-problem.ts";

const steps = 6;
const vocabulary = 7;
const bos = 2;
const eos = 3;

const head = `
specloom: 1
name: decoded
data: {kind: tensors, file: data.json}
train: {batch_size: 3}
optimizer: {kind: adam}
`;

const models: Readonly<Record<string, { readonly text: string; readonly input: string; readonly output: string }>> = {
  "a decoder with input feeding": {
    input: "target",
    output: "decoder",
    text: `${head}
inputs:
  source: {shape: [5], dtype: int32, vocabulary: 6, lengths: true}
  target: {shape: [${steps}], dtype: int32, vocabulary: ${vocabulary}}
layers:
  - {name: embedded, kind: embedding, embedding_dim: 3, from: source}
  - {name: encoder, kind: lstm, hidden_size: 4}
  - {name: decoder, kind: decoder, target: target, cell: {hidden_size: 4}, embedding_dim: 3, initial_state: encoder, attention: {score: general}, input_feeding: true}
loss: {kind: cross_entropy, input: decoder, target: target}
decode: {max_length: ${steps}}`,
  },
  "a decoder of Bahdanau's kind": {
    input: "target",
    output: "decoder",
    text: `${head}
inputs:
  source: {shape: [5, 2], lengths: true}
  target: {shape: [${steps}], dtype: int32, vocabulary: ${vocabulary}}
layers:
  - {name: encoder, kind: gru, hidden_size: 4, from: source}
  - {name: decoder, kind: decoder, target: target, cell: {kind: gru, hidden_size: 4}, embedding_dim: 3, initial_state: encoder, attention: {score: additive}}
loss: {kind: cross_entropy, input: decoder, target: target}
decode: {max_length: ${steps}}`,
  },
  "a decoder behind which a layer reads backwards": {
    input: "target",
    output: "decoder",
    text: `${head}
inputs:
  source: {shape: [5, 2], lengths: true}
  target: {shape: [${steps}], dtype: int32, vocabulary: ${vocabulary}}
layers:
  - {name: encoder, kind: rnn, hidden_size: 4, from: source}
  - {name: decoder, kind: decoder, target: target, cell: {kind: rnn, hidden_size: 4}, embedding_dim: 3, initial_state: encoder}
  - {name: summary, kind: gru, hidden_size: 2, bidirectional: true, return: last, freeze: true}
loss: {kind: cross_entropy, input: decoder, target: target}
outputs: [decoder, summary]
decode: {max_length: ${steps}}`,
  },
  "a transformer with a cache": {
    input: "before",
    output: "logits",
    text: `${head}
inputs:
  source: {shape: [5, 4], lengths: true}
  before: {shape: [${steps}], dtype: int32, vocabulary: ${vocabulary}}
  target: {shape: [${steps}], dtype: int32, vocabulary: ${vocabulary}}
layers:
  - {name: memory, kind: transformer_block, num_heads: 2, ff_size: 5, dropout: 0.1, from: source}
  - {name: embedded, kind: embedding, embedding_dim: 4, from: before}
  - {kind: positional_encoding}
  - {kind: transformer_block, num_heads: 2, ff_size: 6, causal: true, cross_from: memory, norm: pre}
  - {name: logits, kind: linear, out_features: ${vocabulary}}
loss: {kind: cross_entropy, input: logits, target: target}
decode: {input: before, output: logits, max_length: ${steps}}`,
  },
};

interface Example {
  readonly source: readonly number[];
  readonly length: number;
}

function examplesOf(live: LiveModel, count: number, seed: number): readonly Example[] {
  const draw = seeded(seed);
  const fact = live.definition.inputs.find(({ name }) => name === "source");
  const size = (fact?.shape ?? []).reduce((product, extent) => product * extent, 1);
  const number = (): number => (fact?.dtype === "int32" ? draw.below(fact.vocabulary ?? 1) : draw.unit() * 4 - 2);
  return Array.from({ length: count }, () => ({
    source: Array.from({ length: size }, number),
    length: 1 + draw.below(5),
  }));
}

function inputsOf(examples: readonly Example[]): TensorInputs {
  return {
    source: Float32Array.from(examples.flatMap(({ source }) => source)),
    "source.lengths": Float32Array.from(examples.map(({ length }) => length)),
  };
}

describe.each(partOf(Object.entries(models), 2))("%s", (_title, { text, input, output }) => {
  const compilation = compileText("decoded.yaml", text);

  it.each(testedTargets())("on $title", async ({ backend, plain = false }) => {
    const handle = await moduleFor(compilation, backend);
    const live = await handle.create({ backend, seed: 5, ...(plain ? { simd: "plain" } : {}) });
    const examples = examplesOf(live, 4, 11);
    const together = await live.decode(inputsOf(examples));

    // Each token is the likeliest when the model reads the ones before it as a whole sequence.
    for (const [index, example] of examples.entries()) {
      const tokens = together[index]?.[0]?.tokens ?? [];
      const whole = [...tokens, ...new Array<number>(steps).fill(eos)].slice(0, steps);
      const read = input === "target" ? whole : [bos, ...whole].slice(0, steps);
      const outputs: Readonly<Record<string, Float32Array>> = await live.predict({
        ...inputsOf([example]),
        [input]: Float32Array.from(read),
      } as never);
      for (let step = 0; step < Math.min(steps, tokens.length + 1); step++) {
        const row = outputs[output]?.subarray(step * vocabulary, (step + 1) * vocabulary) ?? new Float32Array();
        expect(row.indexOf(Math.max(...row)), `example ${index}, step ${step}`).toBe(tokens[step] ?? eos);
      }
    }

    // Neither the order nor the others have a say, to the last bit.
    const beam = { kind: "beam", beamSize: 3, nBest: 2, lengthPenalty: 0.6 } as const;
    const all = await live.decode(inputsOf(examples), beam);
    for (const [index, example] of examples.entries()) {
      expect(await live.decode(inputsOf([example]), beam)).toEqual([all[index]]);
      expect(await live.decode(inputsOf([example]))).toEqual([together[index]]);
    }
    const reversed = await live.decode(inputsOf([...examples].reverse()), beam);
    expect(reversed).toEqual([...all].reverse());
    await live.dispose();
  });
});

const writers: Readonly<Record<string, string>> = {
  "a causal transformer": "{kind: transformer_block, num_heads: 1, ff_size: 5, causal: true}",
  "a recurrent layer": "{kind: gru, hidden_size: 4}",
};

describe.each(partOf(Object.entries(writers), 1))("beginnings that %s goes on from", (_title, layer) => {
  const compilation = compileText(
    "decoded.yaml",
    `${head}
inputs:
  before: {shape: [${steps}], dtype: int32, vocabulary: ${vocabulary}}
  after: {shape: [${steps}], dtype: int32, vocabulary: ${vocabulary}}
layers:
  - {name: embedded, kind: embedding, embedding_dim: 4, from: before}
  - ${layer}
  - {name: logits, kind: linear, out_features: ${vocabulary}}
loss: {kind: cross_entropy, input: logits, target: after}
decode: {input: before, output: logits, max_length: 9}`,
  );
  const isLimited =
    compilation.stream !== undefined && "steps" in compilation.stream && compilation.stream.steps === steps;

  it.each(testedTargets())("on $title", async ({ backend, plain = false }) => {
    const handle = await moduleFor(compilation, backend);
    const live = await handle.create({ backend, seed: 5, ...(plain ? { simd: "plain" } : {}) });
    const beginnings = [
      [bos, 4, 6],
      [5, 5, 1],
      [bos, 0, 0],
    ];
    const together = await live.decode({ before: beginnings });
    expect(together).toHaveLength(3);

    // Each token is the likeliest when the model reads the beginning and the tokens before it as a whole sequence.
    for (const [index, beginning] of beginnings.entries()) {
      const [found] = together[index] ?? [];
      const tokens = found?.tokens ?? [];
      const all = [...beginning, ...tokens, ...(found?.complete === true ? [eos] : [])];
      expect(all.length > beginning.length).toBe(true);
      const before = Float32Array.from({ length: steps }, (_, at) => all[at] ?? 0);
      const outputs: Readonly<Record<string, Float32Array>> = await live.predict({ before } as never);
      const gains = all.slice(0, steps).map((_, step) => {
        const row = outputs["logits"]?.subarray(step * vocabulary, (step + 1) * vocabulary) ?? new Float32Array();
        const next = all[step + 1];
        if (step >= beginning.length - 1 && next !== undefined) {
          expect(row.indexOf(Math.max(...row)), `beginning ${index}, step ${step}`).toBe(next);
        }
        return logSoftmaxRow(row)[next ?? 0] ?? NaN;
      });
      // Its score is that of what was written alone.
      const [[short] = []] = await live.decode({ before: beginning }, { maxLength: 3 });
      const count = (short?.tokens.length ?? 0) + (short?.complete === true ? 1 : 0);
      const score = gains
        .slice(beginning.length - 1)
        .slice(0, count)
        .reduce((sum, gain) => sum + gain, 0);
      expect(short?.score).toBeCloseTo(score, 4);
      // What is written is never more than there is room for; the last token is not read any more.
      if (isLimited) expect(all.length).toBeLessThanOrEqual(steps + 1);
      else expect(tokens.length).toBeLessThanOrEqual(9);
    }

    if (isLimited) {
      await expect(live.decode({ before: beginnings.slice(0, 1) }, { maxLength: steps + 1 })).rejects.toMatchObject({
        code: "invalid-option",
        message: `maxLength ${steps + 1} is more than the ${steps} tokens that this model has room for; compile it for longer sequences.`,
      });
    }

    // Alone, flat, with the padding that lengths tell: the same to the last bit.
    for (const [index, beginning] of beginnings.entries()) {
      expect(await live.decode({ before: beginning })).toEqual([together[index]]);
    }
    const padded = { before: beginnings.flatMap((one) => [...one, 6]), "before.lengths": [3, 3, 3] };
    expect(await live.decode(padded)).toEqual(together);
    const differing = { before: beginnings, "before.lengths": [3, 2, 1] };
    const [, , third] = await live.decode(differing);
    expect(third).toEqual((await live.decode({}))[0]);
    await live.dispose();
  });

  it("have to be tokens that there is room for", async () => {
    const live = await (await moduleFor(compilation, "cpu")).create({ backend: "cpu" });
    const wrong: readonly (readonly [TensorInputs, RegExp])[] = [
      [{ before: [[2, vocabulary]] }, /before\[0, 1\] is 7; a whole number from 0 to 6/],
      [{ before: [[2, 4], [2]] }, /before/],
      [{ before: [] }, /"before" is empty/],
      [{ before: [[]] }, /before/],
      [{ before: [[2]], after: [[4]] }, /unknown: after/],
      [{ before: [[2, 4]], "before.lengths": [3] }, /before.lengths/],
    ];
    for (const [inputs, message] of wrong) await expectProblem(() => live.decode(inputs), "wrong-inputs", message);
    const long = { before: new Array<number>(steps + 1).fill(4) };
    if (isLimited)
      await expectProblem(() => live.decode(long), "stream-too-long", /before\[0\] has 7 tokens, but .* 6/);
    else expect(await live.decode(long)).toHaveLength(1);
    await live.dispose();
  });
});

describe("streams of live models", () => {
  it.each(testedTargets())("give what predict gives, on $title", async ({ backend, plain = false }) => {
    const compilation = compileText(
      "stepped.yaml",
      `
specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [7, 2]}, y: {shape: [7, 1]}}
layers:
  - {kind: lstm, hidden_size: 3, num_layers: 2}
  - {kind: attention_pool, scope: prefix}
  - {name: out, kind: linear, out_features: 1}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: adam}`,
    );
    const live = await (await moduleFor(compilation, backend)).create({ backend, ...(plain ? { simd: "plain" } : {}) });
    const draw = seeded(3);
    const x = Float32Array.from({ length: 14 }, () => draw.unit() * 2 - 1);
    const whole: Readonly<Record<string, Float32Array>> = await live.predict({ x } as never);
    const stream = await live.stream();
    const second: number[] = [];
    for (let step = 0; step < 7; step++) {
      const now = [...x.subarray(step * 2, step * 2 + 2)];
      const { out } = await stream.step({ x: now });
      expect(Math.abs((out?.[0] ?? NaN) - (whole["out"]?.[step] ?? 0))).toBeLessThan(2e-6);
      if (step === 3) {
        // A fork goes on by itself.
        const fork = stream.fork();
        await fork.step({ x: [9, 9] });
        expect(fork.position).toBe(5);
      }
      second.push(stream.position);
    }
    expect(second).toEqual([1, 2, 3, 4, 5, 6, 7]);
    // A stream of recurrent layers has no end.
    await stream.step({ x: [0, 0] });
    await expect(stream.step({ x: [0, 0, 0] })).rejects.toThrow(/x/);
    await expect(live.decode({})).rejects.toThrow("decodes nothing");
    await live.dispose();
  });
});

describe("wrong calls", () => {
  it("are told what was expected", async () => {
    const writer = `${head}
inputs:
  before: {shape: [3], dtype: int32, vocabulary: 5}
  after: {shape: [3], dtype: int32, vocabulary: 5}
layers:
  - {kind: embedding, from: before, embedding_dim: 2}
  - {name: logits, kind: linear, out_features: 5}
loss: {kind: cross_entropy, input: logits, target: after}
decode: {input: before, output: logits}`;
    const live = await (await moduleFor(compileText("decoded.yaml", writer), "cpu")).create({ backend: "cpu" });
    const stream = await live.stream();
    const nothing = null as never;
    for (const call of [() => stream.step(nothing), () => live.stream(nothing), () => live.decode(nothing)]) {
      await expectProblem(call, "wrong-inputs", /an object of tensors by name, not null/);
    }
    for (const options of [null, "beam"] as never[]) {
      await expectProblem(() => live.decode({}, options), "invalid-option", /decode takes an object of options/);
    }
    await expectProblem(() => stream.step({ before: [1, 2] }), "wrong-inputs", /one step of one example at a time/);
    expect(stream.position).toBe(0);
    await live.dispose();
    const late: readonly (() => Promise<unknown>)[] = [
      () => live.stream(),
      () => live.decode({}),
      () => stream.step({ before: [1] }),
      () => stream.fork().step({ before: [1] }),
    ];
    for (const call of late) await expectProblem(call, "model-disposed", /"decoded" was disposed; it cannot be used/);
  });
});
