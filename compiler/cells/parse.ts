/**
 * Equations as trees. One equation a line; inside brackets and after an operator a line may break.
 *
 *   equation   name {"," name} "=" sum
 *   sum        product {("+" | "-") product}
 *   product    unary {("*" | "/") unary}
 *   unary      "-" unary | matrix
 *   matrix     power ["@" unary]              r * W @ x is r * (W @ x), and W @ V @ x is W @ (V @ x)
 *   power      rows ["^" exponent]
 *   exponent   "-" exponent | power
 *   rows       primary {"[" [sum] ":" [sum] "]"}
 *   primary    number | name | name "(" sum {"," sum} ")" | "(" sum ")"
 */
import type { BinaryOperator, Equation, Expression, Span } from "./define.ts";
import { tokensOf } from "./tokens.ts";
import type { Token } from "./tokens.ts";

export interface SyntaxProblem {
  readonly expected: string;
  readonly found: string;
  readonly help: string | undefined;
  readonly span: Span;
}

export type ReportSyntax = (problem: SyntaxProblem) => void;

/** More than anybody writes: what is deeper would overflow the stack of those who walk the tree. */
const deepest = 100;
const mostOperators = 500;

/** Thrown inside the parser only; the equation is given up and the next one read. */
class Unreadable extends Error {
  constructor(readonly problem: SyntaxProblem) {
    super(problem.expected);
  }
}

/** An equation of which at least the left side can be read: its names are known, whatever they stand for. */
export interface ReadEquation {
  readonly targets: Equation["targets"];
  /** Undefined once reported. */
  readonly value: Expression | undefined;
}

/** Every equation of which something can be read; what cannot is reported. */
export function parseEquations(text: string, from: number, to: number, report: ReportSyntax): readonly ReadEquation[] {
  return new Parser(tokensOf(text, from, to), report).equations();
}

/** One expression, and nothing behind it. Undefined once reported. */
export function parseExpression(text: string, from: number, to: number, report: ReportSyntax): Expression | undefined {
  return new Parser(tokensOf(text, from, to), report).onlyExpression();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #report: ReportSyntax;
  #position = 0;
  /** Opening brackets that are not closed yet. */
  readonly #open: Token[] = [];
  #depth = 0;
  #operators = 0;
  /** Of the equation that is being read, once its "=" is. */
  #targets: Equation["targets"] | undefined;

  constructor(tokens: readonly Token[], report: ReportSyntax) {
    this.#tokens = tokens;
    this.#report = report;
  }

  equations(): readonly ReadEquation[] {
    const equations: ReadEquation[] = [];
    this.#skipLines();
    while (this.#peek().kind !== "end") {
      this.#targets = undefined;
      const equation = this.#attempt(() => this.#equation());
      if (!equation) this.#skipToNextEquation();
      if (equation) equations.push(equation);
      else if (this.#targets) equations.push({ targets: this.#targets, value: undefined });
      this.#skipLines();
    }
    return equations;
  }

  onlyExpression(): Expression | undefined {
    return this.#attempt(() => {
      this.#skipLines();
      const value = this.#sum();
      this.#skipLines();
      if (this.#peek().kind !== "end") this.#fail("the end of the expression");
      return value;
    });
  }

  #attempt<Result>(read: () => Result): Result | undefined {
    this.#open.length = 0;
    this.#depth = 0;
    this.#operators = 0;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#report(error.problem);
      return undefined;
    }
  }

  /** A line that begins with `name =` or `name,`; where brackets are left open, the lines up to it go too. */
  #skipToNextEquation(): void {
    this.#open.length = 0;
    while (this.#peek().kind !== "end") {
      if (this.#next().kind === "newline" && this.#beginsEquation(this.#position)) return;
    }
  }

  #beginsEquation(position: number): boolean {
    let at = position;
    while (this.#tokens[at]?.kind === "newline") at++;
    while (this.#tokens[at]?.kind === "name" && this.#tokens[at + 1]?.text === ",") at += 2;
    return this.#tokens[at]?.kind === "name" && this.#tokens[at + 1]?.text === "=";
  }

  #equation(): Equation {
    const targets: { name: string; span: Span }[] = [];
    do {
      const token = this.#next();
      if (token.kind !== "name") this.#fail("the name of what is computed", token);
      targets.push({ name: this.#checkedName(token), span: token.span });
    } while (this.#accept(","));
    if (!this.#accept("=")) {
      this.#fail('"="', this.#peek(), "an equation says name = expression, one on a line.");
    }
    this.#targets = targets;
    const value = this.#afterOperator(() => this.#sum());
    const { kind, text } = this.#peek();
    if (kind === "newline" || kind === "end") return { targets, value };
    const joined = text === "=" || (kind === "name" && this.#beginsEquation(this.#position));
    const help = joined
      ? "start every equation on a line of its own; after | in YAML lines stay apart, after > they do not."
      : kind === "name" || kind === "number"
        ? "write * between factors, and start every equation on a line of its own."
        : undefined;
    return this.#fail("an operator or the end of the equation", this.#peek(), help);
  }

  #sum(): Expression {
    let left = this.#product();
    for (let symbol = this.#acceptOf("+", "-"); symbol; symbol = this.#acceptOf("+", "-")) {
      left = this.#binary(symbol, left, () => this.#product());
    }
    return left;
  }

  #product(): Expression {
    let left = this.#unary();
    for (let symbol = this.#acceptOf("*", "/"); symbol; symbol = this.#acceptOf("*", "/")) {
      left = this.#binary(symbol, left, () => this.#unary());
    }
    return left;
  }

  #unary(): Expression {
    const minus = this.#accept("-");
    return minus ? this.#negation(minus, () => this.#unary()) : this.#matrix();
  }

  #matrix(): Expression {
    const left = this.#power();
    const symbol = this.#accept("@");
    return symbol ? this.#binary("@", left, () => this.#unary()) : left;
  }

  #power(): Expression {
    const base = this.#rows();
    const symbol = this.#accept("^");
    return symbol ? this.#binary("^", base, () => this.#exponent()) : base;
  }

  #exponent(): Expression {
    const minus = this.#accept("-");
    return minus ? this.#negation(minus, () => this.#exponent()) : this.#power();
  }

  #negation(minus: Token, read: () => Expression): Expression {
    const operand = this.#afterOperator(read);
    return { kind: "negate", operand, span: { start: minus.span.start, end: operand.span.end } };
  }

  #binary(operator: BinaryOperator, left: Expression, read: () => Expression): Expression {
    if (++this.#operators > mostOperators) this.#fail("an equation with fewer operators");
    const right = this.#afterOperator(read);
    return { kind: "binary", operator, left, right, span: { start: left.span.start, end: right.span.end } };
  }

  #rows(): Expression {
    let operand = this.#primary();
    for (let bracket = this.#openBracket("["); bracket; bracket = this.#openBracket("[")) {
      if (++this.#operators > mostOperators) this.#fail("an equation with fewer operators");
      const start = this.#is(":") ? undefined : this.#deeper(() => this.#sum());
      if (!this.#accept(":")) this.#fail('":"', this.#peek(), "rows are written [start:stop], counted from 0.");
      const stop = this.#is("]") ? undefined : this.#deeper(() => this.#sum());
      const { end } = this.#close("]").span;
      operand = { kind: "rows", operand, start, stop, span: { start: operand.span.start, end } };
    }
    return operand;
  }

  #primary(): Expression {
    const token = this.#peek();
    if (token.kind === "number") {
      this.#next();
      const value = Number(token.text);
      if (!Number.isFinite(Math.fround(value))) this.#fail("a number that float32 can hold", token);
      return { kind: "number", value, span: token.span };
    }
    if (token.kind === "name") {
      this.#next();
      const name = this.#checkedName(token);
      return this.#openBracket("(") ? this.#call(name, token.span) : { kind: "name", name, span: token.span };
    }
    if (!this.#openBracket("(")) this.#fail('a name, a number or "("');
    const inner = this.#deeper(() => this.#sum());
    const { end } = this.#close(")").span;
    return { ...inner, span: { start: token.span.start, end } };
  }

  #call(name: string, nameSpan: Span): Expression {
    const operands: Expression[] = [];
    if (!this.#is(")")) {
      do operands.push(this.#deeper(() => this.#sum()));
      while (this.#accept(","));
    }
    const { end } = this.#close(")").span;
    return { kind: "call", name, nameSpan, operands, span: { start: nameSpan.start, end } };
  }

  #checkedName(token: Token): string {
    if (token.text.endsWith("''")) {
      const help = "one prime stands for the next state, and there is no state after that.";
      this.#fail("a name with one prime at most", token, help);
    }
    return token.text;
  }

  #openBracket(symbol: "(" | "["): Token | undefined {
    const token = this.#accept(symbol);
    if (token) this.#open.push(token);
    return token;
  }

  #close(symbol: ")" | "]"): Token {
    const token = this.#accept(symbol);
    if (!token) {
      const opened = this.#open[this.#open.length - 1] as Token;
      if (this.#peek().kind === "end" || this.#beginsEquation(this.#position)) {
        const found = this.#peek().kind === "end" ? foundText(this.#peek()) : "the next equation";
        const expected = `a closing "${symbol}" for this bracket`;
        throw new Unreadable({ expected, found, help: undefined, span: opened.span });
      }
      this.#fail(symbol === ")" ? '"," or ")"' : '"]"');
    }
    this.#open.pop();
    return token;
  }

  #afterOperator<Result>(read: () => Result): Result {
    // A line may break here, unless the next one is an equation: then the operand is missing.
    if (this.#isLineEnd() && !this.#beginsEquation(this.#position)) this.#skipLines();
    return this.#deeper(read);
  }

  #deeper<Result>(read: () => Result): Result {
    if (++this.#depth > deepest) this.#fail("an expression that is less deeply nested");
    const result = read();
    this.#depth--;
    return result;
  }

  #is(symbol: string): boolean {
    return this.#peek().kind === "symbol" && this.#peek().text === symbol;
  }

  #accept(symbol: string): Token | undefined {
    return this.#is(symbol) ? this.#next() : undefined;
  }

  #acceptOf<Symbol extends BinaryOperator>(...symbols: readonly Symbol[]): Symbol | undefined {
    const found = symbols.find((symbol) => this.#is(symbol));
    if (found !== undefined) this.#next();
    return found;
  }

  #peek(): Token {
    // Inside brackets a line may break anywhere, except where a new equation begins.
    const mayBreak = this.#open.length > 0 && this.#isLineEnd();
    if (mayBreak && !this.#beginsEquation(this.#position)) this.#skipLines();
    return this.#tokens[this.#position] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== "end") this.#position++;
    return token;
  }

  #isLineEnd(): boolean {
    return this.#tokens[this.#position]?.kind === "newline";
  }

  #skipLines(): void {
    while (this.#isLineEnd()) this.#position++;
  }

  /** What is missing at an end is missing behind the last thing written. */
  #shownSpan(token: Token): Span {
    if (token.kind !== "end" && token.kind !== "newline") return token.span;
    const written = this.#tokens.slice(0, this.#tokens.indexOf(token)).findLast(({ kind }) => kind !== "newline");
    const end = written?.span.end ?? token.span.start;
    return { start: end, end };
  }

  #fail(expected: string, token = this.#peek(), help?: string): never {
    throw new Unreadable({ expected, found: foundText(token), help, span: this.#shownSpan(token) });
  }
}

function foundText({ kind, text }: Token): string {
  if (kind === "newline") return "the end of the line";
  if (kind === "end") return "the end of the text";
  return `"${text}"`;
}
