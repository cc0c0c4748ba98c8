/** An optimizer's scalar coefficients as TypeScript: `learningRate / (1 - 0.9 ** step)`. */
import type { ScalarFormula } from "../optimizers/define.ts";
import { numberLiteral } from "./literals.ts";

const operators = { add: "+", subtract: "-", multiply: "*", divide: "/", power: "**" } as const;
const strengths = { add: 1, subtract: 1, multiply: 2, divide: 2, power: 3 } as const;
const atomStrength = 4;

interface Piece {
  readonly text: string;
  readonly strength: number;
}

export function scalarText(formula: ScalarFormula): string {
  return piece(formula).text;
}

/** Whether the formula reads the variable. */
export function reads(formula: ScalarFormula, variable: "step" | "learningRate"): boolean {
  if (typeof formula !== "object") return formula === variable;
  return formula.operation === "sqrt"
    ? reads(formula.of, variable)
    : reads(formula.left, variable) || reads(formula.right, variable);
}

function piece(formula: ScalarFormula): Piece {
  if (typeof formula === "number") {
    return { text: numberLiteral(formula), strength: formula < 0 || Object.is(formula, -0) ? 0 : atomStrength };
  }
  if (typeof formula === "string") return { text: formula, strength: atomStrength };
  if (formula.operation === "sqrt") return { text: `Math.sqrt(${scalarText(formula.of)})`, strength: atomStrength };
  const own = strengths[formula.operation];
  // `**` associates to the right, the others to the left; equal strength on the other side keeps its parentheses.
  const isPower = formula.operation === "power";
  const left = within(piece(formula.left), isPower ? own + 1 : own);
  const right = within(piece(formula.right), isPower ? own : own + 1);
  return { text: `${left} ${operators[formula.operation]} ${right}`, strength: own };
}

function within({ text, strength }: Piece, needed: number): string {
  return strength < needed ? `(${text})` : text;
}
