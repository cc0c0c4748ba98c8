/** Softmax over the last axis, of which some positions may not be looked at. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";

/** Lower than any energy a float32 model computes, and still finite, so that differences stay numbers. */
const lowest = -1e30;

/**
 * a_i = exp(e_i - max e) / sum_j exp(e_j - max e) over the last axis.
 *
 * Where `mask` is 0 the weight is 0; a row without any 1 gives zeros, forwards and backwards (PyTorch gives NaN there).
 * @param energies `[..., S]`
 * @param mask `[..., S]` of 0 and 1, or undefined for all
 */
export function softmax(o: Operations, energies: Node, mask?: Node): Node {
  const axis = energies.shape.length - 1;
  const leading = energies.shape.slice(0, axis).map((_, position) => position);
  const repeat = (row: Node): Node => o.broadcast(row, energies.shape, leading);
  const visible = mask === undefined ? energies : o.select(mask, energies, o.constant(lowest));
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  // The shift changes nothing in exact arithmetic, so it has no gradient.
  const largest = name(o.max(visible, [axis]), "largest_energy");
  const shifted = o.subtract(energies, repeat(o.stopGradient(largest)));
  if (mask === undefined) {
    const exponentials = name(o.exp(shifted), "exponentials");
    return o.divide(exponentials, repeat(name(o.sum(exponentials, [axis]), "exponential_sum")));
  }
  const zero = o.constant(0, energies.shape);
  // Selected before and after exp: a masked position can neither overflow nor pass a gradient back.
  const exponentials = name(o.select(mask, o.exp(o.select(mask, shifted, zero)), zero), "exponentials");
  const total = name(o.sum(exponentials, [axis]), "exponential_sum");
  const divisor = o.select(o.equal(total, o.constant(0, total.shape)), o.constant(1, total.shape), total);
  return o.divide(exponentials, repeat(divisor));
}

/** log softmax over the last axis: e_i - max e - log sum_j exp(e_j - max e). */
export function logSoftmax(o: Operations, energies: Node): Node {
  const axis = energies.shape.length - 1;
  const leading = energies.shape.slice(0, axis).map((_, position) => position);
  const repeat = (row: Node): Node => o.broadcast(row, energies.shape, leading);
  const largest = o.builder.named(o.max(energies, [axis]), "largest_logit");
  const shifted = o.subtract(energies, repeat(o.stopGradient(largest)));
  const total = o.builder.named(o.sum(o.exp(shifted), [axis]), "exponential_sum");
  return o.subtract(shifted, repeat(o.log(total)));
}

/** 1 where the step is within the example's length: `[B, T]`. */
export function lengthMask(o: Operations, lengths: Node, steps: number): Node {
  const [batch] = lengths.shape as [number];
  const shape = [batch, steps];
  return o.less(o.iota(shape, 1), o.broadcast(lengths, shape, [0]));
}

/** Of several sequences a step counts when it counts in all of them: the shortest length `[B]`. */
export function commonLengths(o: Operations, lengths: readonly (Node | undefined)[]): Node | undefined {
  const given = [...new Set(lengths.filter((node) => node !== undefined))];
  return given.length === 0 ? undefined : given.reduce((shortest, node) => o.minimum(shortest, node));
}
