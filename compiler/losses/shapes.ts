/** Shape rules that several losses share. */
import { sameShape } from "../ops/support.ts";
import { legend } from "../support/legend.ts";
import type { LossDefinition, LossProblem, LossShapes } from "./define.ts";

/** Input and target of one shape, numbers both. */
export function elementsMatch(_config: unknown, { input, target }: LossShapes): LossProblem | undefined {
  if (target.dtype !== "float32") {
    return {
      expected: "a target of float32 numbers",
      help: "use cross_entropy for classes, or declare the target as float32",
    };
  }
  if (sameShape(input.shape, target.shape)) return undefined;
  return {
    expected: `an input of the target's shape ${legend(target)}`,
    help: "end the model in a linear layer with out_features equal to the target's last axis",
  };
}

export const realExamples: LossDefinition["examples"] = [
  { config: {}, input: [4], target: [4], targetKind: "real" },
  { config: {}, input: [3, 2], target: [3, 2], targetKind: "real" },
];
