/** One loss of a model as part of a graph. */
import type { ResolvedLoss } from "../../contracts/model.ts";
import type { Node } from "../../ir/graph.ts";
import { sizeOf } from "../../ir/graph.ts";
import { commonLengths, lengthMask } from "../../layers/softmax.ts";
import type { LossTerms } from "../../losses/define.ts";
import type { LossDefinition } from "../../losses/index.ts";
import { losses } from "../../losses/index.ts";
import { sameShape } from "../../ops/support.ts";
import type { Operations } from "../../ops/index.ts";
import { InternalError } from "../../support/internal-error.ts";
import type { Values } from "./values.ts";

/** A loss with how much it counts: the divisor of its mean; of a sum, the examples. */
export interface LossPart {
  readonly value: Node;
  readonly count: Node;
  /** The value before its division and its weight. */
  readonly total: Node;
  /** What the total is divided by; undefined of a sum. Where it is 0, nothing counts, and the total is divided by 1. */
  readonly divisor: Node | undefined;
  readonly weight: number;
}

/**
 * Mean or sum over everything the masks count. Padded examples and steps count for nothing, in the divisor either, and nor do
 * targets that are not known. Where nothing at all counts the total is divided by 1: nearly always 0, with gradients of 0.
 *
 * @param batchMask `[B]`
 * @param targetMask of the target's shape `[B, ...]`, 1 where it is known; undefined where all of it is
 */
export function buildLoss(
  o: Operations,
  loss: ResolvedLoss,
  values: Values,
  batchMask: Node,
  targetMask: Node | undefined,
): LossPart {
  const { elements, counts, lengths } = elementsOf(o, loss, values, targetMask);
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const maskAxes = lengths !== undefined && elements.shape.length > 1 ? 2 : 1;
  const mask =
    lengths !== undefined && maskAxes === 2
      ? o.multiply(
          lengthMask(o, lengths, elements.shape[1] as number),
          o.broadcast(batchMask, elements.shape.slice(0, 2), [0]),
        )
      : batchMask;
  // Row by row, so that no single cell adds up a whole batch of sequences.
  const sumAll = (node: Node): Node => (node.shape.length === 2 ? o.sum(o.sum(node, [1]), [0]) : o.sum(node, [0]));
  const visible = (node: Node): Node => {
    const inner = node.shape.map((_, axis) => axis).slice(maskAxes);
    return o.select(mask, o.sum(node, inner), o.constant(0));
  };
  const total = name(sumAll(name(visible(elements), "masked")), "total");
  const counted = (): Node => {
    const perCount = sizeOf(elements.shape.slice(counts?.shape.length ?? maskAxes));
    return o.multiply(sumAll(counts === undefined ? mask : visible(counts)), o.constant(perCount));
  };
  const reduction = loss.config["reduction"];
  const isMean = reduction !== "sum" && reduction !== "batchmean";
  // Sums add up over batches and are told per example; means weigh by what they divide by.
  const count = name(isMean ? counted() : o.sum(batchMask, [0]), "count");
  const mayBeNone = isMean && (counts !== undefined || lengths !== undefined);
  const divisor = mayBeNone ? o.select(o.equal(count, o.constant(0)), o.constant(1), count) : count;
  const value = reduction === "sum" ? total : name(o.divide(total, divisor), "mean");
  const weighted = loss.weight === 1 ? value : o.multiply(value, o.constant(loss.weight));
  return {
    value: name(weighted, "value"),
    count,
    total,
    divisor: reduction === "sum" ? undefined : count,
    weight: loss.weight,
  };
}

interface Elements {
  readonly elements: Node;
  readonly counts: LossTerms["counts"] | undefined;
  /** Of the sequences that are compared, where they have lengths: `[B]`. */
  readonly lengths: Node | undefined;
}

function elementsOf(o: Operations, loss: ResolvedLoss, values: Values, targetMask: Node | undefined): Elements {
  const { kind, config, layers = {} } = loss;
  const definition: LossDefinition | undefined = losses.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new InternalError(`no loss ${kind}`);
  const from = values.get(loss.input);
  const to = values.get(loss.target);
  const further = Object.entries(layers).map(([key, text]) => [key, values.get(text)] as const);
  const nodes = Object.fromEntries(further.map(([key, { node }]) => [key, node]));
  const given = { input: from.lengths, target: to.lengths };
  const terms = definition.elements(o, config, from.node, to.node, given, nodes);
  const all = "values" in terms ? terms : { values: terms, counts: undefined };
  const { values: elements, counts } = targetMask === undefined ? all : whereKnown(o, all, targetMask);
  return {
    elements: o.builder.named(elements, "elements"),
    counts: counts && o.builder.named(counts, "counts"),
    lengths: commonLengths(
      o,
      [from, to, ...further.map(([, value]) => value)].map(({ lengths }) => lengths),
    ),
  };
}

/** Elements of targets that are not known are 0 and count for nothing. */
function whereKnown(
  o: Operations,
  { values, counts }: { readonly values: Node; readonly counts: Node | undefined },
  targetMask: Node,
): LossTerms {
  const mask = elementMask(o, targetMask, values.shape);
  const axes = mask.shape.map((_, axis) => axis);
  const wide = sameShape(values.shape, mask.shape) ? mask : o.broadcast(mask, values.shape, axes);
  return {
    values: o.select(wide, values, o.constant(0)),
    counts: counts === undefined ? mask : o.multiply(counts, mask),
  };
}

/** An element has further axes than its target, or is of several numbers of it: then it is known where all of them are. */
function elementMask(o: Operations, mask: Node, shape: readonly number[]): Node {
  const further = mask.shape.slice(shape.length);
  if (further.length === 0) return mask;
  const known = o.sum(
    mask,
    further.map((_, axis) => shape.length + axis),
  );
  return o.equal(known, o.constant(sizeOf(further), known.shape));
}
