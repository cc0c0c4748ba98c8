/** Sums of several values, taken apart: what gathers in one place is left out of the rest. */
import { childrenOf, nodesOf, type Value, type ValueTable } from "./values.ts";

type Sum = Value & { readonly kind: "binary" };

/**
 * The values that are only added to `part`, and it: terms of one chain of additions, each of them wanted nowhere else, nor
 * any sum of some of them. Whoever wanted one of them elsewhere would find what has gathered.
 */
export function gatheredWith(root: Value, part: Value): readonly Value[] {
  const uses = new Map<Value, number>([[root, 1]]);
  const nodes = nodesOf(root);
  for (const child of nodes.flatMap(childrenOf)) uses.set(child, (uses.get(child) ?? 0) + 1);
  const isOnce = (value: Value): boolean => uses.get(value) === 1;
  const inner = new Set(nodes.filter(isSum).flatMap((sum) => childrenOf(sum).filter(isSum).filter(isOnce)));
  const termsOf = (sum: Sum): readonly Value[] =>
    [sum.left, sum.right].flatMap((term) => (isSum(term) && inner.has(term) ? termsOf(term) : [term]));
  for (const top of nodes.filter(isSum).filter((sum) => !inner.has(sum))) {
    const terms = termsOf(top).filter(isOnce);
    if (terms.includes(part)) return terms;
  }
  return isOnce(part) ? [part] : [];
}

function isSum(value: Value): value is Sum {
  return value.kind === "binary" && value.operation === "add";
}

/** Without additions of zero. */
export function withoutZeros(root: Value, table: ValueTable): Value {
  const isZero = (one: Value): boolean => one.kind === "number" && one.value === 0;
  return table.rebuild(root, (value) => {
    if (!isSum(value)) return undefined;
    const left = withoutZeros(value.left, table);
    const right = withoutZeros(value.right, table);
    if (isZero(left)) return right;
    return isZero(right) ? left : table.intern({ ...value, left, right });
  });
}
