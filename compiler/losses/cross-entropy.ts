import type { Node } from "../ir/graph.ts";
import { logSoftmax } from "../layers/softmax.ts";
import { sameShape } from "../ops/support.ts";
import { defineLoss } from "./define.ts";

/** -log softmax(x)_y over the last axis of the input; the target holds class numbers 0 .. C - 1. */
export const crossEntropy = defineLoss({
  kind: "cross_entropy",
  summary: "Negative log probability of the target class.",
  formula: "-log softmax(x)_y",
  source: "torch.nn.CrossEntropyLoss with class indices",
  keys: {},
  check: (_config, { input, target }) => {
    if (target.dtype !== "int32") {
      return {
        expected: "an int32 target of class numbers",
        help: "declare the target with dtype: int32 and vocabulary",
      };
    }
    if (!sameShape(input.shape.slice(0, -1), target.shape)) {
      return {
        expected: `an input [B${target.axes.map((axis) => `, ${axis}`).join("")}, classes], one axis more than the target`,
        help: "end the model in a linear layer with one output per class",
      };
    }
    const classes = input.shape[input.shape.length - 1] as number;
    if (target.vocabulary !== undefined && target.vocabulary !== classes) {
      return {
        expected: `${target.vocabulary} classes in the input's last axis, which has ${classes}`,
        help: `set out_features of the last linear layer to ${target.vocabulary}`,
      };
    }
    return undefined;
  },
  elements: (o, _config, input, target): Node => {
    const axis = input.shape.length - 1;
    const logProbabilities = o.builder.named(logSoftmax(o, input), "log_probabilities");
    const isTarget = o.equal(
      o.iota(input.shape, axis),
      o.broadcast(
        target,
        input.shape,
        target.shape.map((_, position) => position),
      ),
    );
    return o.negate(o.sum(o.select(isTarget, logProbabilities, o.constant(0)), [axis]));
  },
  examples: [
    { config: {}, input: [5], target: [], targetKind: "class" },
    { config: {}, input: [3, 4], target: [3], targetKind: "class" },
  ],
});
