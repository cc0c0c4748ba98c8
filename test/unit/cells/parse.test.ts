import { describe, expect, it } from "vitest";
import type { Expression } from "../../../compiler/cells/define.ts";
import { parseEquations, parseExpression } from "../../../compiler/cells/parse.ts";
import type { SyntaxProblem } from "../../../compiler/cells/parse.ts";

/** With all brackets written out. */
function shown(expression: Expression | undefined): string {
  switch (expression?.kind) {
    case undefined:
      return "nothing";
    case "number":
      return String(expression.value);
    case "name":
      return expression.name;
    case "negate":
      return `(-${shown(expression.operand)})`;
    case "binary":
      return `(${shown(expression.left)} ${expression.operator} ${shown(expression.right)})`;
    case "call":
      return `${expression.name}(${expression.operands.map(shown).join(", ")})`;
    case "rows": {
      const { operand, start, stop } = expression;
      return `${shown(operand)}[${start ? shown(start) : ""}:${stop ? shown(stop) : ""}]`;
    }
  }
}

function parsed(text: string): string {
  return shown(
    parseExpression(text, 0, text.length, ({ expected, found }) => {
      throw new Error(`expected ${expected}, found ${found}`);
    }),
  );
}

/** The problem in words, and the text that it is about between guillemets. */
function problems(text: string): readonly string[] {
  const found: SyntaxProblem[] = [];
  parseEquations(text, 0, text.length, (problem) => found.push(problem));
  return found.map(({ expected, found: what, span: { start, end } }) => {
    return `${text.slice(0, start)}«${text.slice(start, end)}»: expected ${expected}, found ${what}`.replace(
      /^.*\n/s,
      "",
    );
  });
}

describe("expressions", () => {
  it.each([
    ["a + b - c", "((a + b) - c)"],
    ["a - b * c / d", "(a - ((b * c) / d))"],
    ["r * W @ x", "(r * (W @ x))"],
    ["W @ x * r", "((W @ x) * r)"],
    ["W @ V @ x", "(W @ (V @ x))"],
    ["W @ -x + b", "((W @ (-x)) + b)"],
    ["-x ^ 2", "(-(x ^ 2))"],
    ["x ^ -y ^ 2", "(x ^ (-(y ^ 2)))"],
    ["x ** 2 @ y", "((x ^ 2) @ y)"],
    ["-W @ x", "(-(W @ x))"],
    ["1.5e-3 + .5 + 2.", "((0.0015 + 0.5) + 2)"],
    ["max(a, (b), f(c))", "max(a, b, f(c))"],
    ["gates[n:2 * n][1:] @ c'", "(gates[n:(2 * n)][1:] @ c')"],
    ["v[:n] * (a + b)[:]", "(v[:n] * (a + b)[:])"],
  ])("%s", (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  it("breaks lines inside brackets and after operators", () => {
    const text = "f = max(a,\n  b # comment\n)\n\ng, h' = split(a +\n  b *\n c); k = f";
    const equations = parseEquations(text, 0, text.length, ({ found }) => expect(found).toBe("nothing"));
    expect(
      equations.map(({ targets, value }) => `${targets.map(({ name }) => name).join()} = ${shown(value)}`),
    ).toEqual(["f = max(a, b)", "g,h' = split((a + (b * c)))", "k = f"]);
  });

  it("knows where every part stands", () => {
    const text = "f = tanh(W @ x) + (b)";
    const [equation] = parseEquations(text, 0, text.length, () => undefined);
    const value = equation?.value;
    const piece = (part: Expression | undefined): string => text.slice(part?.span.start, part?.span.end);
    expect(piece(value)).toBe("tanh(W @ x) + (b)");
    expect(value?.kind === "binary" && [piece(value.left), piece(value.right)]).toEqual(["tanh(W @ x)", "(b)"]);
  });
});

describe("syntax problems", () => {
  it.each([
    ["f = ", 'f =«»: expected a name, a number or "(", found the end of the text'],
    ["f = a + # nothing\ng = b", 'f = a +«»: expected a name, a number or "(", found the end of the line'],
    ["f = tanh(a", 'f = tanh«(»: expected a closing ")" for this bracket, found the end of the text'],
    ["f = tanh(a\ng = b", 'f = tanh«(»: expected a closing ")" for this bracket, found the next equation'],
    ["f = a[1]", 'f = a[1«]»: expected ":", found "]"'],
    ["f = a[1:2", 'f = a«[»: expected a closing "]" for this bracket, found the end of the text'],
    ["f = (a, b)", 'f = (a«,»: expected "," or ")", found ","'],
    ["f a", 'f «a»: expected "=", found "a"'],
    ["3 = a", '«3»: expected the name of what is computed, found "3"'],
    ["f = a b", 'f = a «b»: expected an operator or the end of the equation, found "b"'],
    ["f = a $ b", 'f = a «$»: expected an operator or the end of the equation, found "$"'],
    ["f = 𝜎(a)", 'f = «𝜎»: expected a name, a number or "(", found "𝜎"'],
    ["f'' = a", "«f''»: expected a name with one prime at most, found \"f''\""],
    ["f = 1e39", 'f = «1e39»: expected a number that float32 can hold, found "1e39"'],
    ["f = )", 'f = «)»: expected a name, a number or "(", found ")"'],
  ])("%j", (text, expected) => {
    expect(problems(text)[0]).toContain(expected);
  });

  it("goes on behind an equation that it cannot read", () => {
    expect(problems("a = (\nb = 2 +\nc = 1\nd = *\ne = 1 1")).toHaveLength(4);
  });

  it("refuses what is nested too deeply instead of overflowing", () => {
    expect(problems(`f = ${"(".repeat(5000)}`)[0]).toContain("less deeply nested");
    expect(problems(`f = ${"-".repeat(5000)}a`)[0]).toContain("less deeply nested");
    expect(problems(`f = ${"2 ^ ".repeat(5000)}a`)[0]).toContain("less deeply nested");
    expect(problems(`f = ${"a @ ".repeat(5000)}a`)[0]).toContain("less deeply nested");
    expect(problems(`f = ${"a + ".repeat(5000)}a`)[0]).toContain("fewer operators");
    expect(problems(`f = a${"[:]".repeat(5000)}`)[0]).toContain("fewer operators");
  });
});
