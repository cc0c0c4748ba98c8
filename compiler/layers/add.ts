import { defineLayer } from "./define.ts";
import { combining } from "./same-shape.ts";

export const add = defineLayer({
  kind: "add",
  summary: "The sum of two or more tensors of one shape.",
  formula: "y = x_1 + x_2 + ...",
  source: "torch.add",
  ...combining((o, left, right) => o.add(left, right)),
});
