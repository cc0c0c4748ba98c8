/** Expressions that stand for sizes: whole numbers and keys with + - * and /. */
import {
  addDimensions,
  constantDimension,
  constantOf,
  multiplyDimensions,
  namedDimension,
  scaleDimension,
} from "./dimension.ts";
import type { Dimension } from "./dimension.ts";
import type { Expression } from "./define.ts";
import type { CellReport } from "./report.ts";

/**
 * @param known keys that a size may be made of
 * @param use is told of every name that is read
 * @returns undefined once reported
 */
export function dimensionOf(
  expression: Expression,
  known: readonly string[],
  report: CellReport,
  use: (name: string) => void = () => undefined,
): Dimension | undefined {
  const { span } = expression;
  const inner = (part: Expression): Dimension | undefined => dimensionOf(part, known, report, use);
  switch (expression.kind) {
    case "number":
      return constantDimension(expression.value);
    case "name": {
      const { name } = expression;
      if (!known.includes(name))
        return report("cell-unknown-name", { name, what: "a size", known, later: false }, span);
      use(name);
      return namedDimension(name);
    }
    case "negate": {
      const operand = inner(expression.operand);
      return operand && scaleDimension(operand, -1);
    }
    case "binary": {
      const [left, right] = [inner(expression.left), inner(expression.right)];
      if (!left || !right) return undefined;
      if (expression.operator === "+") return addDimensions(left, right);
      if (expression.operator === "-") return addDimensions(left, right, -1);
      if (expression.operator === "*") return multiplyDimensions(left, right);
      const divisor = constantOf(right);
      if (expression.operator === "/" && divisor !== undefined && divisor !== 0)
        return scaleDimension(left, 1 / divisor);
      return report("cell-not-a-size", { problem: divisionProblem(expression.operator) }, span);
    }
    case "call":
    case "rows":
      return report("cell-not-a-size", { problem: "functions and rows are of values" }, span);
  }
}

function divisionProblem(operator: string): string {
  return operator === "/" ? "a size can be divided by a whole number only" : `"${operator}" is of values`;
}
