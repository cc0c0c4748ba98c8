import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../compiler/ir/builder.ts";
import type { Graph, Node, OpName } from "../../compiler/ir/graph.ts";
import { isScan, sizeOf } from "../../compiler/ir/graph.ts";
import type { Operations } from "../../compiler/ops/index.ts";
import { operations, ops } from "../../compiler/ops/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { verifyGraph } from "../../compiler/ops/verify.ts";
import { hoist } from "../../compiler/passes/hoist.ts";
import { simplify } from "../../compiler/passes/simplify.ts";
import { pullback } from "../../compiler/stages/5-differentiate/pullback.ts";
import { lowerGraph } from "../../compiler/stages/7-lower.ts";
import { centralDifferences } from "../support/differences.ts";
import { allNodes, largestDifference, testNumbers } from "../support/numbers.ts";
import type { OpCase, Operand } from "../support/op-cases.ts";
import { opCases } from "../support/op-cases.ts";
import { runProgram } from "../support/run-program.ts";

type Numbers = Record<string, Float64Array>;

function numbersFor(shape: readonly number[], values: Operand["values"], salt: number): Float64Array {
  const numbers = testNumbers(sizeOf(shape), salt);
  if (values === "positive") return numbers.map((value) => 0.7 + value / 2);
  if (values === "bit") return numbers.map((_, index) => (index + salt) % 2);
  // Away from 0, where abs, sign and floor jump.
  return numbers.map((value) => (value < 0 ? -1 : 1) * (0.05 + 0.9 * Math.abs(value)));
}

function bind({ operands }: OpCase, length?: number): Numbers {
  return Object.fromEntries(
    operands.map(({ shape, values }, index) => [
      `x${index}`,
      numbersFor(length === undefined ? shape : [length, ...shape], values, index + 3),
    ]),
  );
}

function argumentsOf(o: Operations, { operands }: OpCase): Node[] {
  return operands.map(({ shape }, index) => o.argument("input", `x${index}`, shape));
}

/** loss = sum of the result's cells, each with its own weight, so that no mistake cancels. */
function weighted(o: Operations, result: Node): Node {
  const weights = o.argument("input", "weights", result.shape);
  const axes = result.shape.map((_, axis) => axis);
  return o.sum(o.multiply(result, weights), axes);
}

function gradientGraphs(one: OpCase): { readonly loss: Graph; readonly gradients: Graph; readonly result: Node } {
  const o = operations(new GraphBuilder());
  const operands = argumentsOf(o, one);
  const result = one.build(o, operands);
  const loss = weighted(o, result);
  const pulled = pullback(o, new Map([[loss, o.constant(1)]]), new Set(operands));
  const outputs = operands.map((operand, index) => ({
    name: `x${index}`,
    node: pulled.get(operand) ?? o.constant(0, operand.shape),
  }));
  return {
    loss: {
      name: "loss",
      outputs: [
        { name: "loss", node: loss },
        { name: "result", node: result },
      ],
    },
    gradients: { name: "gradients", outputs },
    result,
  };
}

/** A thousand differences of a thousand-cell sum say what these few say. */
function someCells(bindings: Numbers, name: string): readonly number[] {
  const { length } = bindings[name] as Float64Array;
  return length <= 200 ? Array.from({ length }, (_, cell) => cell) : [0, 1, 2, 511, 999, 1000, 1001, length - 1];
}

function differencesAt(loss: Graph, bindings: Numbers, name: string, cells: readonly number[]): number[] {
  const values = bindings[name] as Float64Array;
  if (cells.length === values.length) return [...centralDifferences(loss, bindings, name)];
  return cells.map((cell) => {
    const step = 1e-5;
    const at = (shift: number): number => {
      const moved = values.slice();
      moved[cell] = (moved[cell] as number) + shift;
      return interpret(loss, { ...bindings, [name]: moved })["loss"]?.data[0] as number;
    };
    return (at(step) - at(-step)) / (2 * step);
  });
}

function expectLowered(graph: Graph, bindings: Numbers): void {
  const expected = interpret(graph, bindings);
  const found = runProgram(lowerGraph(graph), bindings);
  for (const [name, { data }] of Object.entries(expected)) {
    expect(largestDifference(found[name] ?? [], data), name).toBeLessThan(1e-12);
  }
}

it("every operation of the table has a case", () => {
  expect(Object.keys(opCases).sort()).toEqual(Object.keys(ops).sort());
  for (const cases of Object.values(opCases)) expect(cases.length).toBeGreaterThan(0);
});

for (const name of Object.keys(ops) as OpName[]) {
  describe(name, () => {
    for (const one of opCases[name]) {
      it(`${one.title}: its adjoint agrees with central differences, its program with the interpreter`, () => {
        const { loss, gradients, result } = gradientGraphs(one);
        expect(allNodes(loss).map(({ op }) => op)).toContain(name);
        verifyGraph(gradients, name);
        const bindings = { ...bind(one), weights: testNumbers(sizeOf(result.shape), 17) };
        const found = interpret(gradients, bindings);
        one.operands.forEach((operand, index) => {
          if (operand.values === "bit") return;
          const argument = `x${index}`;
          const gradient = found[argument]?.data as Float64Array;
          const cells = someCells(bindings, argument);
          const expected =
            one.gradient === "zero" ? cells.map(() => 0) : differencesAt(loss, bindings, argument, cells);
          const compared = cells.map((cell) => gradient[cell] as number);
          expect(largestDifference(compared, expected), argument).toBeLessThan(1e-8);
        });
        // Differentiation makes one scan for each value it saves; the first pass joins them, and lowering counts on it.
        expectLowered(simplify(loss), bindings);
        expectLowered(simplify(gradients), bindings);
      });
      if (one.operands.length === 0 || ["scan", "scan_output", "placeholder"].includes(name)) continue;
      it(`${one.title}: vectorised over time it is what every step computes`, () => {
        expectVectorised(one);
      });
    }
  });
}

/** Every choice of which operands change with time, forwards and backwards, T = 1 and more. */
function expectVectorised(one: OpCase): void {
  const count = one.operands.length;
  const lengths = one.long === true ? [2] : [1, 3];
  const every = 2 ** count - 1;
  const choices = count <= 3 ? Array.from({ length: every }, (_, index) => index + 1) : [1, every];
  for (const length of lengths) {
    for (const choice of choices) {
      const varies = one.operands.map((_, index) => (choice & (1 << index)) !== 0);
      const o = operations(new GraphBuilder());
      const operands = one.operands.map(({ shape }, index) =>
        o.argument("input", `x${index}`, varies[index] === true ? [length, ...shape] : shape),
      );
      const changing = operands.filter((_, index) => varies[index]);
      const { outputs } = o.scan({
        length,
        reverse: choice % 2 === 0,
        initial: [],
        slices: changing,
        body: (_carries, slices) => {
          let next = 0;
          const seen = operands.map((operand, index) => (varies[index] === true ? (slices[next++] as Node) : operand));
          return { carries: [], outputs: [one.build(o, seen)] };
        },
      });
      const plain: Graph = { name: "steps", outputs: [{ name: "result", node: outputs[0] as Node }] };
      const bindings = Object.fromEntries(
        one.operands.map(({ shape, values }, index) => [
          `x${index}`,
          numbersFor(varies[index] === true ? [length, ...shape] : shape, values, index + 3),
        ]),
      );
      const whole = simplify(hoist(plain));
      verifyGraph(whole, "hoist");
      expect(allNodes(whole).some(isScan), "the loop is gone").toBe(false);
      const expected = interpret(plain, bindings)["result"]?.data as Float64Array;
      expect(largestDifference(interpret(whole, bindings)["result"]?.data ?? [], expected)).toBeLessThan(1e-12);
      // A slice that is itself what a scan stacks is nothing to do; lowering only sees it after hoisting.
      const [output] = (allNodes(plain).find(isScan) as Node<"scan">).attributes.outputs;
      if (output?.op !== "placeholder") expectLowered(plain, bindings);
      expectLowered(whole, bindings);
    }
  }
}

describe("where a derivative jumps, PyTorch's choice", () => {
  const gradientsAt = (
    build: (o: Operations, x: Node, y: Node) => Node,
    values: readonly [readonly number[], readonly number[]],
  ): readonly (readonly number[])[] => {
    const o = operations(new GraphBuilder());
    const [x, y] = values.map((numbers, index) => o.argument("input", `x${index}`, [numbers.length])) as [Node, Node];
    const result = build(o, x, y);
    const pulled = pullback(o, new Map([[result, o.constant(1, result.shape)]]), new Set([x, y]));
    const outputs = [x, y].map((node, index) => ({
      name: String(index),
      node: pulled.get(node) ?? o.constant(0, node.shape),
    }));
    const found = interpret({ name: "g", outputs }, { x0: values[0], x1: values[1] });
    return [0, 1].map((index) => [...(found[String(index)]?.data ?? [])]);
  };

  it("maximum and minimum share a tie", () => {
    expect(
      gradientsAt(
        (o, x, y) => o.maximum(x, y),
        [
          [2, 1, 3],
          [2, 2, 2],
        ],
      ),
    ).toEqual([
      [0.5, 0, 1],
      [0.5, 1, 0],
    ]);
    expect(
      gradientsAt(
        (o, x, y) => o.minimum(x, y),
        [
          [2, 1, 3],
          [2, 2, 2],
        ],
      ),
    ).toEqual([
      [0.5, 1, 0],
      [0.5, 0, 1],
    ]);
  });

  it("max shares among the maximal cells", () => {
    expect(gradientsAt((o, x) => o.max(x, [0]), [[3, 1, 3, 3], [0]])[0]).toEqual([1 / 3, 0, 1 / 3, 1 / 3]);
  });

  it("abs has slope 0 at 0", () => {
    expect(gradientsAt((o, x) => o.abs(x), [[0, -2, 2], [0]])[0]).toEqual([0, -1, 1]);
  });

  it("a branch not taken passes nothing back, not even NaN", () => {
    const found = gradientsAt((o, x) => o.select(o.greater(x, o.constant(0)), o.log(x), x), [[-1, 1, -3], [0]])[0];
    expect(found?.every(Number.isFinite)).toBe(true);
  });
});
