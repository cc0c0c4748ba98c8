import { classCount, classesMatch, classFacts, classKeys, classTerms, pickClass, weighedByClass } from "./classes.ts";
import type { ClassConfig } from "./classes.ts";
import { defineLoss } from "./define.ts";

/**
 * -w_y x_y: the input `[..., C]` holds log probabilities (an activation `log_softmax` makes them), the target `[...]` int32
 * class numbers. A mean divides by the summed weights of the targets; where all are ignored it is 0 (PyTorch: NaN).
 */
export const nll = defineLoss<ClassConfig>({
  kind: "nll",
  summary: "Negative of the target class's entry, for an input of log probabilities.",
  formula: "-w_y x_y",
  source: "torch.nn.NLLLoss",
  keys: classKeys,
  check: classesMatch,
  classes: classCount,
  facts: classFacts,
  elements: (o, config, input, target) =>
    classTerms(o, config, target, weighedByClass(o, config, target, o.negate(pickClass(o, input, target)))),
  examples: [
    { config: {}, input: [5], target: [], targetKind: "class" },
    { config: { ignore_index: 1, class_weight: [1, 2, 2, 0.5] }, input: [3, 4], target: [3], targetKind: "class" },
  ],
});
