import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { KeySchema } from "../keys/define.ts";
import type { UpdateInputs } from "./define.ts";

/** The key that all optimizers have in PyTorch. */
export const weightDecayKey: KeySchema = {
  type: "number",
  minimum: 0,
  default: 0,
  description: "L2 penalty: this share of the parameter is added to its gradient.",
};

/** g + weight_decay p. */
export function decayedGradient(
  o: Operations,
  { weight_decay: decay }: { readonly weight_decay: number },
  { parameter, gradient }: Pick<UpdateInputs, "parameter" | "gradient">,
): Node {
  if (decay === 0) return gradient;
  return o.builder.named(o.add(gradient, o.multiply(parameter, o.constant(decay))), "decayed_gradient");
}

/** A running mean: beta old + (1 - beta) fresh. */
export function mix(o: Operations, old: Node, fresh: Node, beta: number): Node {
  return o.add(o.multiply(old, o.constant(beta)), o.multiply(fresh, o.constant(1 - beta)));
}
