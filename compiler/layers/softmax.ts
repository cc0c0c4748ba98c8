/** Softmax over the last axis, of which some positions may not be looked at. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";

/** Lower than any energy a float32 model computes, and still finite, so that differences stay numbers. */
export const lowestEnergy = -1e30;

/** The numerator and the denominator of a softmax; whoever sums with its weights may divide after the sum. */
export interface SoftmaxParts {
  /** exp(e_i - max e), 0 where a mask is 0: `[..., S]`. */
  readonly exponentials: Node;
  /** Their sum, and 1 where every one of them is 0: `[...]`. */
  readonly total: Node;
}

/**
 * a_i = exp(e_i - max e) / sum_j exp(e_j - max e) over the last axis.
 *
 * Where `mask` is 0 the weight is 0; a row without any 1 gives zeros, forwards and backwards (PyTorch gives NaN there).
 * @param energies `[..., S]`
 * @param mask `[..., S]` of 0 and 1, or undefined for all
 */
export function softmax(o: Operations, energies: Node, mask?: Node): Node {
  const { exponentials, total } = softmaxParts(o, energies, mask === undefined ? [] : [mask]);
  return o.divide(exponentials, repeatRows(o, total, energies.shape));
}

/**
 * The softmax over the last axis before the division.
 * @param energies `[..., S]`
 * @param masks `[..., S]` of 0 and 1 each; a position counts where all of them are 1
 */
export function softmaxParts(o: Operations, energies: Node, masks: readonly Node[]): SoftmaxParts {
  const axis = energies.shape.length - 1;
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  // One selection per mask: a product of masks would be a tensor of its own, kept for the way back.
  const masked = masks.reduce((left, mask) => o.select(mask, left, o.constant(lowestEnergy)), energies);
  const visible = masks.length === 0 ? masked : name(masked, "visible_energies");
  const largest = o.max(visible, [axis]);
  // In a row without any position the shift stays far above the energies, so that each exponential is 0 and not 1.
  const shift = name(masks.length === 0 ? largest : o.maximum(largest, o.constant(lowestEnergy / 2)), "largest_energy");
  // The shift changes nothing in exact arithmetic, so it has no gradient.
  const shifted = o.subtract(visible, repeatRows(o, o.stopGradient(shift), energies.shape));
  const exponentials = name(o.exp(shifted), "exponentials");
  const sum = name(o.sum(exponentials, [axis]), "exponential_sum");
  if (masks.length === 0) return { exponentials, total: sum };
  const divisor = o.select(o.equal(sum, o.constant(0, sum.shape)), o.constant(1, sum.shape), sum);
  return { exponentials, total: name(divisor, "normalizer") };
}

/** One number per row for every cell of the row: `[...] -> [..., S]`. */
function repeatRows(o: Operations, rows: Node, shape: readonly number[]): Node {
  return o.broadcast(
    rows,
    shape,
    rows.shape.map((_, axis) => axis),
  );
}

/** log softmax over the last axis: e_i - max e - log sum_j exp(e_j - max e). */
export function logSoftmax(o: Operations, energies: Node): Node {
  const axis = energies.shape.length - 1;
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const largest = name(o.max(energies, [axis]), "largest_logit");
  const shifted = name(o.subtract(energies, repeatRows(o, o.stopGradient(largest), energies.shape)), "shifted_logits");
  const total = name(o.sum(name(o.exp(shifted), "exponentials"), [axis]), "exponential_sum");
  return name(o.subtract(shifted, repeatRows(o, name(o.log(total), "log_total"), energies.shape)), "log_probabilities");
}

/** 1 where the step is within the example's length: `[B, T]`. */
export function lengthMask(o: Operations, lengths: Node, steps: number): Node {
  const [batch] = lengths.shape as [number];
  const shape = [batch, steps];
  return o.builder.named(o.less(o.iota(shape, 1), o.broadcast(lengths, shape, [0])), "is_inside");
}

/** Of several sequences a step counts when it counts in all of them: the shortest length `[B]`. */
export function commonLengths(o: Operations, lengths: readonly (Node | undefined)[]): Node | undefined {
  const given = [...new Set(lengths.filter((node) => node !== undefined))];
  return given.length === 0
    ? undefined
    : given.reduce((shortest, node) => o.builder.named(o.minimum(shortest, node), "common_length"));
}
