/** Sizes as polynomials of a cell's keys, so that shapes fit for all values of the keys or for none: `4 * hidden_size`. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";

/** Coefficients by product of names (`hidden_size*input`, sorted); "" is the constant. No coefficient is 0. */
export type Dimension = ReadonlyMap<string, number>;

export function constantDimension(value: number): Dimension {
  return new Map(value === 0 ? [] : [["", value]]);
}

export function namedDimension(name: string): Dimension {
  return new Map([[name, 1]]);
}

export function addDimensions(left: Dimension, right: Dimension, factor = 1): Dimension {
  const sum = new Map(left);
  for (const [product, coefficient] of right) {
    const total = (sum.get(product) ?? 0) + factor * coefficient;
    // Thirds do not add up exactly.
    if (Math.abs(total) < 1e-9) sum.delete(product);
    else sum.set(product, total);
  }
  return sum;
}

export function multiplyDimensions(left: Dimension, right: Dimension): Dimension {
  let total: Dimension = new Map();
  for (const [a, x] of left) {
    for (const [b, y] of right) {
      const names = [...a.split("*"), ...b.split("*")].filter((name) => name !== "").sort();
      total = addDimensions(total, new Map([[names.join("*"), x * y]]));
    }
  }
  return total;
}

export function scaleDimension(dimension: Dimension, factor: number): Dimension {
  return multiplyDimensions(dimension, constantDimension(factor));
}

/** The number a dimension is whatever the keys are; undefined when it depends on them. */
export function constantOf(dimension: Dimension): number | undefined {
  if (dimension.size === 0) return 0;
  return dimension.size === 1 ? dimension.get("") : undefined;
}

export function sameDimension(left: Dimension, right: Dimension): boolean {
  return addDimensions(left, right, -1).size === 0;
}

export function evaluateDimension(dimension: Dimension, values: Readonly<Record<string, number>>): number {
  let total = 0;
  for (const [product, coefficient] of dimension) {
    const names = product === "" ? [] : product.split("*");
    total += names.reduce((value, name) => value * (memberOf(values, name) ?? NaN), coefficient);
  }
  // Thirds do not add up exactly.
  return Math.abs(total - Math.round(total)) < 1e-6 ? Math.round(total) : total;
}

function numberText(size: number): string {
  return Number.isInteger(size) ? String(size) : size.toPrecision(3);
}

/** `4 * hidden_size`, `hidden_size / 2`. */
function termText(size: number, names: string): string {
  if (size === 1) return names;
  const divisor = Math.round(1 / size);
  return size < 1 && Math.abs(divisor * size - 1) < 1e-9 ? `${names} / ${divisor}` : `${numberText(size)} * ${names}`;
}

/** `4 * hidden_size + input`. */
export function dimensionText(dimension: Dimension): string {
  if (dimension.size === 0) return "0";
  const terms = [...dimension]
    .sort(([a], [b]) => Number(a === "") - Number(b === ""))
    .map(([product, coefficient], index) => {
      const names = product.split("*").join(" * ");
      const size = Math.abs(coefficient);
      const term = product === "" ? numberText(size) : termText(size, names);
      if (index === 0) return coefficient < 0 ? `-${term}` : term;
      return coefficient < 0 ? ` - ${term}` : ` + ${term}`;
    });
  return terms.join("");
}

export function shapeText(shape: readonly Dimension[]): string {
  return `[${shape.map(dimensionText).join(", ")}]`;
}
