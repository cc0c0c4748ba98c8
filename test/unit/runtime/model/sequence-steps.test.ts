/** How many rows an output has for examples of different length, whatever the layers between made of them. */
import { describe, expect, it } from "vitest";
import { gpuModule } from "../../../../compiler/compile.ts";
import { shapeOfExample } from "../../../../runtime/model/sequence-steps.ts";
import { compileText } from "../../../support/fixture-file.ts";
import { loadModule } from "../../../support/load-module.ts";

const text = `
specloom: 1
name: rows
data: {kind: tensors, file: data.json}
inputs:
  frames: {shape: [8, 2], lengths: true}
  words: {shape: [5, 2], lengths: true}
  plain: {shape: [6, 2]}
  label: {shape: [3]}
layers:
  - {name: encoder, kind: lstm, from: frames, hidden_size: 2}
  - {name: pool, kind: attention_pool, from: encoder}
  - {name: steps, kind: conv1d, from: frames, freeze: true, out_channels: 2, kernel_size: 3, stride: 2}
  - {name: cross, kind: attention, from: [words, frames]}
  - {name: whole, kind: gru, from: plain, freeze: true, hidden_size: 2}
  - {name: head, kind: linear, from: pool, out_features: 3}
loss: {kind: mse, input: head, target: label}
outputs: [encoder, encoder.final_state, pool.weights, steps, cross, cross.weights, whole, head]
optimizer: {kind: sgd, learning_rate: 0.1}
train: {batch_size: 2}
`;

describe("an example's rows", () => {
  const { outputs } = loadModule(gpuModule(compileText("rows.yaml", text))).definition;
  const lengths = { "frames.lengths": Float32Array.of(8, 5, 3), "words.lengths": Float32Array.of(1, 5, 4) };
  const shapes = (example: number) =>
    Object.fromEntries(outputs.map((output) => [output.name, shapeOfExample(output, lengths, example)]));

  it("are as many as its length leaves, and without a length all", () => {
    const always = { whole: [6, 2], head: [3], "encoder.final_state": [1, 2] };
    expect(shapes(0)).toEqual({
      ...always,
      encoder: [8, 2],
      "pool.weights": [8],
      steps: [3, 2],
      cross: [1, 2],
      "cross.weights": [1, 8],
    });
    expect(shapes(1)).toEqual({
      ...always,
      encoder: [5, 2],
      "pool.weights": [5],
      steps: [2, 2],
      cross: [5, 2],
      "cross.weights": [5, 8],
    });
    expect(shapes(2)).toMatchObject({ encoder: [3, 2], "pool.weights": [3], steps: [1, 2], "cross.weights": [4, 8] });
  });

  it("are said of outputs that lengths shorten, and of no others", () => {
    const said = outputs.filter((output) => output.lengths !== undefined).map(({ name }) => name);
    expect(said).toEqual(["encoder", "pool.weights", "steps", "cross", "cross.weights"]);
  });
});
