import { defineLoss } from "./define.ts";
import { elementsMatch, realExamples } from "./shapes.ts";

export const mse = defineLoss({
  kind: "mse",
  summary: "Mean squared error.",
  formula: "(x - y)^2",
  source: "torch.nn.MSELoss",
  keys: {},
  check: elementsMatch,
  elements: (o, _config, input, target) => {
    const error = o.builder.named(o.subtract(input, target), "error");
    return o.multiply(error, error);
  },
  worked: { input: [3], target: [1], loss: 4 },
  examples: realExamples,
});
