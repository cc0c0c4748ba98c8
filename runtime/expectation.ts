/** What a tensor must be that enters a model, from a file or from a call: its name, its shape and the numbers it may hold. */
import type { InputFact } from "./contract.ts";
import { shapeText } from "./tensor.ts";
import { lengthsOf } from "./shared/names.ts";

/** Whole numbers travel to the device as float32, which holds each of them up to here. */
export const LARGEST_WHOLE = 2 ** 24;

export interface Expectation {
  readonly name: string;
  /** Without the axis of the examples. */
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  /** Undefined: any finite number. */
  readonly limits: Limits | undefined;
  /** NaN is a value that is not known. */
  readonly mayBeMissing?: boolean;
  /** The input whose lengths these are. */
  readonly lengthsOf?: string;
}

export interface Limits {
  readonly whole: boolean;
  readonly from: number;
  readonly to: number;
  /** One more value that is allowed: the class that a loss ignores. */
  readonly also?: number;
}

/**
 * An input, and its lengths where it has any.
 * @param ignored the class that the losses of a target skip (`ignore_index`)
 * @param range that numbers must lie in
 */
export function expectationsOf(
  input: InputFact,
  ignored: number | undefined,
  range?: InputFact["range"],
): readonly Expectation[] {
  const { name, shape, axes, lengths, mayBeEmpty = false, mayBeMissing = false } = input;
  const limits = limitsOf(input, ignored, range);
  const values: Expectation = { name, shape, axes, limits, ...(mayBeMissing ? { mayBeMissing } : {}) };
  if (!lengths) return [values];
  const steps = { whole: true, from: mayBeEmpty ? 0 : 1, to: shape[0] ?? 1 };
  return [values, { name: lengthsOf(name), shape: [], axes: [], limits: steps, lengthsOf: name }];
}

function limitsOf(
  { dtype, vocabulary }: InputFact,
  ignored: number | undefined,
  range: InputFact["range"],
): Limits | undefined {
  if (dtype !== "int32") return range === undefined ? undefined : { whole: false, from: range[0], to: range[1] };
  const [from, to] = vocabulary === undefined ? [-LARGEST_WHOLE, LARGEST_WHOLE] : [0, vocabulary - 1];
  return { whole: true, from, to, ...(ignored === undefined ? {} : { also: ignored }) };
}

export function isWithin({ whole, from, to, also }: Limits, value: number): boolean {
  return value === also || (value >= from && value <= to && (!whole || Number.isInteger(value)));
}

/** `a whole number from 0 to 4 (or -100, which the loss ignores)` */
export function limitsText({ whole, from, to, also }: Limits): string {
  const noun = whole ? "a whole number" : "a number";
  const beside = also === undefined ? "" : ` (or ${String(also)}, which the loss ignores)`;
  return `${noun} from ${String(from)} to ${String(to)}${beside}`;
}

/**
 * `[n, T, C] = [n, 24, 1]`; only the numbers where the axes have no names of their own.
 * @param examples what the axis of the examples is called
 */
export function legend({ shape, axes }: Pick<Expectation, "shape" | "axes">, examples: string): string {
  const numbers = shapeText([examples, ...shape]);
  const letters = shapeText([examples, ...axes]);
  return axes.length !== shape.length || letters === numbers ? numbers : `${letters} = ${numbers}`;
}
