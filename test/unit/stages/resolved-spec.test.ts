/** A run keeps its spec with every default written out; predict, evaluate, report and --resume read it back. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Model } from "../../../compiler/contracts/model.ts";
import { DiagnosticBag } from "../../../compiler/diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import { parse } from "../../../compiler/stages/1-parse.ts";
import { validate } from "../../../compiler/stages/2-validate.ts";
import { resolve } from "../../../compiler/stages/3-resolve.ts";
import { pytorchCases, pytorchTopics } from "../../support/pytorch-cases.ts";

function modelOf(text: string, name: string): Model {
  const diagnostics = new DiagnosticBag();
  const document = parse({ file: `${name}.yaml`, text }, {}, diagnostics);
  const spec = document && validate(document, diagnostics);
  const model = document && spec && resolve(document, spec, {}, diagnostics);
  if (model === undefined) throw new Error(renderDiagnostics(diagnostics.sorted()));
  return model;
}

/** Without the places where things are written, and without what was not written but planned from the length of training. */
function factsOf(model: Model): unknown {
  const text = JSON.stringify(model, (key, value: unknown) =>
    key === "pointer" || key === "span" || key === "planned" ? undefined : value,
  );
  return JSON.parse(text);
}

function expectSameModel(text: string, name = "model"): void {
  const model = modelOf(text, name);
  expect(factsOf(modelOf(JSON.stringify(model.spec), name))).toEqual(factsOf(model));
}

const listener = `
specloom: 1
data: {kind: tensors, file: data.json}
inputs:
  frames: {shape: [8, 2], lengths: true}
  label: {shape: [3], dtype: int32, vocabulary: 4, lengths: true}
layers:
  - {kind: gru, hidden_size: 3, from: frames}
  - {name: logits, kind: linear, out_features: 4}
loss: {kind: ctc, input: logits, target: label}
optimizer: {kind: adam}
`;

const writer = `
specloom: 1
data: {kind: tensors, file: data.json}
inputs:
  before: {shape: [5], dtype: int32, vocabulary: 6}
  after: {shape: [5], dtype: int32, vocabulary: 6}
layers:
  - {name: tokens, kind: embedding, embedding_dim: 4, from: before}
  - repeat: {times: 2, layers: [{kind: transformer_block, num_heads: 2, ff_size: 3, causal: true, rotary: true}]}
  - {name: logits, kind: linear, tie: tokens}
loss: {kind: cross_entropy, input: logits, target: after}
optimizer: {kind: adam}
decode: {input: before, output: logits}
`;

describe("the resolved spec is a spec of the same model", () => {
  it.each(["", "decode: {}", "decode: {kind: beam, beam_size: 3, n_best: 2}"])("with a ctc loss, %s", (decode) => {
    expectSameModel(listener + decode);
  });

  it("with a model that writes", () => {
    expectSameModel(writer);
  });

  it.each(pytorchTopics.flatMap(pytorchCases))("%s", (name) => {
    expectSameModel(
      readFileSync(new URL(`../../fixtures/pytorch/${name}.yaml`, import.meta.url), "utf8"),
      name.split("/")[1],
    );
  });
});
