/** One step at a time gives what whole sequences give: every layer that says so, alone and in models. */
import { describe, expect, it } from "vitest";
import type { Model } from "../../compiler/contracts/model.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { sizeOf, topological } from "../../compiler/ir/graph.ts";
import { layers } from "../../compiler/layers/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { buildStream } from "../../compiler/stages/4-build/stream.ts";
import type { StreamGraphs } from "../../compiler/stages/4-build/stream.ts";
import { compileText } from "../support/fixture-file.ts";
import { layerModel } from "../support/layer-model.ts";
import { seeded } from "../support/seeded.ts";
import { interpretStream } from "../support/stream-runner.ts";

/** Random numbers for everything a model reads, one example. */
function bindingsOf(model: Model): Record<string, number[]> {
  const random = seeded(5);
  const numbers = (shape: readonly number[]): number[] =>
    Array.from({ length: sizeOf(shape) }, () => random.unit() * 2 - 1);
  const inputs = model.inputs.flatMap(({ name, shape, dtype, vocabulary = 2, lengths }) => [
    [name, dtype === "int32" ? numbers(shape).map((x) => Math.floor(((x + 1) / 2) * vocabulary)) : numbers(shape)],
    ...(lengths ? [[`${name}.lengths`, [Math.max(1, (shape[0] ?? 1) - 1)]]] : []),
  ]) as [string, number[]][];
  const parameters = model.parameters.map(({ name, shape }): [string, number[]] => [
    name,
    name.endsWith("running_var") ? numbers(shape).map((x) => x + 1.5) : numbers(shape),
  ]);
  return { ...Object.fromEntries([...inputs, ...parameters]), "batch.mask": [1] };
}

function argumentsIn(graph: Graph): readonly string[] {
  const nodes = topological(graph.outputs.map(({ node }) => node));
  return nodes.flatMap((node) => (node.op === "argument" ? [node.attributes.name] : []));
}

type Numbers = Record<string, number[]>;

function agree(model: Model, stream: StreamGraphs, moved: (bindings: Numbers) => Numbers = (same) => same): void {
  const one = { ...model, batchSize: 1 };
  const bindings = bindingsOf(one);
  const whole = interpret(build(one).predict, bindings);
  const stepped = interpretStream(one, stream, moved(bindings));
  expect(Object.keys(stepped).length).toBeGreaterThan(0);
  for (const [name, values] of Object.entries(stepped)) {
    const expected = [...(whole[name]?.data ?? [])];
    // The rows of a cache that are still to come have no weight: whole sequences have just as many.
    expect(values.length, name).toBe(expected.length);
    values.forEach((value, index) => {
      expect(Math.abs(value - (expected[index] ?? Number.NaN)), `${name}[${index}]`).toBeLessThan(1e-10);
    });
  }
}

const cases = layers.flatMap((layer) =>
  layer.examples.flatMap((example, index) => {
    const times = example.inputs.flatMap(({ time }, position) => (time ? [`x${position}`] : []));
    const choices = times.length > 1 ? [times, times.slice(0, 1)] : [times];
    return choices.map((stepped) => ({
      title: `${layer.kind}, example ${index + 1}, ${stepped.join(" ")}`,
      layer,
      example,
      stepped,
    }));
  }),
);

describe("layers", () => {
  const streamed = cases.flatMap((one) => {
    const model = layerModel(one.layer, one.example, { batchSize: 1 });
    const time = { ...model, outputs: model.outputs.filter(({ shape }) => shape.time) };
    const stream = buildStream(time, new Set(one.stepped));
    return "reason" in stream ? [] : [{ ...one, model: time, stream }];
  });

  it("that can be streamed are most of those that keep time", () => {
    const kinds = new Set(streamed.map(({ layer }) => layer.kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        "linear",
        "lstm",
        "gru",
        "rnn",
        "attention_pool",
        "attention",
        "multi_head_attention",
        "transformer_block",
        "conv1d",
      ]),
    );
  });

  it.each(streamed)("$title", ({ model, stream }) => {
    agree(model, stream);
  });
});

const head = `
specloom: 1
name: streamed
data: {kind: tensors, file: data.json}
inputs:
  source: {shape: [5, 3], lengths: true}
  tokens: {shape: [6], dtype: int32, vocabulary: 7}
  next: {shape: [6], dtype: int32, vocabulary: 7}
`;
const tail = `
  - {name: logits, kind: linear, out_features: 7}
loss: {kind: cross_entropy, input: logits, target: next}
optimizer: {kind: adam}
`;

describe("decoders", () => {
  const bos = 2;
  it.each(
    [
      "attention: {score: dot, over: encoder}, initial_state: encoder",
      "attention: {score: general, over: encoder, attention_size: 5}, input_feeding: true, initial_state: encoder",
      "attention: {score: additive, over: encoder}, initial_state: encoder",
      "attention: {score: scaled_dot}, input_feeding: true",
      "from: encoder",
    ].flatMap((keys) => [`cell: {hidden_size: 4}, ${keys}`, `cell: {kind: gru, hidden_size: 4}, ${keys}`]),
  )("{%s}", (keys) => {
    const kind = keys.includes("gru") ? "gru" : "lstm";
    const { model } = compileText(
      "streamed.yaml",
      `${head.replace("  tokens: {shape: [6], dtype: int32, vocabulary: 7}\n", "")}
layers:
  - {name: encoder, kind: ${kind}, hidden_size: 4, from: source}
  - {name: logits, kind: decoder, target: next, embedding_dim: 3, ${keys}}
loss: {kind: cross_entropy, input: logits, target: next}
optimizer: {kind: adam}
outputs: [logits${keys.includes("attention") ? ", logits.attention" : ""}]`,
    );
    const stream = buildStream(model, new Set(["next"])) as StreamGraphs;
    expect(stream.steps).toBeUndefined();
    // A step reads the token before: the whole sequence, moved by one.
    agree(model, stream, (bindings) => ({ ...bindings, next: [bos, ...(bindings["next"] ?? []).slice(0, -1)] }));
  });
});

describe("models", () => {
  it("of an encoder, and a decoder that attends over it", () => {
    const { model } = compileText(
      "streamed.yaml",
      `${head}
layers:
  - {name: encoder, kind: gru, hidden_size: 4, from: source}
  - {name: embedded, kind: embedding, embedding_dim: 3, from: tokens}
  - {name: cell, kind: gru, hidden_size: 4, initial_state: encoder}
  - {name: context, kind: attention, score: additive, attention_size: 3, from: [cell, encoder]}
  - {name: both, kind: concat, from: [context, cell]}${tail}
outputs: [logits, context.weights]`,
    );
    const stream = buildStream(model, new Set(["tokens"])) as StreamGraphs;
    // What is made of the encoder alone, the keys of the attention too, is computed once.
    const read = argumentsIn(stream.step);
    expect(read.filter((name) => name.startsWith("encoder.") || name === "context.W_k.weight")).toEqual([]);
    expect(read).toContain("context.W_q.weight");
    expect(argumentsIn(stream.start as Graph)).toContain("context.W_k.weight");
    expect(stream.whole).toEqual(["source"]);
    expect(stream.steps).toBeUndefined();
    agree(model, stream);
  });

  it("of transformer blocks with a cache, over a memory", () => {
    const { model } = compileText(
      "streamed.yaml",
      `${head}
layers:
  - {name: memory, kind: lstm, bidirectional: true, hidden_size: 2, from: source}
  - {name: embedded, kind: embedding, embedding_dim: 4, from: tokens}
  - repeat:
      times: 2
      layers:
        - {kind: transformer_block, num_heads: 2, ff_size: 5, norm: pre, causal: true, cross_from: memory}
        - residual: {layers: [{kind: conv1d, out_channels: 4, kernel_size: 3, padding: causal, dilation: 2}]}${tail}`,
    );
    const stream = buildStream(model, new Set(["tokens"])) as StreamGraphs;
    expect(stream.steps).toBe(6);
    agree(model, stream);
  });
});

describe("what cannot be streamed says why", () => {
  it.each([
    ["{kind: lstm, hidden_size: 3, bidirectional: true}", 'of the lstm layer "layer": it also reads backwards'],
    ["{kind: attention_pool}", 'of the attention_pool layer "layer": it looks at all steps (scope: sequence)'],
    ["{kind: transformer_block, num_heads: 1, ff_size: 3}", "it also looks at steps to come"],
    ["{kind: conv1d, out_channels: 2, kernel_size: 3, padding: same}", "it reads steps to come"],
    ["{kind: last_step}", 'the last_step layer "layer" needs whole sequences'],
  ])("%s", (layer, reason) => {
    const { model } = compileText(
      "model.yaml",
      `
specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [4, 3]}, y: {shape: [2]}}
layers:
  - ${layer.replace("{", "{name: layer, ")}
  - {name: flat, kind: reshape, shape: [-1], time: false}
  - {name: out, kind: linear, out_features: 2}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: adam}`,
    );
    expect(buildStream(model, new Set(["x"]))).toEqual({ reason: expect.stringContaining(reason) as string });
  });
});
