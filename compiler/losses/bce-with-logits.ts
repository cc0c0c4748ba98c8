import { activate } from "../layers/activation-functions.ts";
import { constantAt } from "./classes.ts";
import { defineLoss } from "./define.ts";
import { elementsMatch } from "./shapes.ts";

/** torch's softplus is linear above 20, its loss is not. */
const neverLinear = 1e30;

interface BceWithLogitsConfig {
  readonly pos_weight?: number | readonly number[];
}

/**
 * Binary cross entropy of sigmoid(x) against targets in 0 .. 1 of the same shape, without ever computing the sigmoid.
 * `pos_weight` p weighs the positive side: one number, or one per entry of the last axis. It does not change the divisor.
 */
export const bceWithLogits = defineLoss<BceWithLogitsConfig>({
  kind: "bce_with_logits",
  summary: "Binary cross entropy of logits, each element by itself.",
  formula: "(1 - y) x + (1 + (p - 1) y) softplus(-x)",
  source: "torch.nn.BCEWithLogitsLoss",
  keys: {
    pos_weight: {
      oneOf: [
        { type: "number", minimum: 0 },
        { type: "array", items: { type: "number", minimum: 0 }, minItems: 1 },
      ],
      optional: true,
      description: "Factor of the positive side: one number, or one per entry of the last axis.",
    },
  },
  check: (config, shapes) => {
    const { pos_weight: weight } = config;
    const { shape } = shapes.input;
    const entries = shape[shape.length - 1];
    if (typeof weight === "object" && weight.length !== entries) {
      return {
        key: "pos_weight",
        expected:
          entries === undefined
            ? "one number, as each example has one element"
            : `one number, or ${entries}, one per entry of the last axis`,
        help: "the last axis is that of the loss's input",
      };
    }
    return elementsMatch(config, shapes);
  },
  targetRange: [0, 1],
  facts: () => ({ link: { kind: "sigmoid" } }),
  elements: (o, { pos_weight: weight }, input, target) => {
    const one = o.constant(1);
    const negative = o.multiply(o.subtract(one, target), input);
    const softplus = activate(o, "softplus", o.negate(input), { threshold: neverLinear });
    if (weight === undefined) return o.add(negative, softplus);
    const more =
      typeof weight === "number"
        ? o.constant(weight - 1)
        : constantAt(
            o,
            o.iota([weight.length], 0),
            weight.map((factor) => factor - 1),
          );
    return o.add(negative, o.multiply(o.add(o.multiply(target, more), one), softplus));
  },
  examples: [
    { config: {}, input: [4], target: [4], targetKind: "probability" },
    { config: { pos_weight: 3 }, input: [3, 2], target: [3, 2], targetKind: "probability" },
    { config: { pos_weight: [0.5, 2] }, input: [3, 2], target: [3, 2], targetKind: "probability" },
  ],
});
