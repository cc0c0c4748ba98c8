/** ctc against all paths written down, against central differences, and over more steps than float32 forgives easily. */
import { describe, expect, it } from "vitest";
import type { Graph } from "../../compiler/ir/graph.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { optimiseGraph } from "../../compiler/stages/6-optimise.ts";
import { ctcByPaths } from "../support/ctc-by-paths.ts";
import { centralDifferences } from "../support/differences.ts";
import { compileText } from "../support/fixture-file.ts";
import { inputGradients } from "../support/input-gradients.ts";
import { largestDifference, testNumbers } from "../support/numbers.ts";
import { interpretedTrainee, liveTrainee } from "../support/trainee.ts";

interface Setting {
  readonly batch: number;
  readonly steps: number;
  readonly classes: number;
  readonly most: number;
  readonly loss?: string;
}

const specText = ({ batch, steps, classes, most, loss = "" }: Setting): string => `
specloom: 1
name: ctc
data: {kind: tensors, file: data.json}
inputs:
  x: {shape: [${steps}, ${classes}], lengths: true}
  y: {shape: [${most}], dtype: int32, lengths: true}
layers:
  - {name: logits, kind: linear, from: x, out_features: ${classes}}
loss: {kind: ctc, input: logits, target: y${loss}}
optimizer: {kind: sgd, learning_rate: 0.1}
train: {batch_size: ${batch}}
outputs: [logits]
`;

/** The layer hands its input on unchanged, so that gradients of the input are those of the logits. */
function unchanged(classes: number): Record<string, Float64Array> {
  return {
    "logits.weight": Float64Array.from({ length: classes * classes }, (_, cell) =>
      cell % (classes + 1) === 0 ? 1 : 0,
    ),
    "logits.bias": new Float64Array(classes),
  };
}

interface Examples {
  readonly lengths: readonly number[];
  readonly labels: readonly (readonly number[])[];
}

function bindingsOf({ batch, steps, classes, most }: Setting, { lengths, labels }: Examples, padding: number) {
  const x = testNumbers(batch * steps * classes, 4).map((value) => 2 * value);
  const y = new Float64Array(batch * most).fill(padding);
  labels.forEach((row, example) => {
    y.set(row, example * most);
  });
  return {
    ...unchanged(classes),
    x,
    "x.lengths": Float64Array.from(lengths),
    y,
    "y.lengths": Float64Array.from(labels, (row) => row.length),
    "batch.mask": new Float64Array(batch).fill(1),
  };
}

const cases: readonly { readonly title: string; readonly setting: Setting; readonly examples: Examples }[] = [
  {
    title: "repeats, a target that just fits, an empty one, one step",
    setting: { batch: 5, steps: 5, classes: 3, most: 3 },
    examples: { lengths: [5, 5, 4, 3, 1], labels: [[1, 1, 2], [2, 2, 2], [], [1, 1], [2]] },
  },
  {
    title: "a sum, the blank last",
    setting: { batch: 2, steps: 4, classes: 4, most: 2, loss: ", blank: 3, reduction: sum" },
    examples: {
      lengths: [4, 2],
      labels: [
        [0, 0],
        [2, 1],
      ],
    },
  },
  {
    title: "targets that do not fit, with zero_infinity",
    setting: { batch: 3, steps: 3, classes: 3, most: 3, loss: ", blank: 1, zero_infinity: true" },
    examples: {
      lengths: [2, 3, 1],
      labels: [
        [0, 0],
        [2, 0, 2],
        [2, 0],
      ],
    },
  },
  {
    title: "one example, one step, one label",
    setting: { batch: 1, steps: 1, classes: 2, most: 1 },
    examples: { lengths: [1], labels: [[1]] },
  },
];

describe.each(cases)("$title", ({ setting, examples }) => {
  const { batch, steps, classes, loss = "" } = setting;
  const { model } = compileText("ctc.yaml", specText(setting));
  const { training } = build(model);
  const graph: Graph = optimiseGraph({ name: "loss", outputs: [{ name: "loss", node: training.loss }] });
  const gradients = optimiseGraph(inputGradients(build(model).training, ["x"]));
  const bindings = bindingsOf(setting, examples, 0);
  const blank = Number(/blank: (\d)/.exec(loss)?.[1] ?? 0);

  it("is what all paths add up to", () => {
    const each = examples.labels.map((labels, example) => {
      const start = example * steps * classes;
      const logits = Array.from(bindings.x.slice(start, start + (examples.lengths[example] ?? 0) * classes));
      const value = ctcByPaths(logits, classes, labels, blank);
      const finite = loss.includes("zero_infinity") && !Number.isFinite(value) ? 0 : value;
      return loss.includes("sum") ? finite : finite / Math.max(labels.length, 1) / batch;
    });
    const expected = each.reduce((sum, value) => sum + value, 0);
    expect(interpret(graph, bindings)["loss"]?.data[0]).toBeCloseTo(expected, 12);
  });

  it("has the gradient of central differences", () => {
    const found = interpret(gradients, bindings)["x"]?.data ?? [];
    expect(largestDifference(found, centralDifferences(graph, bindings, "x"))).toBeLessThan(1e-8);
  });

  it("reads nothing beyond the lengths, and passes nothing back to there", () => {
    const other = bindingsOf(setting, examples, 7777);
    const isPadding = (cell: number): boolean =>
      Math.floor((cell % (steps * classes)) / classes) >= (examples.lengths[Math.floor(cell / (steps * classes))] ?? 0);
    const x = other.x.map((value, cell) => (isPadding(cell) ? NaN : value));
    const found = interpret(gradients, { ...other, x })["x"]?.data ?? [];
    expect(largestDifference(found, interpret(gradients, bindings)["x"]?.data ?? [])).toBe(0);
    expect(Array.from(found).filter((_, cell) => isPadding(cell))).toEqual(
      Array.from(found, (_, cell) => cell)
        .filter(isPadding)
        .map(() => 0),
    );
  });
});

describe("more than 1000 steps", () => {
  const setting: Setting = { batch: 2, steps: 1100, classes: 5, most: 40 };
  const compilation = compileText("ctc.yaml", specText(setting));
  const random = testNumbers(2 * 40, 8);
  const labels = [40, 31].map((count, example) =>
    Array.from({ length: count }, (_, place) => 1 + Math.floor(2 * (1 + (random[example * 40 + place] ?? 0)))),
  );
  const {
    x,
    y,
    "x.lengths": lengths,
    "y.lengths": labelLengths,
  } = bindingsOf(setting, { lengths: [1100, 977], labels }, 0);
  const inputs = { x: x.map(Math.fround), "x.lengths": lengths, y, "y.lengths": labelLengths };
  const parameters = {
    "logits.weight": testNumbers(25, 3).map(Math.fround),
    "logits.bias": testNumbers(5, 2).map(Math.fround),
  };

  it.each(["wasm", "cpu"] as const)(
    "on %s as interpreted",
    async (backend) => {
      const exact = interpretedTrainee(compilation, parameters);
      const live = await liveTrainee(compilation, parameters, { backend });
      const expected = await exact.evaluate(inputs);
      expect(Math.abs((await live.evaluate(inputs)) - expected) / expected).toBeLessThan(1e-6);
      const gradients = await exact.gradients(inputs);
      const found = await live.gradients(inputs);
      await live.dispose();
      for (const [name, values] of Object.entries(gradients)) {
        const scale = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(largestDifference(found[name] ?? [], values) / scale, name).toBeLessThan(2e-5);
      }
    },
    240_000,
  );
});
