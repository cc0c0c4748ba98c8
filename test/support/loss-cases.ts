/** Every example of every loss in several settings: the model, its numbers, and its loss written out without the compiler. */
import type { LayerShape, ModelInput } from "../../compiler/contracts/layer.ts";
import type { Model } from "../../compiler/contracts/model.ts";
import { GraphBuilder } from "../../compiler/ir/builder.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import type { LossDefinition } from "../../compiler/losses/index.ts";
import { operations } from "../../compiler/ops/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { withDefaults } from "../../compiler/keys/define.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { optimiseGraph } from "../../compiler/stages/6-optimise.ts";
import { ctcByPaths } from "./ctc-by-paths.ts";
import { inputGradients } from "./input-gradients.ts";
import { testNumbers } from "./numbers.ts";
import { untold } from "./untold.ts";

export type Example = LossDefinition["examples"][number];
type Config = Readonly<Record<string, unknown>>;

/** What the compiled model must agree with, of one unit: one target, one row of a distribution over classes, or all labels. */
type Reference = (
  x: readonly number[],
  y: readonly number[],
  config: Config,
  variance: number,
) => number | { readonly loss: number; readonly count: number };

const logSumExp = (x: readonly number[]): number => {
  const largest = Math.max(...x);
  return largest + Math.log(x.reduce((sum, value) => sum + Math.exp(value - largest), 0));
};
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const listOf = (value: unknown, size: number, otherwise: number): readonly number[] =>
  Array.isArray(value) ? (value as readonly number[]) : new Array<number>(size).fill(otherwise);

/** A class of weight w that is not ignored. */
function ofClass(
  { ignore_index, class_weight }: Config,
  classes: number,
  y: number,
  loss: (weights: readonly number[]) => number,
): { readonly loss: number; readonly count: number } {
  if (y === ignore_index) return { loss: 0, count: 0 };
  const weights = listOf(class_weight, classes, 1);
  return { loss: loss(weights), count: weights[y] as number };
}

export const elementOf: Readonly<Record<string, Reference>> = {
  mse: ([x = 0], [y = 0]) => (x - y) ** 2,
  l1: ([x = 0], [y = 0]) => Math.abs(x - y),
  huber: ([x = 0], [y = 0], { delta }) => {
    const error = Math.abs(x - y);
    const limit = Number(delta);
    return error < limit ? 0.5 * error * error : limit * (error - 0.5 * limit);
  },
  smooth_l1: ([x = 0], [y = 0], { beta }) => {
    const error = Math.abs(x - y);
    return error < Number(beta) ? (0.5 * error * error) / Number(beta) : error - 0.5 * Number(beta);
  },
  bce: ([x = 0], [y = 0]) => -y * Math.log(x) - (1 - y) * Math.log(1 - x),
  // pos_weight of the last axis is told by the cell's position.
  bce_with_logits: ([x = 0], [y = 0], { pos_weight }) => {
    const probability = 1 / (1 + Math.exp(-x));
    return -Number(pos_weight ?? 1) * y * Math.log(probability) - (1 - y) * Math.log(1 - probability);
  },
  cross_entropy: (x, y, config) => {
    const surprise = x.map((value) => logSumExp(x) - value);
    const smoothing = Number(config["label_smoothing"]);
    const against = (target: readonly number[], weights: readonly number[]): number =>
      sumOf(
        surprise.map((value, c) => {
          const probability = (1 - smoothing) * (target[c] as number) + smoothing / x.length;
          return (weights[c] as number) * probability * value;
        }),
      );
    if (y.length === x.length) return against(y, listOf(config["class_weight"], x.length, 1));
    const [label = 0] = y;
    const oneHot = x.map((_, c) => (c === label ? 1 : 0));
    return ofClass(config, x.length, label, (weights) => against(oneHot, weights));
  },
  nll: (x, [y = 0], config) => ofClass(config, x.length, y, (weights) => -(weights[y] as number) * (x[y] as number)),
  ctc: (x, y, { blank, classes, reduction }) => {
    const loss = ctcByPaths(x, Number(classes), y, Number(blank));
    // As zero_infinity has it.
    if (!Number.isFinite(loss)) return 0;
    return reduction === "sum" ? loss : loss / y.length;
  },
  kl_div: ([x = 0], [y = 0], { log_target }) => {
    if (log_target === true) return Math.exp(y) * (y - x);
    return y === 0 ? 0 : y * (Math.log(y) - x);
  },
  quantile: (x, [y = 0], { levels }) => {
    const list = listOf(levels, 0, 0);
    const pinball = (level: number, error: number): number => (error > 0 ? level * error : (level - 1) * error);
    return { loss: sumOf(list.map((level, index) => pinball(level, y - (x[index] as number)))), count: list.length };
  },
  gaussian_nll: ([x = 0], [y = 0], { full, eps }, variance) => {
    const bounded = Math.max(variance, Number(eps));
    const constant = full === true ? 0.5 * Math.log(2 * Math.PI) : 0;
    return 0.5 * (Math.log(bounded) + (x - y) ** 2 / bounded) + constant;
  },
};

/** The loss of one element as its own graph gives it: what masks and means are held against, where there is no formula. */
function ofOwnGraph({ elements }: LossDefinition, { targetKind }: Example): Reference {
  return (x, y, config) => {
    const o = operations(new GraphBuilder());
    const [input, target] = [
      o.argument("input", "x", [1, x.length]),
      o.argument("input", "y", targetKind === "class" ? [1] : [1, y.length]),
    ];
    const found = elements(o, config, input, target, { input: undefined, target: undefined }, {});
    const { values, counts } = "values" in found ? found : { values: found, counts: o.constant(1, found.shape) };
    const outputs = { loss: values, count: counts };
    const graph: Graph = { name: "element", outputs: Object.entries(outputs).map(([name, node]) => ({ name, node })) };
    const results = interpret(graph, { x: Float64Array.from(x), y: Float64Array.from(y) });
    const total = (name: keyof typeof outputs): number => sumOf([...(results[name]?.data ?? [])]);
    return { loss: total("loss"), count: total("count") };
  };
}

/** What a loss makes of its worked numbers. */
export function workedLoss(definition: LossDefinition, worked: NonNullable<LossDefinition["worked"]>): number {
  const { targetKind } = definition.examples[0] as Example;
  const config = withDefaults(definition.keys, worked.config ?? {});
  const found = ofOwnGraph(definition, { targetKind } as Example)(worked.input, worked.target, config, NaN);
  return typeof found === "number" ? found : found.loss;
}

export interface LossSetting {
  readonly batchSize: number;
  readonly lengths: boolean;
  /** Examples that count; the others fill the batch. */
  readonly real: number;
  readonly config: Config;
  /** Whether some numbers of the target are not known; classes always are. */
  readonly missing?: boolean;
}

export const lossSettings: readonly (LossSetting & { readonly title: string })[] = [
  { title: "one example", batchSize: 1, lengths: false, real: 1, config: { reduction: "mean" } },
  { title: "a batch not full", batchSize: 3, lengths: false, real: 2, config: { reduction: "mean" } },
  { title: "lengths, not full", batchSize: 3, lengths: true, real: 2, config: { reduction: "mean", weight: 0.5 } },
  { title: "a sum", batchSize: 3, lengths: true, real: 3, config: { reduction: "sum" } },
  { title: "missing targets", batchSize: 3, lengths: false, real: 2, config: { reduction: "mean" }, missing: true },
  { title: "missing, lengths", batchSize: 3, lengths: true, real: 3, config: { reduction: "mean" }, missing: true },
  { title: "missing, a sum", batchSize: 2, lengths: false, real: 2, config: { reduction: "sum" }, missing: true },
];

/** The loss between a model input `p`, passed through unchanged, and the target `y`; further layers likewise. */
export function lossModel(
  definition: LossDefinition,
  example: Example,
  { batchSize, lengths, config, missing = false }: LossSetting,
): Model {
  const axes = (shape: readonly number[]): string[] => shape.map((_, axis) => (axis === 0 ? "T" : "C"));
  const shapeOf = (shape: readonly number[]): LayerShape => ({ shape, axes: axes(shape), time: shape.length > 1 });
  const isClass = example.targetKind === "class" || example.targetKind === "labels";
  const input = (name: string, role: "input" | "target", dimensions: readonly number[]): ModelInput => ({
    name,
    role,
    shape: dimensions,
    axes: axes(dimensions),
    dtype: role === "target" && isClass ? "int32" : "float32",
    lengths: lengths && name === "p" && dimensions.length > 1,
    ...(missing && role === "target" && !isClass ? { mayBeMissing: true } : {}),
    pointer: "",
  });
  const passed = { p: example.input, ...example.layers };
  return {
    name: "loss",
    description: undefined,
    spec: {},
    batchSize,
    inputs: [
      ...Object.entries(passed).map(([name, shape]) => input(name, "input", shape)),
      input("y", "target", example.target),
    ],
    layers: Object.entries(passed).map(([name, shape]) => ({
      name: `same_${name}`,
      kind: "dropout",
      config: { p: 0 },
      scope: "",
      needs: [],
      from: [name],
      inputs: [shapeOf(shape)],
      output: shapeOf(shape),
      extras: {},
      parameters: [],
      pointer: "",
    })),
    ...untold,
    losses: [
      {
        kind: definition.kind,
        config: { ...withDefaults(definition.keys, example.config), ...config, ...example.config },
        input: "same_p",
        target: "y",
        layers: Object.fromEntries(Object.keys(example.layers ?? {}).map((key) => [key, `same_${key}`])),
        weight: Number(config["weight"] ?? 1),
        fact: { input: "same_p", target: "y", reduction: "mean" },
        pointer: "",
      },
    ],
    optimizer: { kind: "sgd", config: { momentum: 0, dampening: 0, nesterov: false, weight_decay: 0 } },
    clipping: { norm: undefined, value: undefined },
    outputs: [{ name: "same_p", shape: shapeOf(example.input) }],
    parameters: [],
  };
}

export interface LossCase {
  readonly model: Model;
  /** `p`, `y`, `y.mask`, `p.lengths`, `batch.mask` and the further layers by key. */
  readonly bindings: Readonly<Record<string, Float64Array>>;
  /** The loss by the formula, and what a mean is weighed by: what it divides by; of a sum, the examples. */
  readonly expected: { readonly loss: number; readonly count: number };
  /** `loss` and `loss.count`. */
  readonly evaluate: Graph;
  /** `p`: the gradient of the loss with respect to the input. */
  readonly gradients: Graph;
  readonly loss: Graph;
}

/** Numbers of a target, exact in float32. */
function targetNumbers({ targetKind, target, input, config }: Example, batchSize: number): Float64Array {
  const count = batchSize * sizeOf(target);
  const classes = input[input.length - 1] as number;
  const numbers = testNumbers(count, 6);
  switch (targetKind) {
    case "labels": {
      const blank = Number(config["blank"] ?? 0);
      return numbers.map((_, cell) => (blank + 1 + ((cell >> 1) % (classes - 1))) % classes);
    }
    case "class":
      return numbers.map((_, cell) => (cell * 2 + 1) % classes);
    case "real":
      return numbers.map((value) => Math.fround(value));
    case "probability":
      // Every fourth one certain, one way or the other.
      return numbers.map((value, cell) => (cell % 4 === 3 ? (cell >> 2) % 2 : Math.fround((value + 1) / 2)));
    case "distribution": {
      const width = target[target.length - 1] as number;
      const positive = numbers.map((value, cell) => (cell % width === 1 ? 0 : value + 1.1));
      const total = (cell: number): number => sumOf([...positive.slice(cell - (cell % width)).slice(0, width)]);
      return positive.map((value, cell) => Math.fround(value / total(cell)));
    }
    default:
      return targetKind satisfies never;
  }
}

function divisorOf(reduction: unknown, count: number, examples: number): number {
  if (reduction === "mean") return count;
  return reduction === "batchmean" ? examples : 1;
}

/** 1 where a cell of the target is known: every third one is not, where some may be missing. */
function knownCells(target: Float64Array, { targetKind }: Example, { missing = false }: LossSetting): Float64Array {
  const isClass = targetKind === "class" || targetKind === "labels";
  return target.map((_, cell) => (missing && !isClass && cell % 3 === 1 ? 0 : 1));
}

/** Cells of the target that make one loss. */
function unitSize({ kind }: LossDefinition, { targetKind, target }: Example): number {
  const isRow = kind === "cross_entropy" && targetKind === "distribution";
  return isRow || targetKind === "labels" ? (target[target.length - 1] as number) : 1;
}

/** What labels are aligned with; the other losses are masked target by target. */
function withinLength({ targetKind, input }: Example, x: readonly number[], length: number): readonly number[] {
  return targetKind === "labels" ? x.slice(0, length * (input[input.length - 1] as number)) : x;
}

export function lossCase(definition: LossDefinition, example: Example, setting: LossSetting): LossCase {
  const model = lossModel(definition, example, setting);
  const inputSize = sizeOf(example.input);
  const targetSize = sizeOf(example.target);
  // Some errors below and some above every delta, none at a kink; exact in float32.
  const p = testNumbers(setting.batchSize * inputSize, 5).map((value) =>
    Math.fround(example.inputKind === "probability" ? 0.5 + 0.4 * value : 1.5 * value + 0.01),
  );
  const y = targetNumbers(example, setting.batchSize);
  const further = Object.entries(example.layers ?? {}).map(([key, shape]) => {
    const numbers = testNumbers(setting.batchSize * sizeOf(shape), 7);
    return [key, numbers.map((value) => Math.fround(Math.abs(value) + 0.1))] as const;
  });
  const lengths = Float64Array.from({ length: setting.batchSize }, (_, row) => 1 + (row % (example.input[0] ?? 1)));
  const mask = Float64Array.from({ length: setting.batchSize }, (_, row) => (row < setting.real ? 1 : 0));
  const known = knownCells(y, example, setting);

  const steps = example.input.length > 1 ? (example.input[0] as number) : 1;
  const masked = setting.lengths && example.input.length > 1;
  const config = { ...withDefaults(definition.keys, example.config), ...setting.config, ...example.config };
  const unit = unitSize(definition, example);
  const classes = example.input[example.input.length - 1] as number;
  const units = targetSize / unit;
  const reference = elementOf[definition.kind] ?? ofOwnGraph(definition, example);
  let total = 0;
  let count = 0;
  for (let row = 0; row < setting.real; row++) {
    for (let index = 0; index < units; index++) {
      if (masked && Math.floor(index / (units / steps)) >= (lengths[row] as number)) continue;
      const cells = (all: ArrayLike<number>): number[] => {
        const size = all.length / setting.batchSize / units;
        const start = Math.floor((row * units + index) * size + 1e-9);
        return Array.from({ length: Math.max(1, size) }, (_, cell) => all[start + cell] as number);
      };
      if (cells(known).includes(0)) continue;
      const weights = config["pos_weight"];
      const own = Array.isArray(weights) ? { pos_weight: weights[index % weights.length] as number } : {};
      const [variance = NaN] = further.flatMap(([, values]) => cells(values));
      const x = masked ? withinLength(example, cells(p), lengths[row] as number) : cells(p);
      const found = reference(x, cells(y), { ...config, ...own, classes }, variance);
      total += typeof found === "number" ? found : found.loss;
      count += typeof found === "number" ? 1 : found.count;
    }
  }
  const isMean = config["reduction"] === "mean";
  const divisor = divisorOf(config["reduction"], count, setting.real);
  // Where nothing counts the mean is 0.
  const loss = (total / (divisor === 0 ? 1 : divisor)) * Number(setting.config["weight"] ?? 1);
  const forward = build(model);
  return {
    model,
    bindings: { p, y, "y.mask": known, ...Object.fromEntries(further), "p.lengths": lengths, "batch.mask": mask },
    expected: { loss, count: isMean ? count : setting.real },
    evaluate: optimiseGraph(forward.evaluate),
    gradients: optimiseGraph(inputGradients(forward.training, ["p"])),
    loss: optimiseGraph({ name: "loss", outputs: [{ name: "loss", node: forward.training.loss }] }),
  };
}
