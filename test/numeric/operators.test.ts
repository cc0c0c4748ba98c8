/**
 * One layer at a time against worked operator cases: those of the ONNX conformance suite that sequences have (in its
 * layout [B, C, T] the same numbers lie transposed), and sequences of more than 1000 steps against plain loops.
 */
import { describe, expect, it } from "vitest";
import type { LayerShape } from "../../compiler/contracts/layer.ts";
import { layers } from "../../compiler/layers/index.ts";
import type { LayerDefinition } from "../../compiler/layers/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { optimiseGraph } from "../../compiler/stages/6-optimise.ts";
import { inputGradients } from "../support/input-gradients.ts";
import { layerModel } from "../support/layer-model.ts";
import { runProgram } from "../support/run-program.ts";
import { lowerGraph } from "../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../compiler/targets/gpu/limits.ts";
import { largestDifference } from "../support/numbers.ts";
import { seeded } from "../support/seeded.ts";

type Numbers = readonly number[];

interface Given {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Without the batch, which is 1; a sequence where there are two axes. */
  readonly inputs: readonly { readonly shape: Numbers; readonly data: Numbers; readonly length?: number }[];
  readonly parameters?: Readonly<Record<string, Numbers>>;
}

function definitionOf(kind: string): LayerDefinition {
  const definition = layers.find((layer) => layer.kind === kind);
  if (definition === undefined) throw new Error(`no layer ${kind}`);
  return definition;
}

function sequenceShape(steps: number): LayerShape {
  return { shape: [steps, 1], axes: ["T", "C"], time: true };
}

/** The layer's output, interpreted and as a program, which must be the same. */
function run({ kind, config, inputs, parameters = {} }: Given): Numbers {
  const definition = definitionOf(kind);
  const shapes = inputs.map(({ shape }): LayerShape => {
    const time = shape.length > 1;
    return { shape, axes: shape.map((_, axis) => ["T", "C", "D"][axis] ?? "E"), time };
  });
  const lengths = inputs.some(({ length }) => length !== undefined);
  const model = layerModel(definition, { config, inputs: shapes }, { batchSize: 1, lengths });
  const graph = optimiseGraph(build(model).predict);
  const bindings: Record<string, Float64Array> = {};
  inputs.forEach(({ shape, data, length }, position) => {
    bindings[`x${position}`] = Float64Array.from(data);
    if (lengths) bindings[`x${position}.lengths`] = Float64Array.of(length ?? (shape[0] as number));
  });
  for (const [name, data] of Object.entries(parameters)) bindings[`layer.${name}`] = Float64Array.from(data);
  const interpreted = interpret(graph, bindings)["layer"]?.data ?? new Float64Array();
  const program = runProgram(lowerGraph(graph, gpuLimits), bindings)["layer"] ?? new Float64Array();
  interpreted.forEach((value, cell) => {
    if (Number.isNaN(value)) expect(program[cell]).toBeNaN();
    else expect(Math.abs((program[cell] ?? Number.NaN) - value)).toBeLessThan(1e-12);
  });
  return [...interpreted];
}

function expectClose(found: Numbers, expected: Numbers): void {
  expect(found.length).toBe(expected.length);
  expect(largestDifference(found, expected)).toBeLessThan(1e-7);
}

const range = (count: number): Numbers => Array.from({ length: count }, (_, index) => index);
const sequenceOf = (data: Numbers) => [{ shape: [data.length, 1], data }] as const;

describe("activations", () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>, Numbers, Numbers]>([
    ["elu", { alpha: 2 }, [-1, 0, 1], [-1.2642411176571153, 0, 1]],
    ["leaky_relu", { negative_slope: 0.1 }, [-1, 0, 1], [-0.1, 0, 1]],
    ["selu", {}, [-1, 0, 1], [-1.1113307378125625, 0, 1.0507009873554805]],
    ["softplus", {}, [-1, 0, 1], [0.31326168751822286, 0.6931471805599453, 1.3132616875182228]],
    ["gelu", {}, [-1, 0, 1], [-0.15865525393145707, 0, 0.8413447460685429]],
    ["gelu", { approximate: "tanh" }, [-1, 0, 1], [-0.15880800939172324, 0, 0.8411919906082768]],
    ["sigmoid", {}, [-1, 0, 1], [0.2689414213699951, 0.5, 0.7310585786300049]],
    ["softmax", {}, [-1, 0, 1], [0.09003057317038046, 0.24472847105479767, 0.6652409557748219]],
    [
      "softmax",
      {},
      [10000, 10001, 10002, 10003],
      [0.03205860328008499, 0.08714431874203257, 0.23688281808991013, 0.6439142598879724],
    ],
    ["silu", {}, [-1, 0, 1], [-0.2689414213699951, 0, 0.7310585786300049]],
  ])("%s %o", (name, keys, x, expected) => {
    expectClose(
      run({ kind: "activation", config: { function: name, ...keys }, inputs: [{ shape: [x.length], data: x }] }),
      expected,
    );
  });

  it("softplus keeps what is far below 1", () => {
    const [far = 0] = run({
      kind: "activation",
      config: { function: "softplus" },
      inputs: [{ shape: [1], data: [-40] }],
    });
    expect(far / Math.exp(-40)).toBeCloseTo(1, 10);
  });
});

describe("convolution and pooling", () => {
  const ones = { weight: [1, 1, 1] };
  it.each<readonly [string, Readonly<Record<string, unknown>>, Numbers]>([
    ["without padding", {}, [3, 6, 9]],
    ["with pads [1, 1]", { padding: 1 }, [1, 3, 6, 9, 7]],
    ["autopad same", { padding: "same" }, [1, 3, 6, 9, 7]],
    ["strides and pads", { stride: 2, padding: 1 }, [1, 6, 7]],
    ["strides", { stride: 2 }, [3, 9]],
    ["dilations", { dilation: 2 }, [6]],
    ["dilations and pads", { dilation: 2, padding: 2 }, [2, 4, 6, 4, 6]],
    ["causal", { padding: "causal" }, [0, 1, 3, 6, 9]],
  ])("conv %s", (_title, keys, expected) => {
    const config = { out_channels: 1, kernel_size: 3, bias: false, ...keys };
    expectClose(run({ kind: "conv1d", config, inputs: sequenceOf(range(5)), parameters: ones }), expected);
  });

  it("conv of groups, with bias", () => {
    const config = { out_channels: 2, kernel_size: 2, groups: 2 };
    const parameters = { weight: [1, 10, 100, 1000], bias: [0.5, 0.25] };
    const x = { shape: [3, 2], data: [1, 4, 2, 5, 3, 6] };
    expectClose(run({ kind: "conv1d", config, inputs: [x], parameters }), [21.5, 5400.25, 32.5, 6500.25]);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>, Numbers]>([
    ["max", { kernel_size: 2, stride: 1 }, [3, 3, 5, 5]],
    ["max", { kernel_size: 2 }, [3, 5]],
    ["mean", { kernel_size: 3, stride: 2 }, [5 / 3, 8 / 3]],
    ["mean", { kernel_size: 5 }, [2.6]],
    ["last", { kernel_size: 2 }, [3, 5]],
    ["max", {}, [5]],
    ["mean", {}, [2.6]],
    ["last", {}, [3]],
  ])("pool %s %o", (reduce, keys, expected) => {
    expectClose(run({ kind: "pool1d", config: { reduce, ...keys }, inputs: sequenceOf([2, 3, 0, 5, 3]) }), expected);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>, Numbers]>([
    ["the whole sequence", {}, [0, 1, 0, 0, 0]],
    ["windows that overlap", { kernel_size: 3, stride: 2 }, [0, 1, 0, 1, 0]],
    ["windows apart", { kernel_size: 2 }, [0, 1, 0, 1, 0]],
  ])("at a tie the first step of %s gets the gradient, as in PyTorch", (_title, keys, expected) => {
    const example = { config: { reduce: "max", ...keys }, inputs: [sequenceShape(5)] };
    const model = layerModel(definitionOf("pool1d"), example, { batchSize: 1 });
    const count = model.layers[0]?.output.shape.reduce((product, size) => product * size, 1) ?? 0;
    const graph = optimiseGraph(inputGradients(build(model).training, ["x0"]));
    // The loss is the mean of (y - target)^2: with targets below by half their number each cotangent is 1.
    const x = [1, 3, 1, 3, 3];
    const bindings = {
      x0: Float64Array.from(x),
      y: new Float64Array(count).fill(3 - count / 2),
      "batch.mask": Float64Array.of(1),
    };
    expectClose([...(interpret(graph, bindings)["x0"]?.data ?? [])], expected);
  });

  it.each(["mean", "max", "last"])("pool %s of no steps is zero", (reduce) => {
    const x = { shape: [3, 1], data: [Number.NaN, 7, -7], length: 0 };
    expectClose(run({ kind: "pool1d", config: { reduce }, inputs: [x] }), [0]);
  });

  it("pool max of what is not a number is not a number", () => {
    const x = { shape: [3, 1], data: [1, Number.NaN, 2] };
    expect(run({ kind: "pool1d", config: { reduce: "max" }, inputs: [x] })).toEqual([Number.NaN]);
  });

  it("what lies beyond a length does not matter, not even NaN", () => {
    const config = { out_channels: 1, kernel_size: 3, padding: "same", bias: false };
    const x = { shape: [5, 1], data: [1, 2, 4, Number.NaN, Number.NaN], length: 3 };
    expectClose(run({ kind: "conv1d", config, inputs: [x], parameters: ones }).slice(0, 3), [3, 7, 6]);
    expectClose(run({ kind: "pool1d", config: { reduce: "mean" }, inputs: [x] }), [7 / 3]);
    expectClose(run({ kind: "pool1d", config: { reduce: "max" }, inputs: [x] }), [4]);
  });

  it("conv and pool over more than 1000 steps", () => {
    const steps = 1503;
    const random = seeded(5);
    const x = Array.from({ length: steps }, () => 2 * random.unit() - 1);
    const weight = [0.5, -1, 2];
    const expected = range(steps).map((t) => weight.reduce((sum, w, k) => sum + w * (x[t + 2 * (k - 1)] ?? 0), 0));
    const config = { out_channels: 1, kernel_size: 3, dilation: 2, padding: "same", bias: false };
    expectClose(run({ kind: "conv1d", config, inputs: sequenceOf(x), parameters: { weight } }), expected);
    expectClose(run({ kind: "pool1d", config: { reduce: "max" }, inputs: sequenceOf(x) }), [Math.max(...x)]);
    const windows = range(500).map((w) => Math.max(...x.slice(3 * w, 3 * w + 5)));
    const pooled = run({ kind: "pool1d", config: { reduce: "max", kernel_size: 5, stride: 3 }, inputs: sequenceOf(x) });
    expectClose(pooled, windows);
  });
});

describe("slices and joins", () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>, Numbers]>([
    ["from both ends", { axis: 1, start: 1, stop: -1 }, [1, 2, 3]],
    ["end out of bounds", { axis: 1, start: 1, stop: 1000 }, [1, 2, 3, 4]],
    ["a negative axis", { axis: -1, start: -3 }, [2, 3, 4]],
    ["steps", { axis: "feature", step: 2 }, [0, 2, 4]],
    ["negative steps", { axis: "feature", start: 20, stop: 0, step: -3 }, [4, 1]],
    ["negative steps to the edge", { axis: "feature", step: -1 }, [4, 3, 2, 1, 0]],
  ])("slice %s", (_title, config, expected) => {
    expectClose(run({ kind: "slice", config, inputs: [{ shape: [5], data: range(5) }] }), expected);
  });

  it("slice of the last steps of an example", () => {
    const x = { shape: [6, 1], data: range(6), length: 4 };
    const found = run({ kind: "slice", config: { axis: "time", start: -3 }, inputs: [x] });
    expectClose(found, [1, 2, 3]);
    const short = run({ kind: "slice", config: { axis: "time", start: -3 }, inputs: [{ ...x, length: 2 }] });
    expectClose(short.slice(0, 2), [0, 1]);
  });

  it("concat of time goes on where the first example ends", () => {
    const first = { shape: [3, 1], data: [1, 2, Number.NaN], length: 2 };
    const second = { shape: [4, 1], data: [3, 4, 5, 6], length: 3 };
    expectClose(
      run({ kind: "concat", config: { axis: "time" }, inputs: [first, second] }).slice(0, 5),
      [1, 2, 3, 4, 5],
    );
  });

  it("reshape and flatten put zeros where an example has no step", () => {
    const x = { shape: [4, 1], data: [1, 2, 3, 9], length: 3 };
    expectClose(run({ kind: "reshape", config: { shape: [2, 2] }, inputs: [x] }), [1, 2, 3, 0]);
    expectClose(run({ kind: "flatten", config: {}, inputs: [x] }), [1, 2, 3, 0]);
  });
});
