import { describe, expect, it } from "vitest";
import { gpuModule } from "../../../compiler/compile.ts";
import { compileText } from "../../support/fixture-file.ts";
import { loadModule } from "../../support/load-module.ts";
import { initialParameters } from "../../../runtime/model/parameters.ts";
import { interpretedTrainee } from "../../support/trainee.ts";

const spec = (inputs: string, layers: string): ReturnType<typeof compileText> =>
  compileText(
    "words.yaml",
    `specloom: 1
data: {kind: tensors, file: x.json}
inputs: {ids: {shape: [4], dtype: int32${inputs}}, next: {shape: [4], dtype: int32, vocabulary: 6}}
layers:
${layers}
loss: {kind: cross_entropy, input: scores, target: next}
optimizer: {kind: sgd, learning_rate: 0.1}
train: {batch_size: 1}
`,
  );

const tied = `
  - {name: words, kind: embedding, from: ids, vocabulary: 6, embedding_dim: 2, padding_idx: 4}
  - {name: scores, kind: linear, tie: words}`;
const untied = `
  - {name: words, kind: embedding, from: ids, vocabulary: 6, embedding_dim: 2, padding_idx: 4}
  - {name: scores, kind: linear, out_features: 6}`;

describe("the vocabulary of an input", () => {
  it("is what the embedding has, where the input declares none: numbers beyond it are refused at the border", () => {
    const { model } = spec("", tied);
    expect(model.inputs.find(({ name }) => name === "ids")?.vocabulary).toBe(6);
  });

  it("is what the input declares, where that is less", () => {
    const { model } = spec(", vocabulary: 5", tied);
    expect(model.inputs.find(({ name }) => name === "ids")?.vocabulary).toBe(5);
  });
});

describe("a tied layer", () => {
  it("has no weight of its own", () => {
    expect(spec("", tied).model.parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ["words.weight", [6, 2]],
      ["scores.bias", [6]],
    ]);
  });
});

describe("padding", () => {
  it("is zero at the start, however the rest is initialized", () => {
    const init = untied.replace("padding_idx: 4", "padding_idx: 4, init: {kind: ones}");
    for (const layers of [untied, init]) {
      const { definition } = loadModule(gpuModule(spec("", layers)));
      const weight = initialParameters(definition, 3)["words.weight"] ?? [];
      const zeros = Array.from(weight).flatMap((value, cell) => (value === 0 ? [cell] : []));
      expect(weight.length).toBe(12);
      expect(zeros).toEqual([8, 9]);
    }
  });

  it("has no gradient from being looked up, and one from the tied layer", async () => {
    const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, (_, at) => Math.sin(at + 1));
    const inputs = { ids: [4, 1, 4, 1], next: [0, 1, 2, 3] };
    for (const [layers, isZero] of [
      [untied, true],
      [tied, false],
    ] as const) {
      const compilation = spec("", layers);
      const parameters = compilation.model.parameters.map(({ name, shape }) => [
        name,
        numbers(shape.reduce((product, size) => product * size, 1)),
      ]);
      const trainee = interpretedTrainee(compilation, Object.fromEntries(parameters) as Record<string, Float64Array>);
      const gradients = await trainee.gradients(inputs);
      const row = Array.from(gradients["words.weight"] ?? []).slice(8, 10);
      expect(row.length).toBe(2);
      expect(row.every((value) => value === 0)).toBe(isZero);
      const other = Array.from(gradients["words.weight"] ?? []).slice(2, 4);
      expect(other.every((value) => value !== 0)).toBe(true);
    }
  });
});
