import { defineLayer } from "./define.ts";
import { combining } from "./same-shape.ts";

export const multiply = defineLayer({
  kind: "multiply",
  summary: "The product of two or more tensors of one shape, cell by cell.",
  formula: "y = x_1 * x_2 * ...",
  source: "torch.mul",
  ...combining((o, left, right) => o.multiply(left, right)),
});
