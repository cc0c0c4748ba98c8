/** A kernel in mathematical notation, for its documentation: `sum_k hidden[b, k] * weight[k, j]`. */
import { indexText } from "../../ir/index-expression.ts";
import type { Expression, IndexExpression, Kernel, LoadedIndex } from "../../ir/program.ts";
import { atom, bound, call, infix, kernelNumber, negative, strength, type Code } from "./code.ts";
import { childrenOf } from "../../ir/expression-facts.ts";
import { choice, compareCode } from "./functions.ts";

/**
 * The formula on one line; undefined where it would be too long to help: the code says it better then.
 *
 * @param longest in characters
 */
export function formulaOf(kernel: Kernel, longest: number): string | undefined {
  return new FormulaPrinter(kernel, longest).text();
}

class FormulaPrinter {
  /** Sizes as if written out in full; a shared node counts at every place it stands. */
  readonly #lengths = new Map<Expression, number>();

  constructor(
    private readonly kernel: Kernel,
    private readonly longest: number,
  ) {}

  text(): string | undefined {
    if (this.#length(this.kernel.body) > this.longest) return undefined;
    // The code of a long choice has lines; a formula has none.
    const text = this.#print(this.kernel.body).text.replace(/\s+/gu, " ");
    return text.length <= this.longest ? text : undefined;
  }

  #length(expression: Expression): number {
    const known = this.#lengths.get(expression);
    if (known !== undefined) return known;
    // Every node prints at least one character; so a formula of more nodes than characters is too long.
    const length = 1 + childrenOf(expression).reduce((total, part) => total + this.#length(part), 0);
    this.#lengths.set(expression, length);
    return length;
  }

  #place(index: IndexExpression): string {
    const nameOf = (from: LoadedIndex["from"]): string =>
      (typeof from === "number" ? this.kernel.parameters[from]?.name : from.buffer.name) ?? "?";
    return indexText(index, nameOf);
  }

  #print(expression: Expression): Code {
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
        return { text: `${expression.operation}_${expression.index} ${body}`, strength: strength.sum };
      }
      default:
        return expression satisfies never;
    }
  }

  #binary({ operation, left, right }: Extract<Expression, { kind: "binary" }>): Code {
    const [first, second] = [this.#print(left), this.#print(right)];
    switch (operation) {
      case "add":
        return infix(first, "+", second);
      case "subtract":
        return infix(first, "-", second);
      case "multiply":
        return infix(first, "*", second);
      case "divide":
        return infix(first, "/", second);
      case "maximum":
        return call("max", first, second);
      case "minimum":
        return call("min", first, second);
      case "power":
        return { text: `${bound(first, strength.atom)}^${bound(second, strength.atom)}`, strength: strength.sign };
      default:
        return operation satisfies never;
    }
  }
}
