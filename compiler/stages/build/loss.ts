/** One loss of a model as part of a graph. */
import type { ResolvedLoss } from "../../contracts.ts";
import type { Node } from "../../ir/graph.ts";
import { sizeOf } from "../../ir/graph.ts";
import { commonLengths, lengthMask } from "../../layers/softmax.ts";
import type { LossTerms } from "../../losses/define.ts";
import type { LossDefinition } from "../../losses/index.ts";
import { losses } from "../../losses/index.ts";
import type { Operations } from "../../ops/index.ts";
import { InternalError } from "../../support/internal-error.ts";
import type { Values } from "./values.ts";

/** A loss with how much it counts: the divisor of its mean; of a sum, the examples. */
export interface LossPart {
  readonly value: Node;
  readonly count: Node;
  /** The value before its division and its weight. */
  readonly total: Node;
  /** What the total is divided by; undefined of a sum. 0 where nothing counts: the value is 0 then. */
  readonly divisor: Node | undefined;
  readonly weight: number;
}

/**
 * Mean or sum over everything the masks count. Padded examples and steps count for nothing, in the divisor either. Where
 * nothing at all counts the mean is 0, and so are its gradients.
 */
export function buildLoss(o: Operations, loss: ResolvedLoss, values: Values, batchMask: Node): LossPart {
  const { elements, counts, lengths } = elementsOf(o, loss, values);
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

function elementsOf(o: Operations, loss: ResolvedLoss, values: Values): Elements {
  const { kind, config, layers = {} } = loss;
  const definition: LossDefinition | undefined = losses.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new InternalError(`no loss ${kind}`);
  const from = values.get(loss.input);
  const to = values.get(loss.target);
  const further = Object.entries(layers).map(([key, text]) => [key, values.get(text)] as const);
  const nodes = Object.fromEntries(further.map(([key, { node }]) => [key, node]));
  const given = { input: from.lengths, target: to.lengths };
  const terms = definition.elements(o, config, from.node, to.node, given, nodes);
  const { values: elements, counts } = "values" in terms ? terms : { values: terms, counts: undefined };
  return {
    elements: o.builder.named(elements, "elements"),
    counts: counts && o.builder.named(counts, "counts"),
    lengths: commonLengths(
      o,
      [from, to, ...further.map(([, value]) => value)].map(({ lengths }) => lengths),
    ),
  };
}
