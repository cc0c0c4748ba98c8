/** Deterministic test numbers and the comparisons of numeric tests. */
import type { Graph, Node } from "../../compiler/ir/graph.ts";
import { bodyNodes, isScan, sizeOf, topological } from "../../compiler/ir/graph.ts";

/** A small fixed sequence in (-1, 1); the same `salt` gives the same numbers. */
export function testNumbers(count: number, salt: number): Float64Array {
  let state = (salt * 2654435761 + 12345) >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The least number of rows that something is looked up in; 2 where nothing is. */
function fewestRows(nodes: readonly Node[]): number {
  const rows = nodes.flatMap((node) => {
    if (node.op === "take") return [node.inputs[0]?.shape[node.attributes.batch] ?? 1];
    return node.op === "place_rows" ? [node.attributes.rows] : [];
  });
  return rows.length === 0 ? 2 : Math.min(...rows);
}

/** State that is never negative: squares and sums of squares, sizes of gradients, variances. */
const isPositive = /_sq|#square_avg|#sum|#acc_delta|#exp_inf|_var$/;

/** Values for every argument of the graphs: masks of ones, lengths of 1 .. T, uniform numbers for dropout, ids of rows. */
export function testBindings(graphs: readonly Graph[], salt = 1): Record<string, Float64Array> {
  const bindings: Record<string, Float64Array> = {};
  const nodes = graphs.flatMap(allNodes);
  const rows = fewestRows(nodes);
  for (const node of nodes) {
    if (node.op !== "argument") continue;
    const { name, role } = node.attributes;
    const count = sizeOf(node.shape);
    const numbers = testNumbers(count, salt + name.length * 31 + name.charCodeAt(name.length - 1));
    if (name === "batch.mask") bindings[name] = new Float64Array(count).fill(1);
    else if (name.endsWith(".lengths")) bindings[name] = numbers.map((_, index) => 1 + (index % 3));
    else if (node.dtype === "int32") bindings[name] = numbers.map((_, index) => (index * 2 + salt) % rows);
    else if (role === "random") bindings[name] = numbers.map((value) => (value + 1) / 2);
    else if (role === "scalar" || isPositive.test(name)) bindings[name] = numbers.map((value) => Math.abs(value) + 0.1);
    else bindings[name] = numbers;
  }
  return bindings;
}

export function allNodes(graph: Graph): Node[] {
  const outer = topological(graph.outputs.map(({ node }) => node));
  return outer.flatMap((node) => (isScan(node) ? [node, ...bodyNodes(node)] : [node]));
}

export function largestDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < left.length; index++) {
    const difference = Math.abs((left[index] as number) - (right[index] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Largest difference of float32 results from float64 ones, relative where numbers are large; a wrong NaN is infinitely far. */
export function float32Difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = found.length === expected.length ? 0 : Infinity;
  for (let at = 0; at < expected.length; at++) {
    const want = expected[at] as number;
    const is = found[at] as number;
    const difference = Object.is(want, is) ? 0 : Math.abs(is - want) / (1 + Math.abs(want));
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return largest;
}

/** What reaches a float32 target of these numbers. */
export function asFloat32(numbers: ArrayLike<number>): Float64Array {
  return Float64Array.from(numbers, Math.fround);
}
