/** Addresses as pointers: what moves in an outer loop is added there once, what is constant goes into the instruction. */
import { indexText, namesOf } from "../../../ir/index-expression.ts";
import type { Access, IndexExpression, LoadedIndex } from "../../../ir/program.ts";
import { InternalError, invariant } from "../../../support/internal-error.ts";
import { coefficientOf, pointingOf, type Pointing } from "../../plan/affine.ts";
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

  /** Where the element of an address lies; `shifts` moves names by so many elements, none of which its rows depend on. */
  pointer(access: Access, { affine, rows }: Pointing, scope: Scope, shifts: ReadonlyMap<string, number>): Pointer {
    let constant = affine.constant;
    for (const [name, by] of shifts) constant += coefficientOf(affine, name) * by;
    const bytes = constant * 4;
    let text = this.parameterOf(access);
    // An instruction's offset does not wrap: a pointer that is walked backwards must not begin below it.
    const factors = [...affine.coefficients.values(), ...rows.map(({ by }) => by)];
    const isWhole = bytes < 0 || factors.some((by) => by < 0);
    if (isWhole && bytes !== 0) {
      text = this.#step(scope.chain[0] as Scope, text, bytes < 0 ? `- ${-bytes}` : `+ ${bytes}`);
    }
    const open = new Map(affine.coefficients);
    const homes = rows.map(({ row }) => scope.home(namesOf(row)));
    for (const block of scope.chain) {
      for (const [name, by] of [...open]) {
        const isRoot = block.parent === undefined;
        if (!block.names.has(name) && !(isRoot && !scope.chain.some((one) => one.names.has(name)))) continue;
        open.delete(name);
        text = this.#step(block, text, `${by < 0 ? "-" : "+"} ${scaled(name, Math.abs(by) * 4)}`);
      }
      rows.forEach(({ row, by }, position) => {
        if (homes[position] !== block) return;
        text = this.#step(block, text, `${by < 0 ? "-" : "+"} ${scaled(this.#row(row, block), Math.abs(by) * 4)}`);
      });
    }
    return { text, offset: isWhole ? 0 : bytes };
  }

  /** The name of a number read from a tensor. */
  #row(row: LoadedIndex, block: Scope): string {
    const key = `row ${indexText(row)}`;
    const known = block.known.get(key);
    if (known !== undefined) return known;
    const [access, address] = placeOf(row);
    const pointing = pointingOf(address);
    const at =
      pointing === undefined
        ? { text: this.#place(access, address, new Map()), offset: 0 }
        : this.pointer(access, pointing, block, new Map());
    const name = this.locals.take("row");
    const code = `f32.load(${at.text}${at.offset === 0 ? "" : `, ${at.offset}`})`;
    block.statements.push(`const ${name} = <usize><i32>${code};`);
    block.known.set(key, name);
    return name;
  }

  /** A whole number as 32-bit arithmetic. */
  integer(index: IndexExpression, shifts: ReadonlyMap<string, number>): string {
    return integerCode(index, shifts, (row) => {
      const [access, address] = placeOf(row);
      return `<i32>f32.load(${this.#place(access, address, shifts)})`;
    });
  }

  #place(access: Access, address: IndexExpression, shifts: ReadonlyMap<string, number>): string {
    return `${this.parameterOf(access)} + <usize>${this.integer(address, shifts)} * 4`;
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

function placeOf({ from, indices }: LoadedIndex): readonly [Access, IndexExpression] {
  const [address] = indices;
  invariant(typeof from !== "number" && address !== undefined, "an index of a nest is read from flat memory");
  return [from, address];
}

function unreadable(): never {
  throw new InternalError("an index is read from a tensor where none can be");
}

/**
 * A whole number as 32-bit arithmetic; operands of `/` and `%` are never negative.
 *
 * @param read the code of a number that is read from a tensor
 */
export function integerCode(
  index: IndexExpression,
  shifts: ReadonlyMap<string, number>,
  read: (row: LoadedIndex) => string = unreadable,
): string {
  const code = (inner: IndexExpression): string => integerCode(inner, shifts, read);
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
    case "loaded":
      return read(index);
    default:
      return index satisfies never;
  }
}
