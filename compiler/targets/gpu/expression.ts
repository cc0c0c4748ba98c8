/** Scalar expressions as kernel statements: what is shared gets a name, what is a reduction becomes a loop. */
import { binaryOperations, unaryOperations, type UnaryRecord } from "../../elementwise/index.ts";
import type { ExpressionFacts } from "../../ir/expression-facts.ts";
import { namesOf } from "../../ir/index-expression.ts";
import type { Expression, Kernel } from "../../ir/program.ts";
import { infix, kernelNumber, largestFloat, type Code } from "./code.ts";
import { binaryCode, choice, compareCode, unaryCode, type Naming } from "./functions.ts";
import { indexCode, loadCode } from "./indices.ts";
import type { KernelScope } from "./scope.ts";

type Reduction = Extract<Expression, { kind: "reduce" }>;

export class ExpressionPrinter {
  constructor(
    private readonly kernel: Kernel,
    private readonly facts: ExpressionFacts,
  ) {}

  print(expression: Expression, scope: KernelScope): Code {
    if (expression.kind === "number") return kernelNumber(expression.value);
    if (expression.kind === "position") return indexCode(expression.index, scope);
    const home = scope.home(this.facts.free.get(expression) ?? new Set());
    const known = home.values.get(expression);
    if (known !== undefined) return known;
    const code = this.#form(expression, home);
    const isShared = (this.facts.uses.get(expression) ?? 0) > 1;
    const isInvariant = home !== scope && expression.kind !== "load";
    // A reduction has its name already.
    if (expression.kind === "reduce") {
      home.values.set(expression, code);
      return code;
    }
    if (!isShared && !isInvariant && !this.#deservesName(expression)) return code;
    const named = home.declareValue(expression.label ?? wishFor(expression, this.kernel), code);
    home.values.set(expression, named);
    return named;
  }

  /** What the graph has a name for, and functions whose portable form is long; not the whole value of the kernel. */
  #deservesName(expression: Expression): boolean {
    if (expression === this.kernel.body) return false;
    if (expression.kind === "load") return false;
    if (expression.label !== undefined) return true;
    if (expression.kind !== "unary") return false;
    const record: UnaryRecord = unaryOperations[expression.operation];
    return record.isLong === true;
  }

  #form(expression: Exclude<Expression, { kind: "number" | "position" }>, scope: KernelScope): Code {
    switch (expression.kind) {
      case "load":
        return loadCode(expression.parameter, expression.indices, scope);
      case "unary":
        return unaryCode(expression.operation, this.print(expression.operand, scope), namesIn(scope));
      case "binary": {
        const { operation, left, right } = expression;
        const simple = simplified(operation, right);
        if (simple !== undefined) return infix(this.print(left, scope), simple.operator, kernelNumber(simple.value));
        const constant = right.kind === "number" ? right.value : undefined;
        return binaryCode(operation, [this.print(left, scope), this.print(right, scope)], constant, namesIn(scope));
      }
      case "select": {
        const condition = this.#condition(expression.condition, scope);
        return choice(condition, this.#branch(expression.whenTrue, scope), this.#branch(expression.whenFalse, scope));
      }
      case "reduce":
        return this.#reduce(expression, scope);
      default:
        return expression satisfies never;
    }
  }

  /** A branch of a choice. Arithmetic with loop indices is of integers in WebGL2, whose `?:` takes no two types; a constant is a float. */
  #branch(expression: Expression, scope: KernelScope): Code {
    const code = this.print(expression, scope);
    return this.#isInteger(expression) ? scope.declareValue("value", code) : code;
  }

  /** Whether the expression is made of the indices of loops and of whole numbers alone. */
  #isInteger(expression: Expression): boolean {
    switch (expression.kind) {
      case "position": {
        const { indices, variables } = this.kernel;
        const names = [...namesOf(expression.index)];
        return names.length > 0 && names.every((name) => !indices.includes(name) && !variables.includes(name));
      }
      case "binary": {
        const sides = [expression.left, expression.right];
        const isWhole = (side: Expression): boolean => side.kind === "number" && Number.isInteger(side.value);
        return (
          ["add", "subtract", "multiply"].includes(expression.operation) &&
          sides.some((side) => this.#isInteger(side)) &&
          sides.every((side) => isWhole(side) || this.#isInteger(side))
        );
      }
      default:
        return false;
    }
  }

  #condition(condition: Extract<Expression, { kind: "select" }>["condition"], scope: KernelScope): Code {
    const { operation } = condition;
    const isEquality = operation === "equal" || operation === "not_equal";
    const isTurned = isEquality && condition.left.kind === "number";
    const [left, right] = isTurned ? [condition.right, condition.left] : [condition.left, condition.right];
    if (isEquality && left.kind === "position" && right.kind === "number" && right.value !== 0) {
      // An `Index` has no overlap with the literal 3 to the type checker; its distance from 3 has one with 0.
      const distance = infix(this.print(left, scope), "-", kernelNumber(right.value));
      return compareCode(operation, distance, kernelNumber(0));
    }
    return compareCode(operation, this.print(left, scope), this.print(right, scope));
  }

  #reduce(reduction: Reduction, scope: KernelScope): Code {
    const { operation, index, extent } = reduction;
    const total = scope.names.claim(reduction.label ?? wishFor(reduction, this.kernel));
    const loop = scope.loop(index, extent);
    const value = this.print(reduction.body, loop);
    const step = operation === "sum" ? `${total} += ${value.text};` : `${total} = Math.max(${total}, ${value.text});`;
    scope.statements.push(
      `let ${total} = ${operation === "sum" ? "0" : `-${largestFloat}`.replace("e+", "e")};`,
      `for (let ${index}: Index = 0; ${index} < ${extent}; ${index}++) {`,
      ...[...loop.statements, step].map(indented),
      "}",
    );
    return { text: total, strength: Number.POSITIVE_INFINITY };
  }
}

function indented(lines: string): string {
  return lines.replace(/^/gmu, "  ");
}

/** `x + -3` reads better as `x - 3`. */
function simplified(
  operation: string,
  right: Expression,
): { readonly operator: "+" | "-"; readonly value: number } | undefined {
  if (right.kind !== "number" || right.value >= 0) return undefined;
  if (operation === "add") return { operator: "-", value: -right.value };
  if (operation === "subtract") return { operator: "+", value: -right.value };
  return undefined;
}

function namesIn(scope: KernelScope): Naming {
  return (wish, value) => (/^[A-Za-z0-9_.]+$/.test(value.text) ? value : scope.declareValue(wish, value));
}

/** A name that says what the value is, where the graph gave none. */
function wishFor(expression: Expression, kernel: Kernel): string {
  switch (expression.kind) {
    case "load": {
      const name = kernel.parameters[expression.parameter]?.name ?? "loaded";
      return name.length > 3 && /[^s]s$/.test(name) ? name.slice(0, -1) : `${name}Value`;
    }
    case "unary":
      return unaryOperations[expression.operation].noun;
    case "binary":
      return binaryOperations[expression.operation].noun;
    case "select":
      return "chosen";
    case "reduce":
      return expression.operation === "sum" ? "sum" : "largest";
    case "number":
    case "position":
      return "value";
    default:
      return expression satisfies never;
  }
}
