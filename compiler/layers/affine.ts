/** The linear map that several layers are made of. */
import type { Initializer } from "@specloom/runtime/internal/contract";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";

/**
 * x W^T + b over the last axis.
 * @param x `[..., I]`
 * @param weight `[O, I]`
 * @param bias `[O]`
 * @returns `[..., O]`
 */
export function affine(o: Operations, x: Node, weight: Node, bias?: Node): Node {
  const leading = "btuvwxyz".slice(0, x.shape.length - 1);
  const product = o.contract(`${leading}i,oi->${leading}o`, x, weight);
  return bias === undefined ? product : o.add(product, bias);
}

/** torch.nn.Linear's default, and nn.LSTM's with the hidden size: uniform in +-1 / sqrt(size). */
export function fanInUniform(size: number): Initializer {
  return { kind: "uniform", bound: 1 / Math.sqrt(size) };
}
