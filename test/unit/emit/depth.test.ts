/** The size of a module follows what is different in it, not how deep it is. */
import { describe, expect, it } from "vitest";
import { gpuModule } from "../../../compiler/compile.ts";
import { compileText } from "../../support/fixture-file.ts";

const specOf = (times: number): string => `
specloom: 1
name: deep
data: {kind: tensors, file: data.json}
inputs:
  tokens: {shape: [8], dtype: int32, vocabulary: 50}
  next: {shape: [8], dtype: int32, vocabulary: 50}
layers:
  - {name: embedded, kind: embedding, embedding_dim: 8, from: tokens}
  - {kind: positional_encoding}
  - repeat:
      name: blocks
      times: ${times}
      layers: [{kind: transformer_block, num_heads: 2, ff_size: 12, norm: pre, causal: true}]
  - {kind: layer_norm}
  - {name: logits, kind: linear, tie: embedded}
loss: {kind: cross_entropy, input: logits, target: next}
optimizer: {kind: adamw, learning_rate: 0.001}
train: {batch_size: 4, clip_grad_norm: 1}
`;

describe("a module of twelve equal layers", () => {
  const moduleOf = (times: number): string => gpuModule(compileText("deep.yaml", specOf(times)));
  const [two, twelve] = [moduleOf(2), moduleOf(12)];

  it("is hardly longer than one of two", () => {
    expect(twelve.length / two.length).toBeLessThan(1.5);
  });

  it("says of a layer's parameters, and of its steps in each direction, once what they are", () => {
    const once = [
      "function transformerBlockParameters(layer: string)",
      "function transformerBlockForward(",
      "function transformerBlockForwardInTraining(",
      "function transformerBlockBackward(",
      "function transformerBlockBackwardResults(layer: string",
    ];
    for (const start of once) expect(twelve.split(start).length - 1, start).toBe(1);
    expect(twelve).not.toContain('name: "blocks.5.transformer_block_1.linear1.weight"');
    expect(twelve).toContain('transformerBlockForward(\n    context, "blocks.5.transformer_block_1"');
  });
});
