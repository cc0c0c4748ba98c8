/** What plans do for equal layers stands in functions: of every result the kernels behind it are those of the program, in its order. */
import { describe, expect, it } from "vitest";
import { gpuModule } from "../../../../compiler/compile.ts";
import { compileFixture, compileText } from "../../../support/fixture-file.ts";
import { loadModule } from "../../../support/load-module.ts";
import { planFaults } from "../../../support/plan-ledger.ts";
import { typeErrors } from "../../../support/type-check.ts";

const specOf = (layers: string): string => `
specloom: 1
name: alike
data: {kind: tensors, file: data.json}
inputs:
  x: {shape: [5, 4]}
  y: {shape: [5, 4]}
layers:
${layers}
  - {name: head, kind: linear, out_features: 4}
loss: {kind: mse, input: head, target: y}
optimizer: {kind: nadam, learning_rate: 0.01}
train: {batch_size: 3, clip_grad_norm: 1}
`;

const cases = {
  "transformer blocks": `
  - repeat:
      name: blocks
      times: 4
      layers: [{ kind: transformer_block, num_heads: 2, ff_size: 8, norm: pre, causal: true, dropout: 0.1 }]`,
  "recurrent layers": `
  - repeat: { name: blocks, times: 3, layers: [{ kind: lstm, hidden_size: 4 }, { kind: layer_norm }] }`,
  "layers with names of their own": `
  - { name: first, kind: gru, hidden_size: 4, bidirectional: true }
  - { name: second, kind: gru, hidden_size: 4, bidirectional: true }
  - { name: third, kind: gru, hidden_size: 4, bidirectional: true }
  - { name: output, kind: multi_head_attention, num_heads: 2 }
  - { name: kernels, kind: multi_head_attention, num_heads: 2 }
  - { name: context, kind: multi_head_attention, num_heads: 2 }`,
  "layers without parameters": `
  - { name: widened, kind: linear, out_features: 4 }
  - repeat:
      name: blocks
      times: 6
      layers: [{ kind: layer_norm, affine: false }, { kind: activation, function: gelu }]`,
  "nothing alike": `
  - { name: layer, kind: lstm, hidden_size: 3 }`,
};

describe.each(Object.entries(cases))("%s", (title, layers) => {
  const compilation = compileText("alike.yaml", specOf(layers));
  const text = gpuModule(compilation);

  it("gives what the program gives", async () => {
    expect(await planFaults(compilation, text)).toEqual([]);
  });

  it("is a module without mistakes", () => {
    expect(typeErrors({ "alike.ts": text })).toEqual([]);
  });

  it("updates parameters in loops, also those whose gradients are the same", () => {
    const step = text.slice(text.indexOf("/** train_step: "), text.indexOf("/** stream_step: "));
    const updates = step.match(/kernels\.nadamParameter(?!Subtrahend)\w*/gu) ?? [];
    expect(updates.length).toBeGreaterThan(0);
    expect(updates.length).toBe(step.match(/for \(const \[name, shape, /gu)?.length);
  });

  it("has a function where layers are alike, which all call but the first that is fed otherwise", () => {
    const functions = text.match(/^function \w+(?:Forward|Backward)\w*\(/gmu) ?? [];
    expect(functions.length > 0).toBe(title !== "nothing alike");
  });
});

it("an output that is called like the member a layer's function gave it as keeps its name", () => {
  const text = gpuModule(compileFixture("pytorch/basics/attention-linear.yaml"));
  expect(text).toContain('"sequence.weights": sequence.weights');
  // Throws for what is no TypeScript.
  expect(loadModule(text).definition.name).toBe("attention-linear");
});
