import { defineLoss } from "./define.ts";
import { elementsMatch, realExamples } from "./shapes.ts";

export const l1 = defineLoss({
  kind: "l1",
  summary: "Mean absolute error.",
  formula: "|x - y|",
  source: "torch.nn.L1Loss",
  keys: {},
  check: elementsMatch,
  elements: (o, _config, input, target) => o.abs(o.subtract(input, target)),
  examples: realExamples,
});
