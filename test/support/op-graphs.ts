/** Graphs of the operations' cases: the result with a loss over it, the loss's gradients, and the operation in a loop. */
import { GraphBuilder } from "../../compiler/ir/builder.ts";
import type { Graph, Node } from "../../compiler/ir/graph.ts";
import { isScan, sizeOf } from "../../compiler/ir/graph.ts";
import type { Operations } from "../../compiler/ops/index.ts";
import { operations } from "../../compiler/ops/index.ts";
import { pullback } from "../../compiler/stages/5-differentiate/pullback.ts";
import { allNodes, testNumbers } from "./numbers.ts";
import type { OpCase, Operand } from "./op-cases.ts";

export type Numbers = Record<string, Float64Array>;

function numbersFor(shape: readonly number[], { values, below }: Operand, salt: number): Float64Array {
  if (below !== undefined) {
    return Float64Array.from({ length: sizeOf(shape) }, (_, index) => (3 * index + (index >> 1) + salt) % below);
  }
  const numbers = testNumbers(sizeOf(shape), salt);
  if (values === "positive") return numbers.map((value) => 0.7 + value / 2);
  if (values === "bit") return numbers.map((_, index) => (index + salt) % 2);
  // Away from 0, where abs, sign and floor jump.
  return numbers.map((value) => (value < 0 ? -1 : 1) * (0.05 + 0.9 * Math.abs(value)));
}

/** loss = sum of the result's cells, each with its own weight, so that no mistake cancels. */
function weighted(o: Operations, result: Node): Node {
  const weights = o.argument("input", "weights", result.shape);
  const axes = result.shape.map((_, axis) => axis);
  return o.sum(o.multiply(result, weights), axes);
}

export interface GradientGraphs {
  readonly loss: Graph;
  readonly gradients: Graph;
  /** The operands `x0`, `x1` ... and the loss's `weights`. */
  readonly bindings: Numbers;
}

export function gradientGraphs(one: OpCase): GradientGraphs {
  const o = operations(new GraphBuilder());
  const operands = one.operands.map(({ shape }, index) => o.argument("input", `x${index}`, shape));
  const result = one.build(o, operands);
  const loss = weighted(o, result);
  const pulled = pullback(o, new Map([[loss, o.constant(1)]]), new Set(operands));
  const gradients = operands.map((operand, index) => ({
    name: `x${index}`,
    node: pulled.get(operand) ?? o.constant(0, operand.shape),
  }));
  const outputs = [
    { name: "loss", node: loss },
    { name: "result", node: result },
  ];
  return {
    loss: { name: "loss", outputs },
    gradients: { name: "gradients", outputs: gradients },
    bindings: { ...bind(one, () => []), weights: testNumbers(sizeOf(result.shape), 17) },
  };
}

function bind({ operands }: OpCase, leading: (index: number) => readonly number[]): Numbers {
  return Object.fromEntries(
    operands.map((operand, index) => [
      `x${index}`,
      numbersFor([...leading(index), ...operand.shape], operand, index + 3),
    ]),
  );
}

export interface LoopSetting {
  readonly length: number;
  /** Bit n: operand n changes with time. */
  readonly choice: number;
  readonly reverse: boolean;
}

/** The operation in every step of a loop over time; its output `result` is [length, ...]. */
export function loopGraph(
  one: OpCase,
  { length, choice, reverse }: LoopSetting,
): { readonly graph: Graph; readonly bindings: Numbers } {
  const varies = one.operands.map((_, index) => (choice & (1 << index)) !== 0);
  const o = operations(new GraphBuilder());
  const operands = one.operands.map(({ shape }, index) =>
    o.argument("input", `x${index}`, varies[index] === true ? [length, ...shape] : shape),
  );
  const changing = operands.filter((_, index) => varies[index]);
  const { outputs } = o.scan({
    length,
    reverse,
    initial: [],
    slices: changing,
    body: (_carries, slices) => {
      let next = 0;
      const seen = operands.map((operand, index) => (varies[index] === true ? (slices[next++] as Node) : operand));
      return { carries: [], outputs: [one.build(o, seen)] };
    },
  });
  return {
    graph: { name: "steps", outputs: [{ name: "result", node: outputs[0] as Node }] },
    bindings: bind(one, (index) => (varies[index] === true ? [length] : [])),
  };
}

/** Whether the operation stays one when it is put into a loop: those that are loops themselves do not. */
export function fitsIntoLoop(name: string, { operands }: OpCase): boolean {
  return operands.length > 0 && !["scan", "scan_output", "placeholder"].includes(name);
}

/** A slice that is itself what a scan stacks is nothing to do; lowering only sees it after hoisting. */
export function doesNothing(loop: Graph): boolean {
  const [output] = (allNodes(loop).find(isScan) as Node<"scan">).attributes.outputs;
  return output?.op === "placeholder";
}
