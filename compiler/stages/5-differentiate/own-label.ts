import type { Node } from "../../ir/graph.ts";

/** What a value is called in a layer: of its parameters `weight_hh_l0`, not `encoder.weight_hh_l0`. */
export function ownLabel({ op, label }: Node, layer: string): string {
  if (op !== "argument" || !label.includes(".")) return label;
  return label.startsWith(`${layer}.`) ? label.slice(layer.length + 1) : label.slice(label.lastIndexOf(".") + 1);
}
