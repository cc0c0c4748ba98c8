/** Which parameters are multiplied with one and the same vector: `W_f @ x` and `W_g @ x` are one product of a taller matrix. */
import type { Node } from "../ir/graph.ts";
import type { Equation, Expression } from "./define.ts";

export interface SharedRows {
  readonly parameter: string;
  /** Its rows in the taller matrix. */
  readonly start: number;
  readonly stop: number;
}

/** By the name of the vector; only where there are several parameters. */
export type SharedProducts = ReadonlyMap<string, readonly SharedRows[]>;

export function sharedProducts(equations: readonly Equation[], parameters: ReadonlyMap<string, Node>): SharedProducts {
  const groups = new Map<string, Map<string, SharedRows>>();
  for (const part of equations.flatMap(({ value }) => partsOf(value))) {
    if (part.kind !== "binary" || part.operator !== "@") continue;
    const { left, right } = part;
    if (left.kind !== "name" || right.kind !== "name" || parameters.has(right.name)) continue;
    const matrix = parameters.get(left.name);
    const group = groups.get(right.name) ?? new Map<string, SharedRows>();
    if (matrix?.shape.length !== 2 || group.has(left.name)) continue;
    const start = Math.max(0, ...[...group.values()].map(({ stop }) => stop));
    group.set(left.name, { parameter: left.name, start, stop: start + (matrix.shape[0] as number) });
    groups.set(right.name, group);
  }
  const several = [...groups].filter(([, group]) => group.size > 1);
  return new Map(several.map(([name, group]) => [name, [...group.values()]]));
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "number":
    case "name":
      return [expression];
    case "negate":
      return [expression, ...partsOf(expression.operand)];
    case "binary":
      return [expression, ...partsOf(expression.left), ...partsOf(expression.right)];
    case "call":
      return [expression, ...expression.operands.flatMap(partsOf)];
    case "rows":
      return [expression, ...partsOf(expression.operand)];
  }
}
