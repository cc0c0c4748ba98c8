import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { sameShape } from "../ops/support.ts";
import { legend } from "../support/legend.ts";
import { defineLoss } from "./define.ts";
import { elementsMatch } from "./shapes.ts";

interface GaussianNllConfig {
  readonly full: boolean;
  readonly eps: number;
}

/**
 * Negative log likelihood of the target under a normal distribution whose mean is the input and whose variance is what the
 * layer named by `variance` puts out (an activation `softplus` keeps it positive): of the input's shape, or with one number
 * for the whole last axis. A variance below `eps` counts as `eps`, with the gradient that it would have there, as in
 * PyTorch (which refuses negative ones; here they count as `eps` too).
 */
export const gaussianNll = defineLoss<GaussianNllConfig>({
  kind: "gaussian_nll",
  summary: "Negative log likelihood of a normal distribution, of which the model gives mean and variance.",
  formula: "0.5 (log v + (x - y)^2 / v), v = max(variance, eps); full: + 0.5 log(2 pi)",
  source: "torch.nn.GaussianNLLLoss",
  keys: {
    variance: {
      type: "string",
      minLength: 1,
      description: "The layer that gives the variance; the input is the mean.",
    },
    full: { type: "boolean", default: false, description: "Whether the constant 0.5 log(2 pi) is added." },
    eps: { type: "number", exclusiveMinimum: 0, default: 1e-6, description: "The least variance." },
  },
  layerKeys: ["variance"],
  check: (config, shapes) => {
    const { input, layers } = shapes;
    const problem = elementsMatch(config, shapes);
    const variance = layers["variance"];
    if (problem !== undefined || variance === undefined || sameShape(variance.shape, input.shape)) return problem;
    const single = input.shape.map((size, axis) => (axis === input.shape.length - 1 ? 1 : size));
    if (sameShape(variance.shape, single)) return undefined;
    return {
      key: "variance",
      expected: `a layer that puts out the input's shape ${legend(input)}, or 1 in its last axis`,
      help: "give mean and variance a linear layer each, with the same out_features",
    };
  },
  elements: (o, { full, eps }, input, target, _lengths, layers) => {
    const given = layers["variance"] as Node;
    const least = o.constant(eps);
    // The gradient passes the bound as if it were not there.
    const bounded = o.select(o.less(given, least), o.add(o.subtract(given, o.stopGradient(given)), least), given);
    const variance = o.builder.named(alongLastAxis(o, bounded, input.shape), "variance");
    const error = o.builder.named(o.subtract(input, target), "error");
    const terms = o.add(o.log(variance), o.divide(o.multiply(error, error), variance));
    const half = o.multiply(terms, o.constant(0.5));
    return full ? o.add(half, o.constant(0.5 * Math.log(2 * Math.PI))) : half;
  },
  examples: [
    { config: { variance: "v" }, input: [4], target: [4], targetKind: "real", layers: { variance: [4] } },
    {
      config: { variance: "v", full: true, eps: 0.3 },
      input: [3, 2],
      target: [3, 2],
      targetKind: "real",
      layers: { variance: [3, 1] },
    },
  ],
});

/** `[..., 1]` repeated over the last axis of `[..., C]`. */
function alongLastAxis(o: Operations, node: Node, shape: readonly number[]): Node {
  if (sameShape(node.shape, shape)) return node;
  const leading = shape.slice(0, -1);
  return o.broadcast(
    o.reshape(node, leading),
    shape,
    leading.map((_, axis) => axis),
  );
}
