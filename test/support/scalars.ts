/** Numbers that a generated module computes between its programs, from their formulas. */
import type { ScalarFormula, ScalarVariable } from "../../compiler/ir/scalar-formula.ts";

export type ScalarValues = Readonly<Partial<Record<ScalarVariable, number>>>;

export function scalarValue(formula: ScalarFormula, variables: ScalarValues): number {
  if (typeof formula === "number") return formula;
  if (typeof formula === "string") return variables[formula] ?? NaN;
  const value = (part: ScalarFormula): number => scalarValue(part, variables);
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
    case "minimum":
      return Math.min(value(formula.left), value(formula.right));
    case "maximum":
      return Math.max(value(formula.left), value(formula.right));
    case "sqrt":
      return Math.sqrt(value(formula.of));
    case "cos":
      return Math.cos(value(formula.of));
    case "floor":
      return Math.floor(value(formula.of));
    case "product": {
      let product = 1;
      for (let step = 1; step <= (variables.step ?? NaN); step += 1) {
        product *= scalarValue(formula.of, { ...variables, step });
      }
      return product;
    }
    case "choose":
      return value(formula.left) < value(formula.right) ? value(formula.then) : value(formula.otherwise);
    default:
      return formula satisfies never;
  }
}
