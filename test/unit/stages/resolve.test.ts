import { describe, expect, it } from "vitest";
import type { Model } from "../../../compiler/contracts/model.ts";
import { DiagnosticBag } from "../../../compiler/diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import { parse } from "../../../compiler/stages/1-parse.ts";
import { validate } from "../../../compiler/stages/2-validate.ts";
import { resolve } from "../../../compiler/stages/3-resolve.ts";
import type { ResolveOptions } from "../../../compiler/stages/3-resolve.ts";

interface Outcome {
  readonly model: Model | undefined;
  readonly codes: readonly string[];
  readonly text: string;
}

function run(text: string, options: ResolveOptions = {}, base?: string): Outcome {
  const diagnostics = new DiagnosticBag();
  const readBase = (file: string): { file: string; text: string } | undefined =>
    base === undefined ? undefined : { file, text: base };
  const document = parse({ file: "specs/model.yaml", text }, { readBase }, diagnostics);
  const spec = document && validate(document, diagnostics);
  const model = document && spec && resolve(document, spec, options, diagnostics);
  const sorted = diagnostics.sorted();
  return { model, codes: sorted.map(({ code }) => code), text: renderDiagnostics(sorted) };
}

function modelOf(text: string, options: ResolveOptions = {}): Model {
  const { model, text: errors } = run(text, options);
  if (!model) throw new Error(errors);
  return model;
}

const series = `
specloom: 1
data: {kind: series, file: data/a.csv, columns: [a, b], targets: [b], window: 12}
layers:
  - {kind: lstm, hidden_size: 4}
  - {name: forecast, kind: linear, out_features: 1}
loss: {kind: mse, input: forecast, target: next}
optimizer: {kind: adam}
`;

const tensors = `
specloom: 1
data: {kind: tensors, file: data/a.json}
sizes: {time: 20}
inputs:
  x: {shape: [time, 3], lengths: true}
  label: {shape: [], dtype: int32, vocabulary: 4}
layers:
  - {name: encoder, kind: lstm, hidden_size: 8, return: last}
  - {name: scores, kind: linear, out_features: 4}
loss: {kind: cross_entropy, input: scores, target: label}
optimizer: {kind: sgd}
metrics: [accuracy]
`;

describe("series", () => {
  it("implies the inputs, and knows what is a target", () => {
    expect(modelOf(series).inputs).toMatchObject([
      { name: "series", role: "input", shape: [12, 2], axes: ["T", "C"], dtype: "float32", lengths: false },
      { name: "next", role: "target", shape: [12, 1], axes: ["T", "1"] },
    ]);
  });

  it("gives the future for a horizon in rows", () => {
    const text = series
      .replace("window: 12", "window: 12, horizon: 3")
      .replace("hidden_size: 4", "hidden_size: 4, return: last")
      .replace("target: next", "target: future");
    const { codes, text: errors } = run(text);
    expect(codes).toEqual(["shape-mismatch"]);
    expect(errors).toContain('"next"'.replace("next", "future"));
    expect(errors).toContain("[B, H, 1] = [32, 3, 1]");
  });

  it("names layers by kind and position, and chains them", () => {
    const { layers } = modelOf(series);
    expect(layers.map(({ name, from }) => [name, from])).toEqual([
      ["lstm_1", ["series"]],
      ["forecast", ["lstm_1"]],
    ]);
  });

  it("lets inputs be restated", () => {
    const restated = "sizes: {steps: 12}\ninputs: {series: {shape: [steps, 2]}}\nlayers:";
    expect(run(series.replace("layers:", restated)).codes).toEqual([]);
  });
});

describe("defaults", () => {
  it("writes them all into the resolved spec, which resolves to the same model", () => {
    const model = modelOf(series);
    expect(model.spec).toEqual({
      specloom: 1,
      name: "model",
      data: {
        kind: "series",
        file: "data/a.csv",
        columns: ["a", "b"],
        targets: ["b"],
        window: 12,
        horizon: "next",
        stride: 1,
        transform: [],
        normalize: "none",
        split: { train: 0.7, validation: 0.1, test: 0.2 },
        missing: "error",
      },
      layers: [
        {
          name: "lstm_1",
          kind: "lstm",
          from: "series",
          hidden_size: 4,
          num_layers: 1,
          bidirectional: false,
          dropout: 0,
          bias: true,
          return: "sequence",
          freeze: false,
        },
        { name: "forecast", kind: "linear", from: "lstm_1", out_features: 1, bias: true, freeze: false },
      ],
      loss: { kind: "mse", input: "forecast", target: "next", reduction: "mean", weight: 1 },
      optimizer: { kind: "adam", learning_rate: 0.001, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0 },
      train: { epochs: 100, batch_size: 32, seed: 0, shuffle: true },
      metrics: [],
      outputs: ["forecast"],
    });
    const again = modelOf(JSON.stringify(model.spec));
    expect(again.spec).toEqual(model.spec);
    expect(again.parameters).toEqual(model.parameters);
  });

  it("leaves epochs out where steps are given, and fills early stopping", () => {
    const text = `${series}train: {steps: 10, early_stopping: {patience: 2}}\n`;
    expect(modelOf(text).spec["train"]).toEqual({
      steps: 10,
      batch_size: 32,
      seed: 0,
      shuffle: true,
      early_stopping: { patience: 2, metric: "loss", restore_best: true },
    });
  });
});

describe("tensors", () => {
  it("takes shapes from inputs and sizes, and roles from the losses", () => {
    expect(modelOf(tensors).inputs).toMatchObject([
      { name: "x", role: "input", shape: [20, 3], axes: ["time", "3"], lengths: true },
      { name: "label", role: "target", shape: [], dtype: "int32", vocabulary: 4 },
    ]);
    expect(modelOf(tensors).spec["data"]).toEqual({
      kind: "tensors",
      file: "data/a.json",
      split: { train: 1, validation: 0, test: 0 },
    });
  });

  it("takes sizes from the data, and writes them down", () => {
    const dataFacts: ResolveOptions["dataFacts"] = {
      tensors: {
        x: { shape: [9, 7, 3], dtype: "float32" },
        "x.lengths": { shape: [9], dtype: "int32" },
        label: { shape: [9], dtype: "int32" },
      },
    };
    const model = modelOf(tensors.replace("sizes: {time: 20}\n", ""), { dataFacts });
    expect(model.inputs[0]?.shape).toEqual([7, 3]);
    expect(model.spec["sizes"]).toEqual({ time: 7 });
  });

  it("keeps what a layer reads an input, even where it is a target too", () => {
    const text = `
specloom: 1
data: {kind: tensors, file: a.json}
inputs: {x: {shape: [3]}}
layers: [{name: copy, kind: linear, out_features: 3}]
loss: {kind: mse, input: copy, target: x}
optimizer: {kind: sgd}
`;
    expect(modelOf(text).inputs).toMatchObject([{ name: "x", role: "input" }]);
  });
});

describe("parameters", () => {
  it("applies init and freeze", () => {
    const text = series
      .replace("hidden_size: 4", "hidden_size: 4, freeze: true")
      .replace("out_features: 1", "out_features: 1, init: {kind: xavier_uniform, gain: 2}");
    const parameters = new Map(modelOf(text).parameters.map((parameter) => [parameter.name, parameter]));
    expect(parameters.get("lstm_1.weight_ih_l0")).toMatchObject({ frozen: true, shape: [16, 2], layer: "lstm_1" });
    const weight = parameters.get("forecast.weight");
    expect(weight?.frozen).toBe(false);
    expect(weight?.initializer).toEqual({ kind: "uniform", bound: 2 * Math.sqrt(6 / 5) });
    expect(parameters.get("forecast.bias")?.initializer).toEqual({ kind: "uniform", bound: 0.5 });
  });

  it("initialises biases alone, or all", () => {
    const withInit = (init: string): readonly unknown[] =>
      modelOf(series.replace("out_features: 1", `out_features: 1, init: ${init}`))
        .parameters.filter(({ layer }) => layer === "forecast")
        .map(({ initializer }) => initializer);
    expect(withInit("{kind: zeros, applies_to: biases}")[1]).toEqual({ kind: "constant", value: 0 });
    expect(withInit("{kind: ones, applies_to: all}")).toEqual([
      { kind: "constant", value: 1 },
      { kind: "constant", value: 1 },
    ]);
    expect(withInit("{kind: normal, deviation: 0.1}")[0]).toEqual({ kind: "normal", mean: 0, deviation: 0.1 });
    expect(withInit("{kind: kaiming_uniform}")[0]).toEqual({ kind: "uniform", bound: Math.sqrt(6 / 4) });
  });
});

describe("losses, clipping and outputs", () => {
  it("sums several losses, and returns by default what they read", () => {
    const text = series.replace(
      /loss: .*/,
      "loss: [{kind: mse, input: forecast, target: next}, {kind: l1, input: forecast, target: next, weight: 0.5}]",
    );
    const model = modelOf(text);
    expect(model.losses.map(({ kind, weight }) => [kind, weight])).toEqual([
      ["mse", 1],
      ["l1", 0.5],
    ]);
    expect(model.outputs.map(({ name }) => name)).toEqual(["forecast"]);
    expect(model.spec["loss"]).toHaveLength(2);
  });

  it("returns further outputs by their dotted names", () => {
    const { outputs } = modelOf(`${series}outputs: [forecast, lstm_1.final_state]\n`);
    expect(outputs.map(({ name, shape }) => [name, shape.shape])).toEqual([
      ["forecast", [12, 1]],
      ["lstm_1.final_state", [1, 4]],
    ]);
  });

  it("passes clipping on", () => {
    expect(modelOf(`${series}train: {clip_grad_norm: 0.5}\n`).clipping).toEqual({ norm: 0.5, value: undefined });
  });

  it("counts a layer as used that only another key reads", () => {
    const text = series.replace(
      "  - {name: forecast",
      "  - {name: second, kind: lstm, from: series, hidden_size: 4, initial_state: lstm_1}\n  - {name: forecast",
    );
    expect(run(text).codes).toEqual([]);
  });
});

describe("one mistake, one message", () => {
  it("says nothing of layers that read a wrong one", () => {
    const text = series.replace("kind: lstm,", "kind: lstm, from: nowhere,");
    expect(run(text).codes).toEqual(["unknown-name"]);
  });

  it("goes on past wrong keys, and never makes a model then", () => {
    const text = series.replace("hidden_size: 4", "hidden: 4").replace("target: next", "target: nxt");
    const { codes, model } = run(text);
    expect(codes).toEqual(["unknown-key", "unknown-name"]);
    expect(model).toBeUndefined();
  });

  it("stays silent about what hangs on a missing section", () => {
    expect(run(series.replace(/loss: .*\n/, "")).codes).toEqual(["missing-key"]);
    expect(run(series.replace(/optimizer: .*\n/, "")).codes).toEqual(["missing-key"]);
    expect(run(tensors.replace("target: label", "target: label, wieght: 2")).codes).toEqual(["unknown-key"]);
  });

  it("does not ask for sizes that only the data knows, once the spec is wrong", () => {
    const text = tensors.replace("sizes: {time: 20}\n", "");
    expect(run(text).codes).toEqual(["unknown-size"]);
    expect(run(text.replace("kind: sgd", "kind: sgdd")).codes).toEqual(["unknown-optimizer-kind"]);
  });

  it("keeps two specs of one bag apart", () => {
    const diagnostics = new DiagnosticBag();
    diagnostics.report("empty-spec", undefined, { file: "other.yaml" });
    const document = parse({ file: "specs/model.yaml", text: series }, {}, diagnostics);
    const spec = document && validate(document, diagnostics);
    expect(document && spec && resolve(document, spec, {}, diagnostics)).toBeDefined();
  });
});

describe("data files", () => {
  const options = { projectRoot: "/home/me/project", directory: "/home/me/project/specs" };

  it.each([
    ["../data/a.csv", []],
    ["../../project/a.csv", []],
    ["../../project2/a.csv", ["path-outside-project"]],
    ["..\\\\..\\\\a.csv", ["path-outside-project"]],
    ["C:\\\\a.csv", ["absolute-path"]],
    ["\\\\\\\\server\\\\a.csv", ["absolute-path"]],
    ["~/a.csv", ["absolute-path"]],
  ])("%s", (path, codes) => {
    expect(run(series.replace("data/a.csv", `"${path}"`), options).codes).toEqual(codes);
  });

  it("are relative to the inherited file that names them", () => {
    const { model } = run("extends: ../shared/base.yaml\n", { projectRoot: "", directory: "specs" }, series);
    expect(model?.spec["data"]).toMatchObject({ file: "../shared/data/a.csv" });
  });
});
