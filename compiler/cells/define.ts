/** A cell that a spec defines by its equations: what is read of it, checked once, and built in every layer that uses it. */
import type { Initializer } from "@specloom/runtime/internal/contract";
import type { Dimension } from "./dimension.ts";

/** A piece of the cell's text; offsets as `CellText` counts them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type BinaryOperator = "+" | "-" | "*" | "/" | "@" | "^";

export type Expression =
  | { readonly kind: "number"; readonly value: number; readonly span: Span }
  /** A name as it is written, a next state with its prime. */
  | { readonly kind: "name"; readonly name: string; readonly span: Span }
  | { readonly kind: "negate"; readonly operand: Expression; readonly span: Span }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly nameSpan: Span;
      readonly operands: readonly Expression[];
      readonly span: Span;
    }
  /** `operand[start:stop]`, rows of a vector or matrix. */
  | {
      readonly kind: "rows";
      readonly operand: Expression;
      readonly start: Expression | undefined;
      readonly stop: Expression | undefined;
      readonly span: Span;
    };

/** `i, f, g = expression`: several names share a vector out in equal parts. */
export interface Equation {
  readonly targets: readonly { readonly name: string; readonly span: Span }[];
  readonly value: Expression;
}

/** Sizes of the axes, from keys: [] a number, [n] a vector, [m, n] a matrix. */
export type Shape = readonly Dimension[];

export interface CellParameter {
  readonly name: string;
  readonly shape: Shape;
  /** Where the spec says how it starts; `shape` in numbers. */
  readonly init: ((shape: readonly number[]) => Initializer) | undefined;
}

/** A condition on the sizes that only numbers can tell. */
export interface SizeCondition {
  /** Must be a whole number of at least `least`. */
  readonly size: Dimension;
  readonly least: number;
  /** What it is the size of: `axis 1 of parameter W`. */
  readonly meaning: string;
  readonly span: Span;
}

/** A definition without mistakes. */
export interface Cell {
  readonly kind: string;
  readonly description: string | undefined;
  /** Numbers with their defaults; undefined where a layer has to give them. */
  readonly keys: Readonly<Record<string, number | undefined>>;
  /** Empty: a pointwise layer. */
  readonly states: readonly { readonly name: string; readonly size: Dimension }[];
  readonly parameters: readonly CellParameter[];
  readonly equations: readonly Equation[];
  readonly output: Expression;
  readonly outputSize: Dimension;
  readonly conditions: readonly SizeCondition[];
  /** The equations as text, for documentation. */
  readonly formula: string;
}
