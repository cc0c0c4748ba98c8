/** The table of primitive operations. Gradients exist for these and for nothing else. */
import type { Node, OpName } from "../ir/graph.ts";
import type { OpDefinition } from "./define.ts";
import { elementwiseOps } from "./elementwise.ts";
import { argument, constant, iota, placeholder } from "./leaves.ts";
import { rearrangeOps } from "./rearrange.ts";
import { reduceOps } from "./reduce.ts";
import { rowOps } from "./rows.ts";
import { scan, scanOutput } from "./scan.ts";
import { windowOps } from "./windows.ts";

export const ops = {
  argument,
  placeholder,
  constant,
  iota,
  ...elementwiseOps,
  ...rearrangeOps,
  ...windowOps,
  ...reduceOps,
  ...rowOps,
  scan,
  scan_output: scanOutput,
} as unknown as { readonly [O in OpName]: OpDefinition<O> };

/** The record of a node's operation, with the pairing of record and node that the table guarantees. */
export function definitionOf(node: Node): OpDefinition<OpName> {
  return ops[node.op] as unknown as OpDefinition<OpName>;
}

export { transcendental } from "./elementwise.ts";
export { operations } from "./operations.ts";
export { joinsAxes, movesOnly } from "./rearrange.ts";
export { unreduce } from "./reduce.ts";
export { scanOutputShape } from "./scan.ts";
export type { OpDefinition, Operations, Tensor, Vectorised } from "./define.ts";
