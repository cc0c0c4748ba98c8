/** Integer expressions over index names, simplified as they are made. */
import type { IndexExpression } from "./program.ts";

export function constantIndex(value: number): IndexExpression {
  return { kind: "constant", value };
}

export function nameIndex(name: string): IndexExpression {
  return { kind: "name", name };
}

export function addIndex(left: IndexExpression, right: IndexExpression): IndexExpression {
  if (left.kind === "constant" && right.kind === "constant") return constantIndex(left.value + right.value);
  if (left.kind === "constant") return addIndex(right, left);
  if (right.kind === "constant") {
    if (right.value === 0) return left;
    // Constants gather at the right end, so that x + 3 - 3 is x.
    if (left.kind === "add" && left.right.kind === "constant") {
      return addIndex(left.left, constantIndex(left.right.value + right.value));
    }
  }
  return { kind: "add", left, right };
}

export function scaleIndex(of: IndexExpression, by: number): IndexExpression {
  if (by === 1) return of;
  if (by === 0) return constantIndex(0);
  if (of.kind === "constant") return constantIndex(of.value * by);
  if (of.kind === "scale") return scaleIndex(of.of, of.by * by);
  if (of.kind === "add") return addIndex(scaleIndex(of.left, by), scaleIndex(of.right, by));
  return { kind: "scale", of, by };
}

/** `below`: the expression is known to be less than this, which lets a division vanish. */
export function divideIndex(of: IndexExpression, by: number, below = Number.POSITIVE_INFINITY): IndexExpression {
  if (by === 1) return of;
  if (below <= by) return constantIndex(0);
  if (of.kind === "constant") return constantIndex(Math.floor(of.value / by));
  return { kind: "divide", of, by };
}

export function moduloIndex(of: IndexExpression, by: number, below = Number.POSITIVE_INFINITY): IndexExpression {
  if (by === 1) return constantIndex(0);
  if (below <= by) return of;
  if (of.kind === "constant") return constantIndex(of.value % by);
  return { kind: "modulo", of, by };
}

export function clampIndex(of: IndexExpression, low: number, high: number): IndexExpression {
  if (of.kind === "constant") return constantIndex(Math.min(Math.max(of.value, low), high));
  if (low === high) return constantIndex(low);
  return { kind: "clamp", of, low, high };
}

/** The names an index expression reads. */
export function namesOf(index: IndexExpression): ReadonlySet<string> {
  switch (index.kind) {
    case "constant":
      return new Set();
    case "name":
      return new Set([index.name]);
    case "add":
      return new Set([...namesOf(index.left), ...namesOf(index.right)]);
    case "scale":
    case "divide":
    case "modulo":
    case "clamp":
      return namesOf(index.of);
    default:
      return index satisfies never;
  }
}

/** Canonical text: equal text means equal value. */
export function indexText(index: IndexExpression): string {
  switch (index.kind) {
    case "constant":
      return String(index.value);
    case "name":
      return index.name;
    case "add":
      return `${indexText(index.left)} + ${indexText(index.right)}`;
    case "scale":
      return `${index.by} * ${index.of.kind === "add" ? `(${indexText(index.of)})` : indexText(index.of)}`;
    case "divide":
      return `((${indexText(index.of)}) div ${index.by})`;
    case "modulo":
      return `((${indexText(index.of)}) mod ${index.by})`;
    case "clamp":
      return `clamp(${indexText(index.of)}, ${index.low}, ${index.high})`;
    default:
      return index satisfies never;
  }
}

/** Evaluates with numbers for the names. */
export function indexValue(index: IndexExpression, names: Readonly<Record<string, number>>): number {
  switch (index.kind) {
    case "constant":
      return index.value;
    case "name":
      return names[index.name] as number;
    case "add":
      return indexValue(index.left, names) + indexValue(index.right, names);
    case "scale":
      return indexValue(index.of, names) * index.by;
    case "divide":
      return Math.floor(indexValue(index.of, names) / index.by);
    case "modulo":
      return indexValue(index.of, names) % index.by;
    case "clamp":
      return Math.min(Math.max(indexValue(index.of, names), index.low), index.high);
    default:
      return index satisfies never;
  }
}
