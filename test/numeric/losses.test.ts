import { describe, expect, it } from "vitest";
import type { LayerShape, Model, ModelInput } from "../../compiler/contracts.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { losses } from "../../compiler/losses/index.ts";
import type { LossDefinition } from "../../compiler/losses/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { withDefaults } from "../../compiler/schema/keys.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { optimiseGraph } from "../../compiler/stages/6-optimise.ts";
import { lowerGraph } from "../../compiler/stages/7-lower.ts";
import { centralDifferences } from "../support/differences.ts";
import { inputGradients } from "../support/input-gradients.ts";
import { largestDifference, testNumbers } from "../support/numbers.ts";
import { runProgram } from "../support/run-program.ts";

type Example = LossDefinition["examples"][number];
type Config = Readonly<Record<string, unknown>>;

/** The loss of one row of the input against its target, written out without the compiler. */
const elementOf: Readonly<Record<string, (x: readonly number[], y: number, config: Config) => number>> = {
  mse: ([x = 0], y) => (x - y) ** 2,
  l1: ([x = 0], y) => Math.abs(x - y),
  huber: ([x = 0], y, { delta }) => {
    const error = Math.abs(x - y);
    const limit = Number(delta);
    return error < limit ? 0.5 * error * error : limit * (error - 0.5 * limit);
  },
  cross_entropy: (x, y) => {
    const largest = Math.max(...x);
    const total = x.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    return Math.log(total) + largest - (x[y] as number);
  },
};

interface Setting {
  readonly batchSize: number;
  readonly lengths: boolean;
  /** Examples that count; the others fill the batch. */
  readonly real: number;
  readonly config: Config;
}

/** The loss between a model input `p`, passed through unchanged, and the target `y`. */
function lossModel(definition: LossDefinition, example: Example, { batchSize, lengths, config }: Setting): Model {
  const axes = (shape: readonly number[]): string[] => shape.map((_, axis) => (axis === 0 ? "T" : "C"));
  const shape: LayerShape = { shape: example.input, axes: axes(example.input), time: example.input.length > 1 };
  const input = (name: string, role: "input" | "target", dimensions: readonly number[]): ModelInput => ({
    name,
    role,
    shape: dimensions,
    axes: axes(dimensions),
    dtype: role === "target" && example.targetKind === "class" ? "int32" : "float32",
    lengths: lengths && role === "input" && shape.time,
    pointer: "",
  });
  return {
    name: "loss",
    description: undefined,
    spec: {},
    batchSize,
    inputs: [input("p", "input", example.input), input("y", "target", example.target)],
    layers: [
      {
        name: "same",
        kind: "dropout",
        config: { p: 0 },
        from: ["p"],
        inputs: [shape],
        output: shape,
        extras: {},
        parameters: [],
        pointer: "",
      },
    ],
    losses: [
      {
        kind: definition.kind,
        config: { ...withDefaults(definition.keys, example.config), ...config },
        input: "same",
        target: "y",
        weight: Number(config["weight"] ?? 1),
        pointer: "",
      },
    ],
    optimizer: { kind: "sgd", config: { momentum: 0, dampening: 0, nesterov: false, weight_decay: 0 } },
    clipping: { norm: undefined, value: undefined },
    outputs: [{ name: "same", shape }],
    parameters: [],
  };
}

const settings: readonly (Setting & { readonly title: string })[] = [
  { title: "one example", batchSize: 1, lengths: false, real: 1, config: { reduction: "mean" } },
  { title: "a batch not full", batchSize: 3, lengths: false, real: 2, config: { reduction: "mean" } },
  { title: "lengths, not full", batchSize: 3, lengths: true, real: 2, config: { reduction: "mean", weight: 0.5 } },
  { title: "a sum", batchSize: 3, lengths: true, real: 3, config: { reduction: "sum" } },
];

for (const definition of losses) {
  describe(definition.kind, () => {
    it("has a formula to compare with", () => {
      expect(Object.keys(elementOf)).toContain(definition.kind);
    });
    definition.examples.forEach((example, index) => {
      for (const setting of settings) {
        it(`example ${index + 1}, ${setting.title}: value, gradient and program`, () => {
          compareLoss(definition, example, setting);
        });
      }
    });
  });
}

function compareLoss(definition: LossDefinition, example: Example, setting: Setting): void {
  const model = lossModel(definition, example, setting);
  const classes = example.input[example.input.length - 1] as number;
  const inputSize = sizeOf(example.input);
  const targetSize = sizeOf(example.target);
  // Some errors below and some above every delta, none at a kink.
  const p = testNumbers(setting.batchSize * inputSize, 5).map((value) => 1.5 * value + 0.01);
  const y = testNumbers(setting.batchSize * targetSize, 6).map((value, cell) =>
    example.targetKind === "class" ? (cell * 2 + 1) % classes : value,
  );
  const lengths = Float64Array.from({ length: setting.batchSize }, (_, row) => 1 + (row % (example.input[0] ?? 1)));
  const mask = Float64Array.from({ length: setting.batchSize }, (_, row) => (row < setting.real ? 1 : 0));
  const bindings = { p, y, "p.lengths": lengths, "batch.mask": mask };

  const steps = example.input.length > 1 ? (example.input[0] as number) : 1;
  const masked = setting.lengths && example.input.length > 1;
  let total = 0;
  let count = 0;
  const config = withDefaults(definition.keys, example.config);
  const elementSize = inputSize / targetSize;
  for (let row = 0; row < setting.real; row++) {
    for (let element = 0; element < targetSize; element++) {
      if (masked && Math.floor(element / (targetSize / steps)) >= (lengths[row] as number)) continue;
      const start = row * inputSize + element * elementSize;
      const target = y[row * targetSize + element] as number;
      total += elementOf[definition.kind]?.([...p.slice(start, start + elementSize)], target, config) ?? NaN;
      count += 1;
    }
  }
  const expected =
    (setting.config["reduction"] === "sum" ? total : total / count) * Number(setting.config["weight"] ?? 1);

  const forward = build(model);
  const evaluate = optimiseGraph(forward.evaluate);
  const found = interpret(evaluate, bindings);
  expect(found["loss"]?.data[0]).toBeCloseTo(expected, 12);
  // A mean is weighed by what it divides by; a sum is told per example.
  expect(found["loss.count"]?.data[0]).toBe(setting.config["reduction"] === "sum" ? setting.real : count);

  const gradients = optimiseGraph(inputGradients(forward.training, ["p"]));
  const loss = optimiseGraph({ name: "loss", outputs: [{ name: "loss", node: forward.training.loss }] });
  const gradient = interpret(gradients, bindings)["p"]?.data ?? [];
  expect(largestDifference(gradient, centralDifferences(loss, bindings, "p"))).toBeLessThan(1e-8);
  expect(largestDifference(runProgram(lowerGraph(gradients), bindings)["p"] ?? [], gradient)).toBeLessThan(1e-12);
  expect(runProgram(lowerGraph(evaluate), bindings)["loss"]?.[0]).toBeCloseTo(expected, 12);
}

describe("what masks hide", () => {
  it("may be anything at all, even NaN", () => {
    const mse = losses.find(({ kind }) => kind === "mse") as LossDefinition;
    const example: Example = { config: {}, input: [2, 1], target: [2, 1], targetKind: "real" };
    const setting: Setting = { batchSize: 2, lengths: true, real: 1, config: { reduction: "mean" } };
    const forward = build(lossModel(mse, example, setting));
    const bindings = {
      p: Float64Array.of(3, NaN, NaN, NaN),
      y: Float64Array.of(1, 0, 0, 0),
      "p.lengths": Float64Array.of(1, 1),
      "batch.mask": Float64Array.of(1, 0),
    };
    expect(interpret(forward.evaluate, bindings)["loss"]?.data[0]).toBe(4);
    const gradient = interpret(inputGradients(forward.training, ["p"]), bindings)["p"]?.data;
    expect(gradient?.[0]).toBe(4);
  });
});
