import { defineLoss } from "./define.ts";
import { elementsMatch, realExamples } from "./shapes.ts";

interface HuberConfig {
  readonly delta: number;
}

export const huber = defineLoss<HuberConfig>({
  kind: "huber",
  summary: "Squared for small errors, linear for large ones.",
  formula: "0.5 e^2 if |e| < delta else delta (|e| - 0.5 delta), e = x - y",
  source: "torch.nn.HuberLoss",
  keys: {
    delta: { type: "number", exclusiveMinimum: 0, default: 1, description: "Where squared turns into linear." },
  },
  check: elementsMatch,
  elements: (o, { delta }, input, target) => {
    const error = o.builder.named(o.subtract(input, target), "error");
    const size = o.abs(error);
    const squared = o.multiply(o.multiply(error, error), o.constant(0.5));
    const straight = o.multiply(o.subtract(size, o.constant(0.5 * delta)), o.constant(delta));
    return o.select(o.less(size, o.constant(delta)), squared, straight);
  },
  worked: { input: [3], target: [1], loss: 1.5 },
  examples: [...realExamples, { config: { delta: 0.3 }, input: [3], target: [3], targetKind: "real" }],
});
