/** An optimizer's scalar coefficients, computed from their formulas. */
import type { ScalarFormula } from "../../compiler/optimizers/index.ts";

export function scalarValue(formula: ScalarFormula, step: number, learningRate: number): number {
  if (typeof formula === "number") return formula;
  if (formula === "step") return step;
  if (formula === "learningRate") return learningRate;
  const value = (part: ScalarFormula): number => scalarValue(part, step, learningRate);
  switch (formula.operation) {
    case "add":
      return value(formula.left) + value(formula.right);
    case "subtract":
      return value(formula.left) - value(formula.right);
    case "multiply":
      return value(formula.left) * value(formula.right);
    case "divide":
      return value(formula.left) / value(formula.right);
    case "power":
      return value(formula.left) ** value(formula.right);
    case "sqrt":
      return Math.sqrt(value(formula.of));
    default:
      return formula satisfies never;
  }
}
