/** A kernel in mathematical notation, for its documentation: `sum_k hidden[b, k] * weight[k, j]`. */
import { binaryOperations, type BinaryRecord } from "../../elementwise/index.ts";
import { indexText } from "../../ir/index-expression.ts";
import type { Expression, IndexExpression, Kernel, LoadedIndex } from "../../ir/program.ts";
import { atom, bound, call, infix, kernelNumber, negative, strength, type Code } from "./code.ts";
import { childrenOf } from "../../ir/expression-facts.ts";
import { choice, compareCode } from "./functions.ts";
import { wrapStatement } from "./wrap.ts";

/** More lines help nobody: the code says it better then. */
const mostLines = 24;
/** More nodes than this fill more than those lines. */
const mostNodes = 1000;

/**
 * The formula of a cell, on one line where it fits. Else the parts that have names stand for what they are, and lines below say
 * that; long lines are broken before an operator. Undefined where all of it would be too long to help.
 *
 * @param cell the left side
 * @param longest in characters
 */
export function formulaOf(kernel: Kernel, cell: string, longest: number): readonly string[] | undefined {
  const whole = new FormulaPrinter(kernel, false).lines(cell);
  if (whole?.length === 1 && (whole[0] ?? "").length <= longest) return whole;
  const named = new FormulaPrinter(kernel, true).lines(cell);
  const lines = named?.flatMap((line, index) => broken(index === 0 ? line : `  ${line}`));
  return lines === undefined || lines.length > mostLines ? undefined : lines;
}

/** What goes on stands further in than what is said of the parts. */
function broken(line: string): readonly string[] {
  return wrapStatement(line)
    .split("\n")
    .map((part, index) => (index === 0 ? part : `  ${part}`));
}

class FormulaPrinter {
  /** Sizes as they are written; a shared node counts at every place it stands. */
  readonly #lengths = new Map<Expression, number>();
  /** Named parts by their names, and their formulas in the order in which they are needed. */
  readonly #parts = new Map<string, { readonly expression: Expression; text: string }>();

  /** @param named whether parts are called by their names */
  constructor(
    private readonly kernel: Kernel,
    private readonly named: boolean,
  ) {}

  lines(cell: string): readonly string[] | undefined {
    const { body } = this.kernel;
    if (this.#length(body) > mostNodes) return undefined;
    const first = `${cell} = ${this.#text(body)}`;
    return [first, ...[...this.#parts].map(([name, { text }]) => `${name} = ${text}`)];
  }

  /** The code of a long choice has lines; a formula has none. */
  #text(expression: Expression): string {
    return this.#print(expression).text.replace(/\s+/gu, " ");
  }

  #length(expression: Expression): number {
    const known = this.#lengths.get(expression);
    if (known !== undefined) return known;
    const length = 1 + childrenOf(expression).reduce((total, part) => total + this.#length(part), 0);
    this.#lengths.set(expression, length);
    return length;
  }

  /** A part by its name, unless it is as short as one, or another part or a tensor has the name. */
  #partOf(expression: Expression): Code | undefined {
    const { label, kind } = expression;
    if (!this.named || label === undefined || expression === this.kernel.body) return undefined;
    if (kind === "load" || kind === "number" || kind === "position") return undefined;
    if (this.kernel.parameters.some(({ name }) => name === label)) return undefined;
    const known = this.#parts.get(label);
    if (known === undefined) {
      const part = { expression, text: "" };
      this.#parts.set(label, part);
      part.text = this.#inner(expression).text.replace(/\s+/gu, " ");
    }
    return (known?.expression ?? expression) === expression ? atom(label) : undefined;
  }

  #place(index: IndexExpression): string {
    const nameOf = (from: LoadedIndex["from"]): string =>
      (typeof from === "number" ? this.kernel.parameters[from]?.name : from.buffer.name) ?? "?";
    return indexText(unlimited(index), nameOf).replaceAll("+ -", "- ");
  }

  #print(expression: Expression): Code {
    return this.#partOf(expression) ?? this.#inner(expression);
  }

  #inner(expression: Expression): Code {
    switch (expression.kind) {
      case "number":
        return kernelNumber(expression.value);
      case "position":
        return { text: this.#place(expression.index), strength: strength.sum };
      case "load": {
        const name = this.kernel.parameters[expression.parameter]?.name ?? "?";
        const places = expression.indices.map((index) => this.#place(index)).join(", ");
        return atom(places === "" ? name : `${name}[${places}]`);
      }
      case "unary":
        return expression.operation === "negate"
          ? negative(this.#print(expression.operand))
          : call(expression.operation, this.#print(expression.operand));
      case "binary":
        return this.#binary(expression);
      case "select": {
        const { operation, left, right } = expression.condition;
        const condition = compareCode(operation, this.#print(left), this.#print(right));
        return choice(condition, this.#print(expression.whenTrue), this.#print(expression.whenFalse));
      }
      case "reduce": {
        const body = bound(this.#print(expression.body), strength.product);
        // In parentheses beside a sign: what stands behind a sum would read as one of its terms.
        return { text: `${expression.operation}_${expression.index} ${body}`, strength: strength.comparison };
      }
      default:
        return expression satisfies never;
    }
  }

  #binary({ operation, left, right }: Extract<Expression, { kind: "binary" }>): Code {
    const [first, second] = [this.#print(left), this.#print(right)];
    if (operation === "power") {
      return { text: `${bound(first, strength.atom)}^${bound(second, strength.atom)}`, strength: strength.sign };
    }
    const { kernel }: BinaryRecord = binaryOperations[operation];
    if (typeof kernel === "object") return infix(first, kernel.infix, second);
    return call(typeof kernel === "string" ? kernel.replace("Math.", "") : operation, first, second);
  }
}

/** Limits are for loads in branches that are not taken: they say nothing about what is computed. */
function unlimited(index: IndexExpression): IndexExpression {
  switch (index.kind) {
    case "clamp":
      return unlimited(index.of);
    case "add":
      return { ...index, left: unlimited(index.left), right: unlimited(index.right) };
    case "scale":
    case "divide":
    case "modulo":
      return { ...index, of: unlimited(index.of) };
    case "loaded":
      return { ...index, indices: index.indices.map(unlimited) };
    default:
      return index;
  }
}
