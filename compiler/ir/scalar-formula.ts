/**
 * Numbers that a module computes by itself, in float64 and once per update: an optimizer's coefficients, a schedule's
 * learning rate. A closed little language, so that nothing of a spec can become code.
 */
export type ScalarFormula =
  | number
  | ScalarVariable
  | {
      readonly operation: BinaryScalar;
      readonly left: ScalarFormula;
      readonly right: ScalarFormula;
    }
  | { readonly operation: UnaryScalar; readonly of: ScalarFormula }
  /** The product of `of` for every step from 1 to this one; its factors lie in [0, 1). */
  | { readonly operation: "product"; readonly of: ScalarFormula }
  /** `then` where left < right, else `otherwise`. */
  | {
      readonly operation: "choose";
      readonly left: ScalarFormula;
      readonly right: ScalarFormula;
      readonly then: ScalarFormula;
      readonly otherwise: ScalarFormula;
    };

/**
 * `step`: number of this update, 1 for the first. `learningRate`: of this update for an optimizer, before it for a
 * schedule. `position`: of a schedule, the updates or epochs behind it, 0 for the first.
 */
export type ScalarVariable = "step" | "learningRate" | "position";
export type BinaryScalar = "add" | "subtract" | "multiply" | "divide" | "power" | "minimum" | "maximum";
export type UnaryScalar = "sqrt" | "cos" | "floor";

const binary =
  (operation: BinaryScalar) =>
  (left: ScalarFormula, right: ScalarFormula): ScalarFormula => ({ operation, left, right });
const unary =
  (operation: UnaryScalar) =>
  (of: ScalarFormula): ScalarFormula => ({ operation, of });

/** Short ways to write formulas. */
export const scalar = {
  add: binary("add"),
  subtract: binary("subtract"),
  multiply: binary("multiply"),
  divide: binary("divide"),
  power: binary("power"),
  minimum: binary("minimum"),
  maximum: binary("maximum"),
  sqrt: unary("sqrt"),
  cos: unary("cos"),
  floor: unary("floor"),
  product: (of: ScalarFormula): ScalarFormula => ({ operation: "product", of }),
  choose: (
    left: ScalarFormula,
    right: ScalarFormula,
    then: ScalarFormula,
    otherwise: ScalarFormula,
  ): ScalarFormula => ({ operation: "choose", left, right, then, otherwise }),
} as const;

/** The formulas directly inside. */
function partsOf(formula: ScalarFormula): readonly ScalarFormula[] {
  if (typeof formula !== "object") return [];
  switch (formula.operation) {
    case "sqrt":
    case "cos":
    case "floor":
    case "product":
      return [formula.of];
    case "choose":
      return [formula.left, formula.right, formula.then, formula.otherwise];
    default:
      return [formula.left, formula.right];
  }
}

/** Whether the formula reads the variable. A product reads the step that it ends with. */
export function readsVariable(formula: ScalarFormula, variable: ScalarVariable): boolean {
  if (typeof formula !== "object") return formula === variable;
  if (formula.operation === "product" && variable === "step") return true;
  return partsOf(formula).some((part) => readsVariable(part, variable));
}
