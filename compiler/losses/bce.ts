import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { defineLoss } from "./define.ts";
import { elementsMatch } from "./shapes.ts";

/** What a logarithm counts at most, as in PyTorch: the loss stays finite where a probability is 0 or 1. */
const lowestLog = -100;

/**
 * Binary cross entropy of probabilities `[...]` against targets in 0 .. 1 of the same shape; each logarithm is at least -100,
 * as in PyTorch. Where it is held there its gradient is 0 (PyTorch: up to 1e12). A model that ends in logits should use
 * bce_with_logits, which keeps all digits.
 */
export const bce = defineLoss({
  kind: "bce",
  summary: "Binary cross entropy of probabilities, each element by itself.",
  formula: "-(y log x + (1 - y) log(1 - x)), logarithms at least -100",
  source: "torch.nn.BCELoss",
  keys: {},
  check: elementsMatch,
  targetRange: [0, 1],
  elements: (o, _config, input, target) => {
    const one = o.constant(1);
    const chosen = o.multiply(target, boundedLog(o, input));
    const other = o.multiply(o.subtract(one, target), boundedLog(o, o.subtract(one, input)));
    return o.negate(o.add(chosen, other));
  },
  examples: [
    { config: {}, input: [4], target: [4], targetKind: "probability", inputKind: "probability" },
    { config: {}, input: [3, 2], target: [3, 2], targetKind: "probability", inputKind: "probability" },
  ],
});

/** max(log x, -100) without ever taking the logarithm of 0, whose gradient would be no number. */
function boundedLog(o: Operations, x: Node): Node {
  const isPositive = o.greater(x, o.constant(0));
  const bounded = o.maximum(o.log(o.select(isPositive, x, o.constant(1))), o.constant(lowestLog));
  return o.select(isPositive, bounded, o.constant(lowestLog));
}
