/** The pointwise functions a layer may apply, with PyTorch's formulas and constants. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { softmax } from "./softmax.ts";

type Activation = (o: Operations, x: Node) => Node;

const positive = (o: Operations, x: Node): Node => o.greater(x, o.constant(0));

/** scale * (x > 0 ? x : alpha * (exp(x) - 1)); exp never sees a positive number, so it cannot overflow. */
const exponentialUnit =
  (alpha: number, scale: number): Activation =>
  (o, x) => {
    const zero = o.constant(0, x.shape);
    const below = o.subtract(o.exp(o.select(positive(o, x), zero, x)), o.constant(1));
    const unit = o.select(positive(o, x), x, o.multiply(below, o.constant(alpha)));
    return scale === 1 ? unit : o.multiply(unit, o.constant(scale));
  };

export const activationFunctions = {
  relu: (o, x) => o.select(positive(o, x), x, o.constant(0)),
  // The exact form (erf), PyTorch's default, not the tanh approximation.
  gelu: (o, x) =>
    o.multiply(o.multiply(x, o.constant(0.5)), o.add(o.erf(o.multiply(x, o.constant(Math.SQRT1_2))), o.constant(1))),
  tanh: (o, x) => o.tanh(x),
  sigmoid: (o, x) => o.sigmoid(x),
  softmax: (o, x) => softmax(o, x),
  elu: exponentialUnit(1, 1),
  leaky_relu: (o, x) => o.select(positive(o, x), x, o.multiply(x, o.constant(0.01))),
  selu: exponentialUnit(1.6732632423543772848170429916717, 1.0507009873554804934193349852946),
  softplus: (o, x) => o.add(o.maximum(x, o.constant(0)), o.log(o.add(o.exp(o.negate(o.abs(x))), o.constant(1)))),
  silu: (o, x) => o.multiply(x, o.sigmoid(x)),
} satisfies Readonly<Record<string, Activation>>;

export type ActivationName = keyof typeof activationFunctions;

export const activationNames = Object.keys(activationFunctions) as readonly ActivationName[];

export function activate(o: Operations, name: ActivationName, x: Node): Node {
  return (activationFunctions[name] as Activation)(o, x);
}
