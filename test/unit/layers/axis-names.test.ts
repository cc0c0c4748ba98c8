import { describe, expect, it } from "vitest";
import { check } from "../../../compiler/compile.ts";
import type { Model } from "../../../compiler/contracts/model.ts";
import { layers } from "../../../compiler/layers/index.ts";
import { legend } from "../../../compiler/support/legend.ts";
import { verifyAxisNames } from "../../../compiler/stages/3-resolve/axis-names.ts";
import { layerModel } from "../../support/layer-model.ts";
import { randomSpec } from "../../support/random-spec.ts";

interface Named {
  readonly shape: readonly number[];
  readonly axes: readonly string[];
}

/** Names that mean two sizes, and numbers that are not the size: `T = 3 and 5`. */
function ambiguous(shapes: readonly Named[]): readonly string[] {
  const sizes = new Map<string, Set<number>>();
  for (const { shape, axes } of shapes) {
    if (axes.length !== shape.length) return [`[${axes.join(", ")}] of [${shape.join(", ")}]`];
    axes.forEach((axis, position) => {
      const own = sizes.get(axis) ?? new Set(/^\d+$/.test(axis) ? [Number(axis)] : []);
      sizes.set(axis, own.add(shape[position] as number));
    });
  }
  return [...sizes].filter(([, own]) => own.size > 1).map(([axis, own]) => `${axis} = ${[...own].join(" and ")}`);
}

function shapesOf({ inputs, layers: own, outputs }: Model): readonly Named[] {
  return [
    ...inputs,
    ...own.flatMap(({ output, extras }) => [output, ...Object.values(extras)]),
    ...outputs.map(({ shape }) => shape),
  ];
}

function modelOf(layersText: string, shape = "6, 3", sizes = ""): Model {
  const text = `specloom: 1
data: { kind: tensors, file: data/x.json }
inputs: { x: { shape: [${shape}] }, y: { shape: [1] } }
${sizes}layers:
${layersText}
  - { name: flat, kind: flatten }
  - { name: last, kind: linear, out_features: 1 }
loss: { kind: mse, input: last, target: y }
optimizer: { kind: sgd, learning_rate: 0.1 }
train: { batch_size: 2 }
`;
  const { model, diagnostics } = check({ file: "axes.yaml", text });
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return model as Model;
}

function legendOf(model: Model, name: string): string {
  const layer = model.layers.find((one) => one.name === name);
  return layer === undefined ? "" : legend(layer.output, model.batchSize);
}

describe("the names of axes", () => {
  it.each(layers.flatMap((layer) => layer.examples.map((example) => [layer.kind, layer, example] as const)))(
    "of %s follow the sizes in its examples",
    (_, layer, example) => {
      const { outputs } = layerModel(layer, example);
      // What it reads may be named alike and sized differently in an example: each input is looked at by itself.
      for (const input of [...example.inputs, ...Object.values(example.named ?? {})]) {
        for (const { shape } of outputs) {
          const kept = shape.axes.filter((axis, position) => input.axes[position] === axis);
          const wrong = kept.filter((axis) => {
            const before = input.shape[input.axes.indexOf(axis)];
            return before !== shape.shape[shape.axes.indexOf(axis)];
          });
          if (example.inputs.length === 1) expect(wrong).toEqual([]);
        }
      }
      expect(outputs.flatMap(({ shape }) => ambiguous([shape]))).toEqual([]);
    },
  );

  it.each([
    ["conv1d", "{ kind: conv1d, out_channels: 4, kernel_size: 4, from: x }", "[B, 3, O] = [2, 3, 4]"],
    ["conv1d with a stride", "{ kind: conv1d, out_channels: 4, kernel_size: 1, stride: 2 }", "[B, 3, O] = [2, 3, 4]"],
    [
      "conv1d padded to more",
      "{ kind: conv1d, out_channels: 4, kernel_size: 1, padding: 2 }",
      "[B, 10, O] = [2, 10, 4]",
    ],
    [
      "conv1d that keeps T",
      "{ kind: conv1d, out_channels: 4, kernel_size: 3, padding: same }",
      "[B, T, O] = [2, 6, 4]",
    ],
    ["pool1d", "{ kind: pool1d, reduce: max, kernel_size: 2 }", "[B, 3, C] = [2, 3, 3]"],
    ["pool1d of all", "{ kind: pool1d, reduce: max }", "[B, C] = [2, 3]"],
    ["slice of time", "{ kind: slice, axis: time, start: -2 }", "[B, 2, C] = [2, 2, 3]"],
    ["slice of features", "{ kind: slice, axis: feature, stop: 2 }", "[B, T, 2] = [2, 6, 2]"],
    ["slice that takes all", "{ kind: slice, axis: time, step: -1 }", "[B, T, C] = [2, 6, 3]"],
    ["concat of features", "{ kind: concat, from: [x, x] }", "[B, T, 6] = [2, 6, 6]"],
    ["concat of time", "{ kind: concat, axis: time, from: [x, x] }", "[B, 12, C] = [2, 12, 3]"],
    ["reshape", "{ kind: reshape, shape: [3, 6] }", "[B, 3, 6] = [2, 3, 6]"],
    ["reshape that keeps T", "{ kind: reshape, shape: [6, 3, 1] }", "[B, T, 3, 1] = [2, 6, 3, 1]"],
    ["flatten", "{ kind: flatten }", "[B, 18] = [2, 18]"],
    ["lstm", "{ kind: lstm, hidden_size: 4 }", "[B, T, H] = [2, 6, 4]"],
    ["lstm of two directions", "{ kind: lstm, hidden_size: 4, bidirectional: true }", "[B, T, 8] = [2, 6, 8]"],
    ["lstm of several layers", "{ kind: lstm, hidden_size: 4, return: all, num_layers: 2 }", "[B, T, 8] = [2, 6, 8]"],
  ])("are right behind %s", (_, layer, expected) => {
    const model = modelOf(`  - ${layer.replace("{", "{ name: it,")}`, "T, C", "sizes: { T: 6, C: 3 }\n");
    expect(legendOf(model, "it")).toBe(expected);
  });

  it("are those of the first layer of two with the letter", () => {
    const model = modelOf(
      "  - { name: wide, kind: lstm, hidden_size: 4 }\n  - { name: narrow, kind: gru, hidden_size: 2 }\n" +
        "  - { name: same, kind: gru, hidden_size: 4 }",
    );
    expect(["wide", "narrow", "same"].map((name) => legendOf(model, name))).toEqual([
      "[B, 6, H] = [2, 6, 4]",
      "[B, 6, 2] = [2, 6, 2]",
      "[B, 6, H] = [2, 6, 4]",
    ]);
  });

  it("leave the batch its letter", () => {
    const model = modelOf("  - { name: it, kind: linear, out_features: 2 }", "B, 3", "sizes: { B: 6 }\n");
    expect(legendOf(model, "it")).toBe("[B, 6, O] = [2, 6, 2]");
    expect(model.spec["sizes"]).toEqual({ B: 6 });
  });

  it("mean one size each in 300 random specs", () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const { name, text } = randomSpec(seed);
      const { model } = check({ file: `${name}.yaml`, text });
      expect({ seed, ambiguous: model && ambiguous(shapesOf(model)) }).toEqual({ seed, ambiguous: [] });
    }
  });

  it("are verified of every model", () => {
    const model = modelOf("  - { name: it, kind: lstm, hidden_size: 4 }");
    const stale = (output: Named) => ({
      ...model,
      layers: model.layers.map((layer) => ({ ...layer, output: { ...layer.output, ...output } })),
    });
    expect(() => {
      verifyAxisNames(model);
    }).not.toThrow();
    for (const wrong of [
      { shape: [3, 4], axes: ["6", "O"] },
      { shape: [3, 4], axes: ["3", "B"] },
      { shape: [3, 4], axes: ["3"] },
    ]) {
      expect(() => {
        verifyAxisNames(stale(wrong));
      }).toThrow(/ax/);
    }
  });
});
