import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../compiler/ir/builder.ts";
import type { Graph, Node } from "../../../compiler/ir/graph.ts";
import { attend, dotEnergies } from "../../../compiler/layers/attend.ts";
import { dropped } from "../../../compiler/layers/dropout.ts";
import type { LayerDefinition } from "../../../compiler/layers/index.ts";
import { layers } from "../../../compiler/layers/index.ts";
import type { Operations } from "../../../compiler/ops/index.ts";
import { operations } from "../../../compiler/ops/index.ts";
import { interpret } from "../../../compiler/ops/interpret.ts";
import { build } from "../../../compiler/stages/4-build.ts";
import { differentiate } from "../../../compiler/stages/5-differentiate.ts";
import { optimise, optimiseGraph } from "../../../compiler/stages/6-optimise.ts";
import { lower } from "../../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../../compiler/targets/gpu/limits.ts";
import { inputGradients } from "../../support/input-gradients.ts";
import { layerModel } from "../../support/layer-model.ts";
import { allNodes, largestDifference, testBindings, testNumbers } from "../../support/numbers.ts";

type Example = LayerDefinition["examples"][number];

const definitionOf = (kind: string): LayerDefinition => {
  const found = layers.find((layer) => layer.kind === kind);
  if (found === undefined) throw new Error(`no layer ${kind}`);
  return found;
};

const [batchSize, steps, keys, heads] = [2, 5, 7, 3] as const;
const sequence = (length: number, width: number): Example["inputs"][number] => ({
  shape: [length, width],
  axes: [length === keys ? "S" : "T", "C"],
  time: true,
});
const crossing: Example = {
  config: { num_heads: heads, causal: true },
  inputs: [sequence(steps, 6), sequence(keys, 4)],
};

describe("memory", () => {
  /** Buffers that are as large as the weights of all heads, by program. */
  const sizable = (example: Example, outputs: readonly string[]): Record<string, string[]> => {
    const model = layerModel(definitionOf("multi_head_attention"), example, { batchSize, lengths: true });
    const asked = model.outputs.filter(({ name }) => outputs.includes(name));
    const programs = lower(
      optimise(differentiate({ ...model, outputs: asked }, build({ ...model, outputs: asked }))),
      gpuLimits,
    );
    const found = Object.entries(programs).map(([name, { buffers }]) => [
      name,
      buffers
        .filter(({ shape }) => shape.join() === [batchSize, heads, steps, keys].join())
        .map((buffer) => buffer.name),
    ]);
    return Object.fromEntries(found) as Record<string, string[]>;
  };
  const forward = ["layerVisibleEnergies", "layerExponentials"];

  it("holds the energies, their exponentials and the gradient of the energies, and no weights", () => {
    const found = sizable(crossing, ["layer"]);
    expect(found["predict"]).toEqual(forward);
    expect(found["gradients"]).toEqual([...forward, "layerEnergiesGradient"]);
    expect(found["train_step"]).toEqual([...forward, "layerEnergiesGradient"]);
  });

  it("makes the weights where somebody asks for them", () => {
    const found = sizable(crossing, ["layer", "layer.weights"]);
    expect(found["predict"]).toEqual([...forward, "layerWeights"]);
    expect(found["gradients"]).toEqual([...forward, "layerEnergiesGradient"]);
  });

  it("needs the random numbers and what they leave for dropout, in training only", () => {
    const found = sizable({ ...crossing, config: { ...crossing.config, dropout: 0.5 } }, ["layer"]);
    expect(found["predict"]).toEqual(forward);
    expect(found["gradients"]).toEqual(["random0", ...forward, "layerDroppedExponentials", "layerEnergiesGradient"]);
  });

  it.each(["attention", "multi_head_attention", "transformer_block"])("copies nothing to rearrange it: %s", (kind) => {
    for (const example of definitionOf(kind).examples) {
      const model = layerModel(definitionOf(kind), example, { batchSize, lengths: true });
      const { predict } = lower(optimise(differentiate(model, build(model))), gpuLimits);
      expect(predict.kernels.filter(({ body }) => body.kind === "load").map(({ name }) => name)).toEqual([]);
    }
  });
});

describe("a query without any key to look at", () => {
  it.each([
    ["attention", definitionOf("attention").examples],
    ["multi_head_attention", [crossing]],
  ] as const)("gets zeros and passes zeros back: %s", (kind, examples) => {
    for (const example of examples) {
      const model = layerModel(definitionOf(kind), example, { batchSize, lengths: true });
      const forward = build(model);
      const key = example.inputs.length > 1 ? 1 : 0;
      const names = example.inputs.map((_, index) => `x${index}`);
      const back = optimiseGraph(inputGradients(forward.training, names));
      const bindings = testBindings([forward.predict, back], 3);
      for (const name of names) if (Number(name.slice(1)) >= key) bindings[`${name}.lengths`] = Float64Array.of(0, 2);
      const found = interpret(optimiseGraph(forward.predict), bindings);
      const half = (data: ArrayLike<number>): number[] => Array.from(data).slice(0, data.length / 2);
      const weights = found["layer.weights"]?.data ?? [NaN];
      expect(half(weights).every((value) => value === 0)).toBe(true);
      expect(Array.from(weights).reduce((total, value) => total + value, 0)).toBeGreaterThan(0);
      if (kind === "attention") expect(half(found["layer"]?.data ?? [NaN]).every((value) => value === 0)).toBe(true);
      for (const { data } of Object.values(interpret(back, bindings))) {
        expect(half(data).every((value) => value === 0)).toBe(true);
        expect(Array.from(data).every(Number.isFinite)).toBe(true);
      }
    }
  });
});

/** Arguments of attention for two heads of three features, and their numbers. */
function headArguments(o: Operations, count: number): { readonly q: Node; readonly k: Node; readonly v: Node } {
  const argument = (name: string, length: number): Node => o.argument("input", name, [1, length, 2, 3]);
  return { q: argument("q", count), k: argument("k", 6), v: argument("v", 6) };
}
const whole = { q: testNumbers(36, 1), k: testNumbers(36, 2), v: testNumbers(36, 3) };
const run = (node: Node, bindings: Record<string, ArrayLike<number>>): Float64Array =>
  interpret({ name: "test", outputs: [{ name: "result", node }] }, bindings)["result"]?.data ?? new Float64Array();

describe("queries that are only the latest steps", () => {
  it("see what they see among all", () => {
    const all = operations(new GraphBuilder());
    const { q, k, v } = headArguments(all, 6);
    const expected = run(attend(all, { energies: dotEnergies(all, q, k), values: v, causal: true }).context, whole);
    const o = operations(new GraphBuilder());
    const one = headArguments(o, 1);
    const firstQuery = o.argument("input", "first", [1], "int32");
    const energies = dotEnergies(o, one.q, one.k);
    const { context } = attend(o, { energies, values: one.v, causal: true, firstQuery });
    for (let step = 0; step < 6; step++) {
      const latest = { ...whole, q: whole.q.slice(6 * step, 6 * step + 6), first: [step] };
      expect(largestDifference(run(context, latest), expected.slice(6 * step, 6 * step + 6))).toBeLessThan(1e-15);
    }
  });
});

describe("dropout", () => {
  it("takes weights away before the sum and scales the others up", () => {
    const o = operations(new GraphBuilder());
    const { q, k, v } = headArguments(o, 6);
    const random = (shape: readonly number[]): Node => o.argument("random", "random.0", shape);
    const drop = (weights: Node): Node => dropped(o, weights, 0.25, { training: true, random });
    const { context, weights } = attend(o, { energies: dotEnergies(o, q, k), values: v, drop });
    const draws = testNumbers(72, 4).map((value) => (value + 1) / 2);
    const undropped = run(weights(), whole);
    const expected = new Float64Array(36);
    undropped.forEach((weight, cell) => {
      const [head, query, key] = [Math.floor(cell / 36), Math.floor(cell / 6) % 6, cell % 6];
      const kept = (draws[cell] as number) >= 0.25 ? weight / 0.75 : 0;
      for (let d = 0; d < 3; d++) {
        const at = query * 6 + head * 3 + d;
        expected[at] = (expected[at] as number) + kept * (whole.v[key * 6 + head * 3 + d] as number);
      }
    });
    expect(draws.some((draw) => draw < 0.25)).toBe(true);
    expect(largestDifference(run(context, { ...whole, "random.0": draws }), expected)).toBeLessThan(1e-14);
  });

  it("acts in a block where PyTorch's acts, and only in training", () => {
    const example: Example = {
      config: { num_heads: heads, ff_size: 4, cross_from: "memory" },
      inputs: [sequence(steps, 6)],
      named: { memory: sequence(keys, 2) },
    };
    const model = layerModel(definitionOf("transformer_block"), example, { batchSize });
    const { training, evaluate } = build(model);
    const drawn = (graph: Graph): string[] =>
      allNodes(graph).flatMap((node) =>
        node.op === "argument" && node.attributes.role === "random" ? [node.shape.join()] : [],
      );
    expect(drawn({ name: "loss", outputs: [{ name: "loss", node: training.loss }] })).toEqual([
      "2,3,5,5", // weights of self-attention
      "2,5,6", // what it gives (dropout1)
      "2,3,5,7", // weights of cross-attention
      "2,5,6", // what it gives (dropout2)
      "2,5,4", // after the activation (dropout)
      "2,5,6", // what the feed-forward part gives (dropout3)
    ]);
    expect(drawn(evaluate)).toEqual([]);
  });
});
