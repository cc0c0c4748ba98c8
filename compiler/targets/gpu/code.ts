/** Pieces of source text with their binding strength, so that parentheses appear where they are needed and nowhere else. */

export interface Code {
  readonly text: string;
  readonly strength: number;
}

export const strength = { choice: 1, comparison: 2, sum: 3, product: 4, sign: 5, atom: 6 } as const;

export function atom(text: string): Code {
  return { text, strength: strength.atom };
}

/** The text, in parentheses when it binds less than `needed`. */
export function bound(code: Code, needed: number): string {
  return code.strength < needed ? `(${code.text})` : code.text;
}

/** Left-associative: `a - (b - c)` keeps its parentheses, because floating-point sums are not associative. */
export function infix(left: Code, operator: "+" | "-" | "*" | "/", right: Code): Code {
  const own = operator === "+" || operator === "-" ? strength.sum : strength.product;
  return { text: `${bound(left, own)} ${operator} ${bound(right, own + 1)}`, strength: own };
}

export function negative(operand: Code): Code {
  const inner = bound(operand, strength.sign);
  return { text: inner.startsWith("-") ? `-(${inner})` : `-${inner}`, strength: strength.sign };
}

export function call(name: string, ...operands: readonly Code[]): Code {
  return atom(`${name}(${operands.map((operand) => operand.text).join(", ")})`);
}

/** A float32 literal for a kernel: infinities become the largest float32, because shading languages have none. */
export function kernelNumber(value: number): Code {
  const finite = Math.max(-largestFloat, Math.min(largestFloat, value));
  const text = Object.is(finite, -0) ? "0" : String(finite).replace("e+", "e");
  return { text, strength: finite < 0 ? strength.sign : strength.atom };
}

export const largestFloat = 3.4028234663852886e38;
