/** The pointwise functions a layer may apply, with PyTorch's formulas and constants. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { logSoftmax, softmax } from "./softmax.ts";

/** Keys that shape one function or another; PyTorch's names. */
export interface ActivationOptions {
  readonly alpha?: number;
  readonly negative_slope?: number;
  readonly beta?: number;
  readonly threshold?: number;
  readonly approximate?: "none" | "tanh";
}

type Activation = (o: Operations, x: Node, options: ActivationOptions) => Node;

const positive = (o: Operations, x: Node): Node => o.greater(x, o.constant(0));

/** scale * (x > 0 ? x : alpha * (exp(x) - 1)); exp never sees a positive number, so it cannot overflow. */
function exponentialUnit(o: Operations, x: Node, alpha: number, scale: number): Node {
  const zero = o.constant(0, x.shape);
  const below = o.subtract(o.exp(o.select(positive(o, x), zero, x)), o.constant(1));
  const unit = o.select(positive(o, x), x, o.multiply(below, o.constant(alpha)));
  return scale === 1 ? unit : o.multiply(unit, o.constant(scale));
}

/** log(1 + z) for z in [0, 1]; what 1 + z rounds away is added again, for tiny z that is all there is. */
function logOfOnePlus(o: Operations, z: Node): Node {
  const sum = o.add(z, o.constant(1));
  const lost = o.divide(o.subtract(z, o.subtract(sum, o.constant(1))), sum);
  return o.add(o.log(sum), o.stopGradient(lost));
}

/** log(1 + exp(beta x)) / beta, and x itself where beta x is above the threshold; exp sees no positive number. */
function softplus(o: Operations, x: Node, beta: number, threshold: number): Node {
  const scaled = beta === 1 ? x : o.multiply(x, o.constant(beta));
  const above = o.maximum(scaled, o.constant(0));
  const sum = o.add(above, logOfOnePlus(o, o.exp(o.negate(o.abs(scaled)))));
  return o.select(o.greater(scaled, o.constant(threshold)), x, o.multiply(sum, o.constant(1 / beta)));
}

/** x Phi(x), exact with erf; or 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
function gelu(o: Operations, x: Node, approximate: "none" | "tanh"): Node {
  const half = o.multiply(x, o.constant(0.5));
  if (approximate === "none")
    return o.multiply(half, o.add(o.erf(o.multiply(x, o.constant(Math.SQRT1_2))), o.constant(1)));
  const cube = o.multiply(o.multiply(x, x), x);
  const inner = o.multiply(o.add(x, o.multiply(cube, o.constant(0.044715))), o.constant(Math.sqrt(2 / Math.PI)));
  return o.multiply(half, o.add(o.tanh(inner), o.constant(1)));
}

const activationFunctions = {
  relu: (o, x) => o.select(positive(o, x), x, o.constant(0)),
  gelu: (o, x, { approximate = "none" }) => gelu(o, x, approximate),
  tanh: (o, x) => o.tanh(x),
  sigmoid: (o, x) => o.sigmoid(x),
  softmax: (o, x) => softmax(o, x),
  log_softmax: (o, x) => logSoftmax(o, x),
  elu: (o, x, { alpha = 1 }) => exponentialUnit(o, x, alpha, 1),
  leaky_relu: (o, x, { negative_slope = 0.01 }) =>
    o.select(positive(o, x), x, o.multiply(x, o.constant(negative_slope))),
  selu: (o, x) => exponentialUnit(o, x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946),
  softplus: (o, x, { beta = 1, threshold = 20 }) => softplus(o, x, beta, threshold),
  silu: (o, x) => o.multiply(x, o.sigmoid(x)),
} satisfies Readonly<Record<string, Activation>>;

export type ActivationName = keyof typeof activationFunctions;

export const activationNames = Object.keys(activationFunctions) as readonly ActivationName[];

export function activate(o: Operations, name: ActivationName, x: Node, options: ActivationOptions = {}): Node {
  return activationFunctions[name](o, x, options);
}
