/**
 * The scalar functions in forms that every gpu.js mode computes alike.
 *
 * Shading languages differ from JavaScript at the edges: tanh of large values is NaN (measured: WGSL and GLSL ES 3.00 beyond
 * about 44 to 88), an overflowing exp may be anything, and pow of a negative base is NaN.
 */
import type { BinaryOperation, CompareOperation, UnaryOperation } from "../../ir/program.ts";
import { bound, call, infix, kernelNumber, negative, strength, type Code } from "./code.ts";

/** What a form may ask for: a name for a value it needs more than once. */
export interface Names {
  readonly name: (wish: string, value: Code) => Code;
}

/** tanh rounds to 1 in float32 from 9.02 on. */
const tanhLimit = 10;
/** exp(88) is the last whole power that float32 holds. */
const expLimit = 88;

export function unaryCode(operation: UnaryOperation, operand: Code, names: Names): Code {
  switch (operation) {
    case "negate":
      return negative(operand);
    case "tanh":
      return call("Math.tanh", limited(operand, tanhLimit));
    case "sigmoid": {
      const exponential = call("Math.exp", call("Math.min", kernelNumber(expLimit), negative(operand)));
      return infix(kernelNumber(1), "/", infix(kernelNumber(1), "+", exponential));
    }
    case "erf":
      return errorFunctionCode(operand, names);
    case "exp":
    case "log":
    case "sqrt":
    case "abs":
    case "sign":
    case "floor":
      return call(`Math.${operation}`, operand);
    default:
      return operation satisfies never;
  }
}

function limited(operand: Code, limit: number): Code {
  return call("Math.max", kernelNumber(-limit), call("Math.min", kernelNumber(limit), operand));
}

/**
 * erf(x) = x P(x^2) / Q(x^2) on [-4, 4], beyond which it is 1 in float32: the rational approximation of Eigen and XLA,
 * error measured 6.9e-8, and 3.7e-7 when all arithmetic is float32.
 */
const numerator = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4,
  -2.95459980854025e-3, -1.60960333262415e-2,
];
const denominator = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2,
];

function errorFunctionCode(operand: Code, names: Names): Code {
  const x = names.name("erfInput", limited(operand, 4));
  const square = names.name("erfSquare", infix(x, "*", x));
  const top = names.name("erfTop", polynomial(numerator, square));
  const bottom = names.name("erfBottom", polynomial(denominator, square));
  return infix(infix(x, "*", top), "/", bottom);
}

/** Horner's scheme, highest power first. */
function polynomial(coefficients: readonly number[], x: Code): Code {
  const [first = 0, ...rest] = coefficients;
  return rest.reduce<Code>(
    (value, coefficient) =>
      coefficient < 0
        ? infix(infix(value, "*", x), "-", kernelNumber(-coefficient))
        : infix(infix(value, "*", x), "+", kernelNumber(coefficient)),
    kernelNumber(first),
  );
}

const operators = { add: "+", subtract: "-", multiply: "*", divide: "/" } as const;

/** `exponent` is the value of the right operand where it is a constant. */
export function binaryCode(
  operation: BinaryOperation,
  left: Code,
  right: Code,
  exponent: number | undefined,
  names: Names,
): Code {
  switch (operation) {
    case "add":
    case "subtract":
    case "multiply":
    case "divide":
      return infix(left, operators[operation], right);
    case "maximum":
      return call("Math.max", left, right);
    case "minimum":
      return call("Math.min", left, right);
    case "power":
      return exponent === undefined ? powerCode(left, right, names) : constantPowerCode(left, exponent, names);
    default:
      return operation satisfies never;
  }
}

function constantPowerCode(base: Code, exponent: number, names: Names): Code {
  if (exponent === 0) return kernelNumber(1);
  if (exponent === 1) return base;
  if (exponent === 0.5) return call("Math.sqrt", base);
  if (exponent < 0) return infix(kernelNumber(1), "/", constantPowerCode(base, -exponent, names));
  if (!Number.isInteger(exponent)) return call("Math.pow", base, kernelNumber(exponent));
  const value = names.name("base", base);
  if (exponent === 2) return infix(value, "*", value);
  if (exponent === 3) return infix(infix(value, "*", value), "*", value);
  const size = call("Math.pow", call("Math.abs", value), kernelNumber(exponent));
  return exponent % 2 === 0 ? size : infix(call("Math.sign", value), "*", size);
}

/** JavaScript's pow for every base: the sign of a negative base follows whether the exponent is odd, NaN if no integer. */
function powerCode(base: Code, exponent: Code, names: Names): Code {
  const x = names.name("base", base);
  const y = names.name("exponent", exponent);
  const size = names.name("size", call("Math.pow", call("Math.abs", x), y));
  const half = infix(y, "/", kernelNumber(2));
  const isEven = compareCode("equal", infix(half, "-", call("Math.floor", half)), kernelNumber(0));
  const isWhole = compareCode("equal", infix(y, "-", call("Math.floor", y)), kernelNumber(0));
  const signed = choice(isEven, size, negative(size));
  return choice(compareCode("less", x, kernelNumber(0)), choice(isWhole, signed, call("Math.log", x)), size);
}

const comparisons: Readonly<Record<CompareOperation, string>> = {
  less: "<",
  less_equal: "<=",
  equal: "===",
  not_equal: "!==",
  greater: ">",
  greater_equal: ">=",
};

export function compareCode(operation: CompareOperation, left: Code, right: Code): Code {
  const text = `${bound(left, strength.sum)} ${comparisons[operation]} ${bound(right, strength.sum)}`;
  return { text, strength: strength.comparison };
}

/** A longer choice is written over three lines. */
const longestChoice = 84;

export function choice(condition: Code, whenTrue: Code, whenFalse: Code): Code {
  const [yes, no] = [bound(whenTrue, strength.comparison), bound(whenFalse, strength.choice)];
  const flat = `${condition.text} ? ${yes} : ${no}`;
  if (flat.length <= longestChoice && !flat.includes("\n")) return { text: flat, strength: strength.choice };
  const under = (text: string): string => text.replaceAll("\n", "\n  ");
  return { text: `${condition.text}\n  ? ${under(yes)}\n  : ${under(no)}`, strength: strength.choice };
}
