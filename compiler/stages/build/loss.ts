/** One loss of a model as part of a graph. */
import type { ResolvedLoss } from "../../contracts.ts";
import type { Node } from "../../ir/graph.ts";
import { sizeOf } from "../../ir/graph.ts";
import { commonLengths, lengthMask } from "../../layers/softmax.ts";
import type { LossDefinition } from "../../losses/index.ts";
import { losses } from "../../losses/index.ts";
import type { Operations } from "../../ops/index.ts";
import { InternalError } from "../../support/internal-error.ts";
import type { Values } from "./values.ts";

/** A loss with how many elements it counts, the divisor of its mean. */
export interface LossPart {
  readonly value: Node;
  readonly count: Node;
}

/** Mean or sum over everything the masks count. Padded examples and steps count for nothing, in the divisor either. */
export function buildLoss(
  o: Operations,
  { kind, config, input, target, weight }: ResolvedLoss,
  values: Values,
  batchMask: Node,
): LossPart {
  const definition: LossDefinition | undefined = losses.find((loss) => loss.kind === kind);
  if (definition === undefined) throw new InternalError(`no loss ${kind}`);
  const from = values.get(input);
  const to = values.get(target);
  const elements = o.builder.named(definition.elements(o, config, from.node, to.node), "elements");
  const lengths = commonLengths(o, [from.lengths, to.lengths]);
  const maskAxes = lengths !== undefined && elements.shape.length > 1 ? 2 : 1;
  const mask =
    lengths !== undefined && maskAxes === 2
      ? o.multiply(
          lengthMask(o, lengths, elements.shape[1] as number),
          o.broadcast(batchMask, elements.shape.slice(0, 2), [0]),
        )
      : batchMask;
  const inner = elements.shape.map((_, axis) => axis).slice(maskAxes);
  const visible = o.builder.named(o.select(mask, o.sum(elements, inner), o.constant(0)), "masked");
  const innerCount = sizeOf(elements.shape.slice(maskAxes));
  // Row by row, so that no single cell adds up a whole batch of sequences.
  const sumAll = (node: Node): Node => (node.shape.length === 2 ? o.sum(o.sum(node, [1]), [0]) : o.sum(node, [0]));
  const total = o.builder.named(sumAll(visible), "total");
  const isSum = config["reduction"] === "sum";
  // Sums add up over batches and are told per example; means weigh by what they divide by.
  const counted = isSum ? o.sum(batchMask, [0]) : o.multiply(sumAll(mask), o.constant(innerCount));
  const count = o.builder.named(counted, "count");
  const value = isSum ? total : o.builder.named(o.divide(total, count), "mean");
  const weighted = weight === 1 ? value : o.multiply(value, o.constant(weight));
  return { value: o.builder.named(weighted, "value"), count };
}
