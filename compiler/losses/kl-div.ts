import type { Keys } from "../keys/define.ts";
import { defineLoss } from "./define.ts";
import { elementsMatch } from "./shapes.ts";

interface KlDivConfig {
  readonly log_target: boolean;
}

/** PyTorch's `mean` is not what the formula of the divergence asks for; its `batchmean` is. */
const reduction = {
  type: "string",
  enum: ["mean", "batchmean", "sum"],
  default: "mean",
  description: "mean divides by the number of elements (masked ones aside), batchmean by that of the examples.",
} satisfies Keys[string];

/**
 * Kullback-Leibler divergence KL(y || exp x), element by element: the input `[..., C]` holds log probabilities (an
 * activation `log_softmax` makes them), the target probabilities, or their logarithms with `log_target`. An element whose
 * target is 0 is 0. As in PyTorch, `mean` divides by all elements, `batchmean` by the examples.
 */
export const klDiv = defineLoss<KlDivConfig>({
  kind: "kl_div",
  summary: "Kullback-Leibler divergence of an input of log probabilities from the target's probabilities.",
  formula: "y (log y - x)",
  source: "torch.nn.KLDivLoss",
  keys: {
    reduction,
    log_target: { type: "boolean", default: false, description: "Whether the target holds log probabilities too." },
  },
  check: elementsMatch,
  facts: ({ log_target: isLog }) => (isLog ? {} : { link: { kind: "exp" } }),
  elements: (o, { log_target: isLog }, input, target) => {
    if (isLog) return o.multiply(o.exp(target), o.subtract(target, input));
    const isPositive = o.greater(target, o.constant(0));
    const log = o.log(o.select(isPositive, target, o.constant(1)));
    return o.select(isPositive, o.multiply(target, o.subtract(log, input)), o.constant(0));
  },
  examples: [
    { config: {}, input: [4], target: [4], targetKind: "distribution" },
    { config: { reduction: "batchmean" }, input: [2, 3], target: [2, 3], targetKind: "distribution" },
    { config: { log_target: true }, input: [2, 3], target: [2, 3], targetKind: "real" },
  ],
});
