/** Integer expressions over index names, simplified as they are made. */
import { InternalError } from "../support/internal-error.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { IndexExpression, LoadedIndex, Slot } from "./program.ts";

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
    case "loaded":
      return new Set(index.indices.flatMap((inner) => [...namesOf(inner)]));
    default:
      return index satisfies never;
  }
}

/** Every place in the expression where a number is read from a tensor, inner ones too. */
export function loadedIn(index: IndexExpression): readonly LoadedIndex[] {
  switch (index.kind) {
    case "constant":
    case "name":
      return [];
    case "add":
      return [...loadedIn(index.left), ...loadedIn(index.right)];
    case "scale":
    case "divide":
    case "modulo":
    case "clamp":
      return loadedIn(index.of);
    case "loaded":
      return [index, ...index.indices.flatMap(loadedIn)];
    default:
      return index satisfies never;
  }
}

export function slotText(slot: Slot | undefined): string {
  return slot === undefined ? "" : `[${slot.scale}*${slot.variable ?? ""}+${slot.offset}]`;
}

const sourceText = (from: LoadedIndex["from"]): string =>
  typeof from === "number" ? `tensor ${from}` : `${from.buffer.name}${slotText(from.slot)}`;

/**
 * Canonical text: equal text means equal value.
 *
 * @param nameOf what the tensors are called that numbers are read from
 */
export function indexText(index: IndexExpression, nameOf = sourceText): string {
  const text = (inner: IndexExpression): string => indexText(inner, nameOf);
  switch (index.kind) {
    case "constant":
      return String(index.value);
    case "name":
      return index.name;
    case "add":
      return `${text(index.left)} + ${text(index.right)}`;
    case "scale":
      return `${index.by} * ${index.of.kind === "add" ? `(${text(index.of)})` : text(index.of)}`;
    case "divide":
      return `((${text(index.of)}) div ${index.by})`;
    case "modulo":
      return `((${text(index.of)}) mod ${index.by})`;
    case "clamp":
      return `clamp(${text(index.of)}, ${index.low}, ${index.high})`;
    case "loaded":
      return `${nameOf(index.from)}[${index.indices.map(text).join(", ")}]`;
    default:
      return index satisfies never;
  }
}

/** What a tensor holds at a place. */
export type ReadIndex = (from: LoadedIndex["from"], indices: readonly number[]) => number;

const nothingToRead: ReadIndex = () => {
  throw new InternalError("an index is read from a tensor where there are no tensors");
};

/** Evaluates with numbers for the names. */
export function indexValue(
  index: IndexExpression,
  names: Readonly<Record<string, number>>,
  read: ReadIndex = nothingToRead,
): number {
  const value = (inner: IndexExpression): number => indexValue(inner, names, read);
  switch (index.kind) {
    case "constant":
      return index.value;
    case "name":
      return memberOf(names, index.name) as number;
    case "add":
      return value(index.left) + value(index.right);
    case "scale":
      return value(index.of) * index.by;
    case "divide":
      return Math.floor(value(index.of) / index.by);
    case "modulo":
      return value(index.of) % index.by;
    case "clamp":
      return Math.min(Math.max(value(index.of), index.low), index.high);
    case "loaded":
      return read(index.from, index.indices.map(value));
    default:
      return index satisfies never;
  }
}
