/** Attention once the energies are known: masks, softmax over the keys, weighted sum of the values. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { softmaxParts } from "./softmax.ts";

export interface AttendRequest {
  /** How well each key fits each query, per head: `[B, N, Tq, Tk]`. */
  readonly energies: Node;
  /** `[B, Tk, N, D]` */
  readonly values: Node;
  /** Keys at and beyond the length count for nothing: `[B]`. */
  readonly keyLengths?: Node | undefined;
  /** Query q sees keys 0 .. q, and no later one. */
  readonly causal?: boolean;
  /** Where among the keys the first query stands, for queries that are only the latest steps: `[B]`; default 0. */
  readonly firstQuery?: Node | undefined;
  /** Applied to the weights before the sum: dropout. */
  readonly drop?: (weights: Node) => Node;
}

export interface Attended {
  /** The weighted sums `[B, Tq, N, D]`; zeros for a query that sees no key. */
  readonly context: Node;
  /** The weights `[B, N, Tq, Tk]` before dropout, built when asked for. */
  readonly weights: () => Node;
}

/**
 * c_q = sum_k softmax_k(e_qk) v_k for every head.
 *
 * The values are summed with the exponentials and divided by their sum afterwards: so the weights themselves never need a
 * tensor, and the way back reads the exponentials alone.
 */
export function attend(o: Operations, request: AttendRequest): Attended {
  const { energies, values, drop = (weights) => weights } = request;
  const { exponentials, total } = softmaxParts(o, energies, masksOf(o, request));
  const ofWeights = (): Node =>
    o.builder.named(o.divide(exponentials, o.broadcast(total, energies.shape, [0, 1, 2])), "weights");
  if (energies.shape[3] === 1) {
    // A single key has the weight 1 whatever its energy. Divided before the sum that gives a gradient of exactly 0, and no
    // rounding noise of which Adam would make steps.
    const only = o.contract("bnqk,bknd->bqnd", drop(ofWeights()), values);
    return { context: o.builder.named(only, "context"), weights: ofWeights };
  }
  const sum = o.builder.named(o.contract("bnqk,bknd->bqnd", drop(exponentials), values), "weighted_sum");
  return {
    context: o.builder.named(o.divide(sum, o.broadcast(total, sum.shape, [0, 2, 1])), "context"),
    weights: ofWeights,
  };
}

/**
 * The dot product of every query with every key: `[B, N, Tq, Tk]`.
 * @param queries `[B, Tq, N, D]`
 * @param keys `[B, Tk, N, D]`
 */
export function dotEnergies(o: Operations, queries: Node, keys: Node, scale = 1): Node {
  const products = o.builder.named(o.contract("bqnd,bknd->bnqk", queries, keys), "energies");
  return scale === 1 ? products : o.builder.named(o.multiply(products, o.constant(scale)), "scaled_energies");
}

function masksOf(o: Operations, { energies, keyLengths, causal = false, firstQuery }: AttendRequest): readonly Node[] {
  const { shape } = energies;
  const key = o.iota(shape, 3);
  const masks: Node[] = [];
  const named = (node: Node, label: string): Node => o.builder.named(node, label);
  if (keyLengths !== undefined) masks.push(named(o.less(key, o.broadcast(keyLengths, shape, [0])), "is_inside"));
  if (causal) {
    const query = o.iota(shape, 2);
    const last = firstQuery === undefined ? query : o.add(query, o.broadcast(firstQuery, shape, [0]));
    masks.push(named(o.lessEqual(key, last), "is_past"));
  }
  return masks;
}
