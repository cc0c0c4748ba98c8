import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../compiler/ir/builder.ts";
import type { Graph, Node, OpName } from "../../compiler/ir/graph.ts";
import { isScan } from "../../compiler/ir/graph.ts";
import type { Operations } from "../../compiler/ops/index.ts";
import { operations, ops } from "../../compiler/ops/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { verifyGraph } from "../../compiler/ops/verify.ts";
import { hoist } from "../../compiler/passes/hoist.ts";
import { simplify } from "../../compiler/passes/simplify.ts";
import { pullback } from "../../compiler/stages/5-differentiate/pullback.ts";
import { lowerGraph } from "../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../compiler/targets/gpu/limits.ts";
import { centralDifferences } from "../support/differences.ts";
import { allNodes, largestDifference } from "../support/numbers.ts";
import type { OpCase } from "../support/op-cases.ts";
import { opCases } from "../support/op-cases.ts";
import type { Numbers } from "../support/op-graphs.ts";
import { doesNothing, fitsIntoLoop, gradientGraphs, loopGraph } from "../support/op-graphs.ts";
import { runProgram } from "../support/run-program.ts";

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
  const found = runProgram(lowerGraph(graph, gpuLimits), bindings);
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
        const { loss, gradients, bindings } = gradientGraphs(one);
        expect(allNodes(loss).map(({ op }) => op)).toContain(name);
        verifyGraph(gradients, name);
        const found = interpret(gradients, bindings);
        one.operands.forEach((operand, index) => {
          if (operand.values === "bit" || operand.below !== undefined) return;
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
      if (!fitsIntoLoop(name, one)) continue;
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
      const { graph: plain, bindings } = loopGraph(one, { length, choice, reverse: choice % 2 === 0 });
      const whole = simplify(hoist(plain));
      verifyGraph(whole, "hoist");
      expect(allNodes(whole).some(isScan), "the loop is gone").toBe(false);
      const expected = interpret(plain, bindings)["result"]?.data as Float64Array;
      expect(largestDifference(interpret(whole, bindings)["result"]?.data ?? [], expected)).toBeLessThan(1e-12);
      if (!doesNothing(plain)) expectLowered(plain, bindings);
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
