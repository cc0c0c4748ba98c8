import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { compile } from "../../../compiler/compile.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import type { Model } from "../../../compiler/contracts/model.ts";

function modelOf(text: string): Model {
  const { compilation, diagnostics } = compile({ file: "nest.yaml", text });
  if (compilation === undefined) throw new Error(renderDiagnostics(diagnostics));
  return compilation.model;
}

const spec = (layers: string): string => `
specloom: 1
name: nest
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [4, 3]}, y: {shape: [4, 3]}}
layers:
${layers}
  - {name: out, kind: linear, out_features: 3}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: adam}
`;

const reads = (model: Model): readonly string[] => model.layers.map(({ name, from }) => `${name} <- ${from.join(" ")}`);

describe("groups of layers", () => {
  it("name what they hold as PyTorch names modules in modules", () => {
    const model = modelOf(
      spec(`
  - {name: wide, kind: linear, out_features: 3}
  - name: blocks
    repeat:
      times: 2
      layers:
        - residual: {name: inner, layers: [{name: mix, kind: linear, out_features: 3}, {kind: activation, function: tanh}]}
        - {kind: add, from: [inner, wide]}`),
    );
    expect(reads(model)).toEqual([
      "wide <- x",
      "blocks.0.inner.mix <- wide",
      "blocks.0.inner.activation_2 <- blocks.0.inner.mix",
      "blocks.0.inner <- wide blocks.0.inner.activation_2",
      "blocks.0.add_2 <- blocks.0.inner wide",
      "blocks.1.inner.mix <- blocks.0.add_2",
      "blocks.1.inner.activation_2 <- blocks.1.inner.mix",
      "blocks.1.inner <- blocks.0.add_2 blocks.1.inner.activation_2",
      "blocks.1.add_2 <- blocks.1.inner wide",
      "blocks <- blocks.1.add_2",
      "out <- blocks",
    ]);
    expect(model.parameters.map(({ name }) => name).filter((name) => name.endsWith("mix.weight"))).toEqual([
      "blocks.0.inner.mix.weight",
      "blocks.1.inner.mix.weight",
    ]);
  });

  it("are one thing in the short form and with a kind", () => {
    const long = spec("  - {kind: residual, name: r, layers: [{kind: linear, out_features: 3}]}");
    const short = spec("  - {name: r, residual: {layers: [{kind: linear, out_features: 3}]}}");
    const inside = spec("  - residual: {name: r, layers: [{kind: linear, out_features: 3}]}");
    expect(modelOf(short).spec).toEqual(modelOf(long).spec);
    expect(modelOf(inside).spec).toEqual(modelOf(long).spec);
  });

  it("look a name up inside, then outside", () => {
    const model = modelOf(
      spec(`
  - {name: same, kind: linear, out_features: 3}
  - residual:
      name: r
      layers:
        - {name: same, kind: linear, out_features: 3}
        - {kind: add, from: [same, x]}`),
    );
    expect(reads(model)).toContain("r.same <- same");
    expect(reads(model)).toContain("r.add_2 <- r.same x");
  });

  it("freeze all that they hold", () => {
    const model = modelOf(spec("  - {kind: residual, freeze: true, layers: [{kind: linear, out_features: 3}]}"));
    expect(model.parameters.map(({ frozen }) => frozen)).toEqual([true, true, false, false]);
  });

  it("come back from the resolved spec as they were", () => {
    const model = modelOf(
      spec(`
  - repeat:
      times: 2
      layers:
        - {kind: lstm, hidden_size: 3, name: first}
        - {kind: residual, layers: [{kind: lstm, hidden_size: 3, initial_state: first}]}`),
    );
    const again = modelOf(stringify(model.spec));
    expect(again.spec).toEqual(model.spec);
    expect(reads(again)).toEqual(reads(model));
    expect(again.parameters).toEqual(model.parameters);
  });
});
