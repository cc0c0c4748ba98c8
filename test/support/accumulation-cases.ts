/** A model with two heads, six examples of different length, and ways to go through them in batches of two. */
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { compileText } from "./fixture-file.ts";
import type { Tensors } from "./interpreted-model.ts";
import { asFloat32, testNumbers } from "./numbers.ts";

/** Losses that count the same, differently, and not at all. */
export const accumulationLosses: readonly (readonly [title: string, loss: string])[] = [
  [
    "counts that differ by a factor",
    "[{kind: mse, input: per_step, target: y}, {kind: l1, input: narrow, target: w, weight: 0.6}]",
  ],
  [
    "counts of their own",
    "[{kind: mse, input: per_step, target: y, weight: 0.7}, {kind: huber, input: whole, target: z}, {kind: l1, input: narrow, target: w}]",
  ],
  [
    "a sum and a mean",
    "[{kind: huber, input: per_step, target: y, reduction: sum}, {kind: mse, input: narrow, target: w}]",
  ],
];

/** @param train as text: `batch_size: 2, accumulate: 3` */
export function accumulationModel(
  loss: string,
  train: string,
  optimizer = "{kind: adam, learning_rate: 0.05}",
): Compilation {
  const hasWhole = loss.includes("whole");
  return compileText(
    "two-heads.yaml",
    [
      "specloom: 1",
      "data: {kind: tensors, file: data.json}",
      "inputs:",
      "  x: {shape: [4, 2], lengths: true}",
      "  y: {shape: [4, 3]}",
      "  w: {shape: [4, 1]}",
      ...(hasWhole ? ["  z: {shape: [2]}"] : []),
      "layers:",
      "  - {name: encoder, kind: lstm, from: x, hidden_size: 3}",
      "  - {name: per_step, kind: linear, out_features: 3}",
      "  - {name: narrow, kind: linear, from: encoder, out_features: 1}",
      ...(hasWhole
        ? ["  - {name: last, kind: last_step, from: encoder}", "  - {name: whole, kind: linear, out_features: 2}"]
        : []),
      `loss: ${loss}`,
      `optimizer: ${optimizer}`,
      `train: {${train}}`,
      "",
    ].join("\n"),
  );
}

export const exampleCount = 6;

const data: Readonly<Tensors> = {
  x: asFloat32(testNumbers(exampleCount * 8, 1)),
  "x.lengths": [4, 1, 2, 3, 1, 4],
  y: asFloat32(testNumbers(exampleCount * 12, 2)),
  w: asFloat32(testNumbers(exampleCount * 4, 3)),
  z: asFloat32(testNumbers(exampleCount * 2, 4)),
};

/** What the model reads of the examples `start` up to `end`. */
export function exampleRows({ model }: Compilation, start: number, end: number): Tensors {
  const names = model.inputs.flatMap(({ name, lengths }) => (lengths ? [name, `${name}.lengths`] : [name]));
  return Object.fromEntries(
    names.map((name) => {
      const values = Array.from(data[name] ?? []);
      const size = values.length / exampleCount;
      return [name, values.slice(start * size, end * size)];
    }),
  );
}

export function initialTensors({ model }: Compilation): Tensors {
  return Object.fromEntries(
    model.parameters.map(({ name, shape }, index) => [name, asFloat32(testNumbers(sizeOf(shape), index + 7))]),
  );
}
