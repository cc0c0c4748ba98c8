/** Every example of every loss in several settings: the model, its numbers, and its loss written out without the compiler. */
import type { LayerShape, Model, ModelInput } from "../../compiler/contracts.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import type { LossDefinition } from "../../compiler/losses/index.ts";
import { withDefaults } from "../../compiler/schema/keys.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { optimiseGraph } from "../../compiler/stages/6-optimise.ts";
import { inputGradients } from "./input-gradients.ts";
import { testNumbers } from "./numbers.ts";

export type Example = LossDefinition["examples"][number];
type Config = Readonly<Record<string, unknown>>;

/** The loss of one row of the input against its target. */
export const elementOf: Readonly<Record<string, (x: readonly number[], y: number, config: Config) => number>> = {
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

export interface LossSetting {
  readonly batchSize: number;
  readonly lengths: boolean;
  /** Examples that count; the others fill the batch. */
  readonly real: number;
  readonly config: Config;
}

export const lossSettings: readonly (LossSetting & { readonly title: string })[] = [
  { title: "one example", batchSize: 1, lengths: false, real: 1, config: { reduction: "mean" } },
  { title: "a batch not full", batchSize: 3, lengths: false, real: 2, config: { reduction: "mean" } },
  { title: "lengths, not full", batchSize: 3, lengths: true, real: 2, config: { reduction: "mean", weight: 0.5 } },
  { title: "a sum", batchSize: 3, lengths: true, real: 3, config: { reduction: "sum" } },
];

/** The loss between a model input `p`, passed through unchanged, and the target `y`. */
export function lossModel(
  definition: LossDefinition,
  example: Example,
  { batchSize, lengths, config }: LossSetting,
): Model {
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

export interface LossCase {
  readonly model: Model;
  readonly bindings: Readonly<Record<"p" | "y" | "p.lengths" | "batch.mask", Float64Array>>;
  /** The loss by the formula, and what a mean is weighed by: what it divides by; of a sum, the examples. */
  readonly expected: { readonly loss: number; readonly count: number };
  /** `loss` and `loss.count`. */
  readonly evaluate: Graph;
  /** `p`: the gradient of the loss with respect to the input. */
  readonly gradients: Graph;
  readonly loss: Graph;
}

export function lossCase(definition: LossDefinition, example: Example, setting: LossSetting): LossCase {
  const model = lossModel(definition, example, setting);
  const classes = example.input[example.input.length - 1] as number;
  const inputSize = sizeOf(example.input);
  const targetSize = sizeOf(example.target);
  // Some errors below and some above every delta, none at a kink; exact in float32.
  const p = testNumbers(setting.batchSize * inputSize, 5).map((value) => Math.fround(1.5 * value + 0.01));
  const y = testNumbers(setting.batchSize * targetSize, 6).map((value, cell) =>
    example.targetKind === "class" ? (cell * 2 + 1) % classes : Math.fround(value),
  );
  const lengths = Float64Array.from({ length: setting.batchSize }, (_, row) => 1 + (row % (example.input[0] ?? 1)));
  const mask = Float64Array.from({ length: setting.batchSize }, (_, row) => (row < setting.real ? 1 : 0));

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
  const isSum = setting.config["reduction"] === "sum";
  const loss = (isSum ? total : total / count) * Number(setting.config["weight"] ?? 1);
  const forward = build(model);
  return {
    model,
    bindings: { p, y, "p.lengths": lengths, "batch.mask": mask },
    expected: { loss, count: isSum ? setting.real : count },
    evaluate: optimiseGraph(forward.evaluate),
    gradients: optimiseGraph(inputGradients(forward.training, ["p"])),
    loss: optimiseGraph({ name: "loss", outputs: [{ name: "loss", node: forward.training.loss }] }),
  };
}
