/** Addresses as pointers: what moves in an outer loop is added there once, what is constant goes into the instruction. */
import type { Access, IndexExpression } from "../../../ir/program.ts";
import { affineOf, coefficientOf, type Affine } from "../affine.ts";
import type { LocalNames, Scope } from "./scope.ts";

export interface Pointer {
  readonly text: string;
  /** Bytes, never negative: the instruction's own offset. */
  readonly offset: number;
}

export class Addresses {
  constructor(
    private readonly parameterOf: (access: Access) => string,
    private readonly locals: LocalNames,
  ) {}

  /** Where the element of an affine address lies; `shifts` moves names by so many elements. */
  pointer(access: Access, affine: Affine, scope: Scope, shifts: ReadonlyMap<string, number>): Pointer {
    let constant = affine.constant;
    for (const [name, by] of shifts) constant += coefficientOf(affine, name) * by;
    const bytes = constant * 4;
    let text = this.parameterOf(access);
    // An instruction's offset does not wrap: a pointer that is walked backwards must not begin below it.
    const isWhole = bytes < 0 || [...affine.coefficients.values()].some((by) => by < 0);
    if (isWhole && bytes !== 0) {
      text = this.#step(scope.chain[0] as Scope, text, bytes < 0 ? `- ${-bytes}` : `+ ${bytes}`);
    }
    const open = new Map(affine.coefficients);
    for (const block of scope.chain) {
      for (const [name, by] of [...open]) {
        const isRoot = block.parent === undefined;
        if (!block.names.has(name) && !(isRoot && !scope.chain.some((one) => one.names.has(name)))) continue;
        open.delete(name);
        text = this.#step(block, text, `${by < 0 ? "-" : "+"} ${scaled(name, Math.abs(by) * 4)}`);
      }
    }
    return { text, offset: isWhole ? 0 : bytes };
  }

  #step(block: Scope, before: string, change: string): string {
    const key = `pointer ${before} ${change}`;
    const known = block.known.get(key);
    if (known !== undefined) return known;
    const name = this.locals.take("at");
    block.statements.push(`const ${name} = ${before} ${change};`);
    block.known.set(key, name);
    return name;
  }
}

function scaled(name: string, by: number): string {
  return by === 1 ? name : `${name} * ${by}`;
}

/** A whole number as 32-bit arithmetic; operands of `/` and `%` are never negative. */
export function integerCode(index: IndexExpression, shifts: ReadonlyMap<string, number>): string {
  const code = (inner: IndexExpression): string => integerCode(inner, shifts);
  switch (index.kind) {
    case "constant":
      return String(index.value);
    case "name": {
      const shift = shifts.get(index.name) ?? 0;
      return shift === 0 ? `<i32>${index.name}` : `(<i32>${index.name} + ${shift})`;
    }
    case "add":
      return `(${code(index.left)} + ${code(index.right)})`;
    case "scale":
      return `(${code(index.of)} * ${index.by})`;
    case "divide":
      return `(${code(index.of)} / ${index.by})`;
    case "modulo":
      return `(${code(index.of)} % ${index.by})`;
    case "clamp":
      return `clampIndex(${code(index.of)}, ${index.low}, ${index.high})`;
    default:
      return index satisfies never;
  }
}

export function isAffineIndex(index: IndexExpression): Affine | undefined {
  return affineOf(index);
}
