/** What a look at a whole scalar expression tells. */
import { namesOf } from "./index-expression.ts";
import type { Expression } from "./program.ts";

/** What one pass over the body finds out. */
export interface ExpressionFacts {
  readonly uses: ReadonlyMap<Expression, number>;
  /** Index names and loop variables the value depends on. */
  readonly free: ReadonlyMap<Expression, ReadonlySet<string>>;
}

export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "number":
    case "position":
    case "load":
      return [];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "select": {
      const { condition, whenTrue, whenFalse } = expression;
      return [condition.left, condition.right, whenTrue, whenFalse];
    }
    case "reduce":
      return [expression.body];
    default:
      return expression satisfies never;
  }
}

export function factsOf(body: Expression): ExpressionFacts {
  const uses = new Map<Expression, number>();
  const free = new Map<Expression, ReadonlySet<string>>();
  const visit = (expression: Expression): ReadonlySet<string> => {
    uses.set(expression, (uses.get(expression) ?? 0) + 1);
    const known = free.get(expression);
    if (known !== undefined) return known;
    const names = new Set<string>();
    if (expression.kind === "position") for (const name of namesOf(expression.index)) names.add(name);
    if (expression.kind === "load") {
      for (const index of expression.indices) for (const name of namesOf(index)) names.add(name);
    }
    for (const child of childrenOf(expression)) for (const name of visit(child)) names.add(name);
    if (expression.kind === "reduce") names.delete(expression.index);
    free.set(expression, names);
    return names;
  };
  visit(body);
  return { uses, free };
}
