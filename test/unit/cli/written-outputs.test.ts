/** The outputs along what was decoded are those that the model gives of it as a whole. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WrittenOutputs } from "../../../cli/support/written-outputs.ts";
import type { TokenDecodeFact, ModelDefinition } from "../../../runtime/contract.ts";
import type { Hypothesis, LiveModel, PredictInputs } from "../../../runtime/contract-live.ts";
import { decodedExamples } from "../../../runtime/model/decoded-examples.ts";
import { sizeOf } from "../../../runtime/tensor.ts";
import { compileText } from "../../support/fixture-file.ts";
import { moduleFor } from "../../support/trainee.ts";

const steps = 5;

const head = `
specloom: 1
data: {kind: tensors, file: data.json}
optimizer: {kind: adam}
`;

/** What both write, and a layer that reads all of it backwards. */
const models = {
  decoder: `${head}
inputs:
  source: {shape: [3, 2], lengths: true}
  target: {shape: [${steps}], dtype: int32, vocabulary: 6, lengths: true}
layers:
  - {name: encoder, kind: gru, hidden_size: 3, from: source}
  - {name: decoder, kind: decoder, target: target, cell: {kind: gru, hidden_size: 3}, embedding_dim: 2, initial_state: encoder, attention: {score: dot}}
  - {name: summary, kind: gru, hidden_size: 2, bidirectional: true, return: last, freeze: true}
loss: {kind: cross_entropy, input: decoder, target: target}
outputs: [decoder, decoder.attention, encoder, summary]`,
  writer: `${head}
inputs:
  source: {shape: [3, 2], lengths: true}
  target: {shape: [${steps}], dtype: int32, vocabulary: 6}
  after: {shape: [${steps}], dtype: int32, vocabulary: 6}
layers:
  - {name: encoder, kind: linear, out_features: 4, from: source}
  - {name: embedded, kind: embedding, embedding_dim: 4, from: target}
  - {name: looked, kind: gru, hidden_size: 4}
  - {name: read, kind: multi_head_attention, num_heads: 2, from: [looked, encoder]}
  - {name: decoder, kind: linear, out_features: 6}
loss: {kind: cross_entropy, input: decoder, target: after}
outputs: [decoder, encoder]
decode: {input: target, output: decoder}`,
};

const inputs = {
  source: Float32Array.from({ length: 12 }, (_, at) => Math.sin(at)),
  "source.lengths": Float32Array.of(2, 3),
};

type Tensors = Readonly<Record<string, Float32Array>>;

/** The same hypothesis for both examples. */
async function along(live: LiveModel, hypothesis: Hypothesis, example: number) {
  const decode = live.definition.decode as TokenDecodeFact;
  const outputs = new WrittenOutputs(live, decode, inputs);
  const one = decodedExamples(live.definition, decode, inputs)[example];
  if (one === undefined) throw new Error("no such example");
  return { given: await outputs.along(example, one, hypothesis), notes: outputs.notes() };
}

function one(tensors: Tensors, name: string, definition: ModelDefinition, example: number): number[] {
  const size = sizeOf(definition.inputs.find((input) => input.name === name)?.shape ?? []);
  return Array.from((tensors[name] ?? []).slice(example * size, (example + 1) * size));
}

describe.each(Object.entries(models))("of a %s", (kind, text) => {
  let live: LiveModel;

  beforeAll(async () => {
    live = await (await moduleFor(compileText(`${kind}.yaml`, text), "cpu")).create({ backend: "cpu", seed: 4 });
  });
  afterAll(() => live.dispose());

  it.each([
    { tokens: [4, 1, 5], complete: true, held: { decoder: [4, 1, 5, 3], writer: [2, 4, 1, 5] } },
    { tokens: [4, 1], complete: false, held: { decoder: [4, 1], writer: [2, 4] } },
    { tokens: [], complete: true, held: { decoder: [3], writer: [2] } },
    { tokens: [4, 1, 5, 0, 4], complete: false, held: { decoder: [4, 1, 5, 0, 4], writer: [2, 4, 1, 5, 0] } },
  ])("$tokens, complete: $complete", async ({ tokens, complete, held }) => {
    const whole = held[kind as keyof typeof models];
    for (const example of [0, 1]) {
      const { given, notes } = await along(live, { tokens, complete, score: 0 }, example);
      const lengths = kind === "decoder" ? { "target.lengths": [whole.length] } : {};
      const outputs: Tensors = await live.predict({
        source: one(inputs, "source", live.definition, example),
        "source.lengths": one(inputs, "source.lengths", live.definition, example),
        target: Array.from({ length: steps }, (_, at) => whole[at] ?? 0),
        ...lengths,
      } as unknown as PredictInputs<ModelDefinition>);
      expect(Object.keys(given)).toEqual(live.definition.outputs.map(({ name }) => name));
      for (const { name, shape } of live.definition.outputs) {
        // As many rows as tokens, or as the source has; what lies behind an example's length is not given.
        const rows = new Map([
          ["encoder", inputs["source.lengths"][example]],
          ["summary", shape[0]],
        ]);
        const count = (rows.get(name) ?? whole.length) * sizeOf(shape.slice(1));
        const expected = outputs[name]?.subarray(0, count) ?? [];
        const found = ([given[name]] as unknown[]).flat(Infinity) as number[];
        expect(found).toHaveLength(expected.length);
        found.forEach((value, at) => {
          expect(value, `${name} at ${String(at)}`).toBeCloseTo(expected[at] ?? NaN, 5);
        });
      }
      expect(notes).toEqual([]);
    }
  });

  it("that is longer than the model's sequences: what needs all of it at once is null, and said to be", async () => {
    const { given, notes } = await along(live, { tokens: [4, 1, 5, 0, 4, 4], complete: true, score: 0 }, 0);
    expect(given["decoder"]).toHaveLength(7);
    // The encoder reads none of them.
    const { given: short } = await along(live, { tokens: [4], complete: true, score: 0 }, 0);
    expect(given["encoder"]).toEqual(short["encoder"]);
    expect(notes.map((note) => note.slice(0, 28))).toEqual(kind === "decoder" ? ["summary of 1 example is null"] : []);
    expect(given["summary"]).toBe(kind === "decoder" ? null : undefined);
  });
});
