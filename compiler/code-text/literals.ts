/** The way of values into code: strings, numbers and plain data as TypeScript source text. */
import { invariant } from "../support/internal-error.ts";
import { isRecord } from "../support/plain.ts";
import { jsonText } from "@specloom/runtime/internal/shared/visible-text";

/** A double-quoted string on one line; nothing in it can end the string or the line, or hide from a reader. */
export function stringLiteral(text: string): string {
  return jsonText(text);
}

/** Shortest text that reads back as the same number, -0 and infinities included. */
export function numberLiteral(value: number): string {
  if (Number.isNaN(value)) return "Number.NaN";
  if (value === Number.POSITIVE_INFINITY) return "Number.POSITIVE_INFINITY";
  if (value === Number.NEGATIVE_INFINITY) return "Number.NEGATIVE_INFINITY";
  return Object.is(value, -0) ? "-0" : String(value).replace("e+", "e");
}

/** A property name, quoted where it must be. `__proto__` is computed, so that it is a property and no prototype. */
export function propertyKey(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : stringLiteral(name);
}

/** Of a generated module: longer lines are broken where that can be done. */
export const lineWidth = 132;

/** `open a, b, c close` on one line where it fits, else as many items a line as fit. */
export function filled(open: string, items: readonly string[], close: string): readonly string[] {
  const flat = `${open}${items.join(", ")}${close}`;
  if (flat.length <= lineWidth) return [flat];
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length + 2 <= lineWidth) lines.splice(-1, 1, `${last} ${item},`);
    else lines.push(`  ${item},`);
  }
  return [open.trimEnd(), ...lines, close.trimStart()];
}

/**
 * Plain data (null, booleans, numbers, strings, lists, mappings) as an expression, broken into lines where it is long.
 *
 * @param width of a line; infinite for tables with one row a line
 */
export function dataLiteral(value: unknown, indent = "", width = lineWidth - 4): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberLiteral(value);
  if (typeof value === "string") return stringLiteral(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => dataLiteral(item, inner, width));
    return enclose({ open: "[", items, close: "]" }, indent, width);
  }
  invariant(isRecord(value), `a ${typeof value} is no plain data`);
  const items = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${propertyKey(key)}: ${dataLiteral(member, inner, width)}`);
  return enclose({ open: "{ ", items, close: " }" }, indent, width);
}

interface Enclosed {
  readonly open: string;
  readonly items: readonly string[];
  readonly close: string;
}

/** `[a, b]` or `{ a, b }` on one line when that fits; else one item a line, or as many as fit where each is short. */
function enclose({ open, items, close }: Enclosed, indent: string, width: number): string {
  if (items.length === 0) return `${open.trim()}${close.trim()}`;
  const flat = `${open}${items.join(", ")}${close}`;
  if (!flat.includes("\n") && indent.length + flat.length <= width) return flat;
  const inner = `${indent}  `;
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    const fits =
      last !== undefined && isShort(last) && isShort(item) && inner.length + last.length + item.length + 2 <= width;
    if (fits) lines.splice(-1, 1, `${last} ${item},`);
    else lines.push(`${item},`);
  }
  return `${open.trim()}\n${lines.map((line) => `${inner}${line}\n`).join("")}${indent}${close.trim()}`;
}

/** Not a list or a mapping of its own, which would be lost among others. */
function isShort(item: string): boolean {
  return !/[\n{]/u.test(item);
}
