import { defineLoss } from "./define.ts";
import { elementsMatch, realExamples } from "./shapes.ts";

interface SmoothL1Config {
  readonly beta: number;
}

/** Huber's loss divided by its delta; beta 0 is l1. */
export const smoothL1 = defineLoss<SmoothL1Config>({
  kind: "smooth_l1",
  summary: "Squared for small errors, of slope 1 for large ones.",
  formula: "0.5 e^2 / beta if |e| < beta else |e| - 0.5 beta, e = x - y",
  source: "torch.nn.SmoothL1Loss",
  keys: {
    beta: {
      type: "number",
      minimum: 0,
      default: 1,
      description: "Where squared turns into linear; 0: linear at once.",
    },
  },
  check: elementsMatch,
  elements: (o, { beta }, input, target) => {
    const error = o.builder.named(o.subtract(input, target), "error");
    const size = o.abs(error);
    if (beta === 0) return size;
    const squared = o.multiply(o.multiply(error, error), o.constant(0.5 / beta));
    return o.select(o.less(size, o.constant(beta)), squared, o.subtract(size, o.constant(0.5 * beta)));
  },
  examples: [
    ...realExamples,
    { config: { beta: 0.3 }, input: [3], target: [3], targetKind: "real" },
    { config: { beta: 0 }, input: [2], target: [2], targetKind: "real" },
  ],
});
