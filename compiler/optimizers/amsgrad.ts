import type { Node } from "../ir/graph.ts";
import type { AdamConfig } from "./adam.ts";
import { adamKeys, adamScalars, adamUpdate } from "./adam.ts";
import { decayedGradient } from "./decay.ts";
import { defineOptimizer } from "./define.ts";

export const amsgrad = defineOptimizer<AdamConfig>()({
  kind: "amsgrad",
  summary: "Adam that divides by the largest running mean of squares so far.",
  formula:
    "m and v as in adam; x = max(x, v); p -= lr / (1 - b1^t) m / (sqrt(x / (1 - b2^t)) + eps), with g += weight_decay p before",
  source: "torch.optim.Adam with amsgrad=True; Reddi, Kale and Kumar 2018",
  learningRate: 0.001,
  keys: adamKeys(0),
  slots: () => ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"],
  scalars: adamScalars,
  update: (o, config, inputs) => {
    const largest = (square: Node): Node => o.maximum(inputs.state.max_exp_avg_sq, square);
    return adamUpdate(o, config, { ...inputs, gradient: decayedGradient(o, config, inputs) }, largest);
  },
});
