/** An optimizer's scalar coefficients and a schedule's rate as TypeScript: `learningRate / (1 - 0.9 ** step)`. */
import type { ScalarFormula } from "../ir/scalar-formula.ts";
import { readsVariable } from "../ir/scalar-formula.ts";
import { numberLiteral } from "../code-text/literals.ts";

export { readsVariable as reads };

/** Runtime function behind the operation `product`. */
export const productFunction = "productOverSteps";

const operators = { add: "+", subtract: "-", multiply: "*", divide: "/", power: "**" } as const;
const strengths = { add: 1, subtract: 1, multiply: 2, divide: 2, power: 3 } as const;
const functions = {
  sqrt: "Math.sqrt",
  cos: "Math.cos",
  floor: "Math.floor",
  minimum: "Math.min",
  maximum: "Math.max",
} as const;
const atomStrength = 4;

interface Piece {
  readonly text: string;
  readonly strength: number;
}

export function scalarText(formula: ScalarFormula): string {
  return piece(formula).text;
}

function piece(formula: ScalarFormula): Piece {
  if (typeof formula === "number") {
    return { text: numberLiteral(formula), strength: formula < 0 || Object.is(formula, -0) ? 0 : atomStrength };
  }
  if (typeof formula === "string") return { text: formula, strength: atomStrength };
  switch (formula.operation) {
    case "sqrt":
    case "cos":
    case "floor":
      return { text: `${functions[formula.operation]}(${scalarText(formula.of)})`, strength: atomStrength };
    case "minimum":
    case "maximum": {
      const operands = `${scalarText(formula.left)}, ${scalarText(formula.right)}`;
      return { text: `${functions[formula.operation]}(${operands})`, strength: atomStrength };
    }
    case "product":
      return { text: `${productFunction}(step, (step) => ${scalarText(formula.of)})`, strength: atomStrength };
    case "choose": {
      const [left, right, then, otherwise] = [formula.left, formula.right, formula.then, formula.otherwise].map(
        (part) => within(piece(part), 1),
      );
      return { text: `${left} < ${right} ? ${then} : ${otherwise}`, strength: 0 };
    }
    default: {
      const own = strengths[formula.operation];
      // `**` associates to the right, the others to the left; equal strength on the other side keeps its parentheses.
      const isPower = formula.operation === "power";
      const left = within(piece(formula.left), isPower ? own + 1 : own);
      const right = within(piece(formula.right), isPower ? own : own + 1);
      return { text: `${left} ${operators[formula.operation]} ${right}`, strength: own };
    }
  }
}

function within({ text, strength }: Piece, needed: number): string {
  return strength < needed ? `(${text})` : text;
}
