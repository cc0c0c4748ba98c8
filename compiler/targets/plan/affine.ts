/** Index expressions as sums of multiples of names, which is what an address must be to be walked by a pointer. */
import {
  addIndex,
  clampIndex,
  constantIndex,
  divideIndex,
  indexText,
  moduloIndex,
  nameIndex,
  namesOf,
  scaleIndex,
} from "../../ir/index-expression.ts";
import type { IndexExpression, LoadedIndex } from "../../ir/program.ts";
import { rejoined } from "./rejoin.ts";

export interface Affine {
  readonly constant: number;
  /** Never zero. */
  readonly coefficients: ReadonlyMap<string, number>;
}

export function affineOf(index: IndexExpression): Affine | undefined {
  switch (index.kind) {
    case "constant":
      return { constant: index.value, coefficients: new Map() };
    case "name":
      return { constant: 0, coefficients: new Map([[index.name, 1]]) };
    case "add": {
      const left = affineOf(index.left);
      const right = affineOf(index.right);
      return left && right && sum(left, right);
    }
    case "scale": {
      const of = affineOf(index.of);
      return of && scaled(of, index.by);
    }
    case "divide":
    case "modulo":
    case "clamp":
    case "loaded":
      return undefined;
    default:
      return index satisfies never;
  }
}

/** An address that a pointer can walk once the rows it lies in are known: an affine sum, and multiples of numbers read. */
export interface Pointing {
  readonly affine: Affine;
  readonly rows: readonly { readonly row: LoadedIndex; readonly by: number }[];
}

export function pointingOf(index: IndexExpression): Pointing | undefined {
  switch (index.kind) {
    case "loaded":
      return { affine: { constant: 0, coefficients: new Map() }, rows: [{ row: index, by: 1 }] };
    case "add": {
      const left = pointingOf(index.left);
      const right = pointingOf(index.right);
      return left && right && { affine: sum(left.affine, right.affine), rows: [...left.rows, ...right.rows] };
    }
    case "scale": {
      const of = pointingOf(index.of);
      if (of === undefined) return undefined;
      const rows = index.by === 0 ? [] : of.rows.map(({ row, by }) => ({ row, by: by * index.by }));
      return { affine: scaled(of.affine, index.by), rows };
    }
    default: {
      const affine = affineOf(index);
      return affine && { affine, rows: [] };
    }
  }
}

/** Names that the numbers read depend on. */
export function namesOfRows({ rows }: Pointing): ReadonlySet<string> {
  return new Set(rows.flatMap(({ row }) => [...namesOf(row)]));
}

/** Equal addresses in equal words, whatever the names were before. */
export function canonicalIndex(index: IndexExpression): IndexExpression {
  const pointing = pointingOf(index);
  if (pointing === undefined) return index;
  const terms = pointing.rows.map(({ row, by }) => {
    const inner: LoadedIndex = { ...row, indices: row.indices.map(canonicalIndex) };
    return { term: scaleIndex(inner, by), text: indexText(inner) };
  });
  const sorted = terms.sort((left, right) => (left.text < right.text ? -1 : 1));
  return sorted.reduceRight<IndexExpression>((rest, { term }) => addIndex(term, rest), indexOf(pointing.affine));
}

export function indexOf({ constant, coefficients }: Affine): IndexExpression {
  // Sorted, so that equal sums are equal text.
  const sorted = [...coefficients].sort(([left], [right]) => (left < right ? -1 : 1));
  const terms = sorted.map(([name, by]) => scaleIndex(nameIndex(name), by));
  return terms.reduceRight<IndexExpression>((rest, term) => addIndex(term, rest), constantIndex(constant));
}

export function coefficientOf(affine: Affine, name: string): number {
  return affine.coefficients.get(name) ?? 0;
}

function sum(left: Affine, right: Affine): Affine {
  const coefficients = new Map(left.coefficients);
  for (const [name, by] of right.coefficients) {
    const total = (coefficients.get(name) ?? 0) + by;
    if (total === 0) coefficients.delete(name);
    else coefficients.set(name, total);
  }
  return { constant: left.constant + right.constant, coefficients };
}

function scaled({ constant, coefficients }: Affine, by: number): Affine {
  if (by === 0) return { constant: 0, coefficients: new Map() };
  return { constant: constant * by, coefficients: new Map([...coefficients].map(([name, c]) => [name, c * by])) };
}

/** The smallest and the largest value a name can have. */
export interface Interval {
  readonly least: number;
  readonly most: number;
}

export type Intervals = ReadonlyMap<string, Interval>;

const anything: Interval = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };

export function intervalOf(index: IndexExpression, names: Intervals): Interval {
  switch (index.kind) {
    case "constant":
      return { least: index.value, most: index.value };
    case "name":
      return names.get(index.name) ?? anything;
    case "add": {
      const left = intervalOf(index.left, names);
      const right = intervalOf(index.right, names);
      return { least: left.least + right.least, most: left.most + right.most };
    }
    case "scale": {
      const { least, most } = intervalOf(index.of, names);
      return index.by >= 0
        ? { least: least * index.by, most: most * index.by }
        : { least: most * index.by, most: least * index.by };
    }
    case "divide": {
      const { least, most } = intervalOf(index.of, names);
      return { least: Math.floor(least / index.by), most: Math.floor(most / index.by) };
    }
    case "modulo":
      return { least: 0, most: index.by - 1 };
    case "loaded":
      return { least: 0, most: index.below - 1 };
    case "clamp": {
      const { least, most } = intervalOf(index.of, names);
      const limit = (value: number): number => Math.min(Math.max(value, index.low), index.high);
      return { least: limit(least), most: limit(most) };
    }
    default:
      return index satisfies never;
  }
}

/** The same number, written as plainly as the ranges of the names allow: an affine sum where it is one. */
export function simplifyIndex(index: IndexExpression, names: Intervals): IndexExpression {
  const affine = affineOf(index);
  if (affine !== undefined) return indexOf(withoutConstants(affine, names));
  switch (index.kind) {
    case "constant":
    case "name":
      return index;
    case "add": {
      const total = addIndex(simplifyIndex(index.left, names), simplifyIndex(index.right, names));
      return canonicalIndex(rejoined(total));
    }
    case "scale":
      return scaleIndex(simplifyIndex(index.of, names), index.by);
    case "divide":
    case "modulo": {
      const of = simplifyIndex(index.of, names);
      const known = affineOf(of);
      if (known !== undefined) {
        // x * 24 + t, t < 24: divided by 24 it is x, modulo 24 it is t.
        const whole = new Map([...known.coefficients].filter(([, by]) => by % index.by === 0));
        const rest = new Map([...known.coefficients].filter(([, by]) => by % index.by !== 0));
        const wholeConstant = Math.floor(known.constant / index.by) * index.by;
        const remainder = indexOf({ constant: known.constant - wholeConstant, coefficients: rest });
        const { least, most } = intervalOf(remainder, names);
        if (least >= 0 && most < index.by) {
          if (index.kind === "modulo") return remainder;
          // Divided one by one: 49 * (1 / 49) is not 1.
          const divided = new Map([...whole].map(([name, by]) => [name, by / index.by]));
          return indexOf({ constant: wholeConstant / index.by, coefficients: divided });
        }
      }
      return index.kind === "divide" ? divideIndex(of, index.by) : moduloIndex(of, index.by);
    }
    case "clamp": {
      const of = simplifyIndex(index.of, names);
      const { least, most } = intervalOf(of, names);
      if (least >= index.low && most <= index.high) return of;
      if (most <= index.low) return constantIndex(index.low);
      if (least >= index.high) return constantIndex(index.high);
      return clampIndex(of, index.low, index.high);
    }
    case "loaded":
      return { ...index, indices: index.indices.map((inner) => simplifyIndex(inner, names)) };
    default:
      return index satisfies never;
  }
}

/** A name that has one value only is that value. */
function withoutConstants({ constant, coefficients }: Affine, names: Intervals): Affine {
  let total = constant;
  const kept = new Map<string, number>();
  for (const [name, by] of coefficients) {
    const range = names.get(name);
    if (range !== undefined && range.least === range.most) total += by * range.least;
    else kept.set(name, by);
  }
  return { constant: total, coefficients: kept };
}

/** Names stand for other expressions. `bind` may say more of what is read from a tensor. */
export function substitute(
  index: IndexExpression,
  names: ReadonlyMap<string, IndexExpression>,
  bind: (loaded: LoadedIndex) => IndexExpression = (loaded) => loaded,
): IndexExpression {
  const inside = (inner: IndexExpression): IndexExpression => substitute(inner, names, bind);
  switch (index.kind) {
    case "constant":
      return index;
    case "name":
      return names.get(index.name) ?? index;
    case "add":
      return addIndex(inside(index.left), inside(index.right));
    case "scale":
      return scaleIndex(inside(index.of), index.by);
    case "divide":
      return divideIndex(inside(index.of), index.by);
    case "modulo":
      return moduloIndex(inside(index.of), index.by);
    case "clamp":
      return clampIndex(inside(index.of), index.low, index.high);
    case "loaded":
      return bind({ ...index, indices: index.indices.map(inside) });
    default:
      return index satisfies never;
  }
}
