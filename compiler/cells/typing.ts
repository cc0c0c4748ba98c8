/** The shape of every expression, with sizes as they are written: what fits, fits for all values of the keys. */
import type { Equation, Expression, Shape, SizeCondition, Span } from "./define.ts";
import { addDimensions, constantDimension, constantOf, dimensionText, scaleDimension } from "./dimension.ts";
import type { Dimension } from "./dimension.ts";
import {
  cellFunction,
  commonShape,
  describeShape,
  functionNames,
  isProblem,
  productShape,
  splitFunction,
} from "./functions.ts";
import type { ShapeResult } from "./functions.ts";
import type { ReadEquation } from "./parse.ts";
import type { CellReport } from "./report.ts";
import type { NameFact, Scope } from "./scope.ts";
import { dimensionOf } from "./sizes.ts";
import type { CellText } from "./text.ts";

export interface Typed {
  readonly shape: Shape;
  readonly varies: boolean;
}

type Of<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

export class Typing {
  readonly #computed: ReadonlySet<string>;

  constructor(
    private readonly scope: Scope,
    private readonly text: CellText,
    private readonly report: CellReport,
    private readonly sizeNames: readonly string[],
    private readonly conditions: SizeCondition[],
    equations: readonly ReadEquation[],
  ) {
    this.#computed = new Set(equations.flatMap(({ targets }) => targets.map(({ name }) => name)));
  }

  equation({ targets, value }: ReadEquation): void {
    const types =
      value === undefined ? [] : targets.length === 1 ? [this.of(value)] : this.#split(targets.length, value);
    targets.forEach((target, index) => this.#assign(target, types[index]));
  }

  /** Undefined once reported, or where a part of it is. */
  of(expression: Expression): Typed | undefined {
    switch (expression.kind) {
      case "number":
        return { shape: [], varies: false };
      case "name":
        return this.#name(expression);
      case "negate":
        return this.of(expression.operand);
      case "binary":
        return this.#binary(expression);
      case "call":
        return this.#call(expression);
      case "rows":
        return this.#rows(expression);
    }
  }

  #assign(target: Equation["targets"][number], type: Typed | undefined): void {
    const { name, span } = target;
    const state = name.endsWith("'") ? this.scope.get(name.slice(0, -1)) : undefined;
    if (!this.#mayCompute(target, state)) return;
    const expected = state?.shape;
    if (type && expected && (type.shape.length !== 1 || isProblem(commonShape([type.shape, expected])))) {
      const problem = `the state is ${describeShape(expected)}, and this is ${describeShape(type.shape)}`;
      this.report("cell-shape", { what: name, problem, help: "" }, span);
    }
    const shape = expected ?? type?.shape;
    this.scope.define(name, { what: state ? "state" : "name", shape, varies: type?.varies ?? true, span });
  }

  /** @param state of which the name is the next value */
  #mayCompute({ name, span }: Equation["targets"][number], state: NameFact | undefined): boolean {
    const before = this.scope.get(name);
    const refuse = (reason: string, help: string): boolean => {
      this.report("cell-not-assignable", { name, reason, help }, span);
      return false;
    };
    if (before?.span) {
      this.report("cell-computed-twice", { name }, span, [
        { message: `${name} is computed here first.`, at: before.span },
      ]);
      return false;
    }
    if (name.endsWith("'") && state?.what !== "state") {
      const states = this.scope.names.filter(
        (known) => this.scope.get(known)?.what === "state" && !known.endsWith("'"),
      );
      const help = states.length === 0 ? "this cell has no states." : `its states are ${states.join(", ")}.`;
      return refuse("a prime stands for the next value of a state", help);
    }
    if (before?.what === "state") {
      return refuse("it is the state before this step", `write ${name}' for its next value, or choose another name.`);
    }
    if (functionNames.includes(name)) return refuse("it is a function", "choose another name.");
    if (!before) return true;
    return refuse(
      `it is the name of ${before.what === "input" ? "the input" : `a ${before.what}`}`,
      "choose another name.",
    );
  }

  #name({ name, span }: Of<"name">): Typed | undefined {
    const fact = this.scope.get(name);
    if (!fact) {
      const later = this.#computed.has(name);
      if (functionNames.includes(name)) {
        const facts = { expected: `${name}(...)`, found: `"${name}"`, help: "it is a function." };
        return this.report("cell-syntax", facts, span);
      }
      return this.report("cell-unknown-name", { name, what: "a name", known: this.scope.names, later }, span);
    }
    this.scope.use(name);
    return fact.shape && { shape: fact.shape, varies: fact.varies };
  }

  #binary(expression: Of<"binary">): Typed | undefined {
    const [left, right] = [this.of(expression.left), this.of(expression.right)];
    if (!left || !right) return undefined;
    const shapes = [left.shape, right.shape];
    const result = expression.operator === "@" ? productShape(left.shape, right.shape) : commonShape(shapes);
    return this.#result(result, [left, right], expression.span);
  }

  #result(result: ShapeResult, operands: readonly Typed[], span: Span): Typed | undefined {
    const what = this.text.text.slice(span.start, span.end).replace(/\s+/g, " ");
    if (isProblem(result)) return this.report("cell-shape", { what, ...result }, span);
    const varies = operands.some((operand) => operand.varies);
    if (!varies || result.length < 2) return { shape: result, varies };
    const problem = "a matrix cannot depend on the input or a state";
    return this.report("cell-shape", { what, problem, help: "only parameters can be matrices." }, span);
  }

  #call({ name, nameSpan, operands, span }: Of<"call">): Typed | undefined {
    const types = operands.map((operand) => this.of(operand));
    if (name === splitFunction) {
      const help = "write a, b = split(v): the whole right side, with one name before = for every part.";
      const problem = "it shares a vector out among several names";
      return this.report("cell-shape", { what: name, problem, help }, nameSpan);
    }
    const definition = cellFunction(name);
    if (!definition) return this.report("cell-unknown-function", { name, known: functionNames }, nameSpan);
    const { least, most } = definition.operands;
    if (operands.length < least || operands.length > most) {
      return this.report("cell-operand-count", { name, least, most, found: operands.length }, span);
    }
    if (!types.every((type) => type !== undefined)) return undefined;
    return this.#result(definition.shape(types.map(({ shape }) => shape)), types, span);
  }

  #split(count: number, value: Expression): readonly (Typed | undefined)[] {
    const nothing = new Array<undefined>(count).fill(undefined);
    if (value.kind !== "call" || value.name !== splitFunction) {
      const found = `"${this.text.text.slice(value.span.start, value.span.end)}"`;
      const help = "several names before = share out one vector: a, b = split(v).";
      this.report("cell-syntax", { expected: "split(...)", found, help }, value.span);
      return nothing;
    }
    const { name, operands, span } = value;
    const [operand] = operands;
    if (!operand || operands.length > 1) {
      this.report("cell-operand-count", { name, least: 1, most: 1, found: operands.length }, span);
      return nothing;
    }
    const type = this.of(operand);
    const [size, ...rest] = type?.shape ?? [];
    if (!type) return nothing;
    if (!size || rest.length > 0) {
      this.report(
        "cell-shape",
        { what: name, problem: `it needs a vector, not ${describeShape(type.shape)}`, help: "" },
        span,
      );
      return nothing;
    }
    const part = scaleDimension(size, 1 / count);
    this.#require({
      size: part,
      least: 1,
      meaning: `one of ${count} parts of a vector [${dimensionText(size)}]`,
      span,
    });
    return new Array<Typed>(count).fill({ shape: [part], varies: type.varies });
  }

  #rows({ operand, start, stop, span }: Of<"rows">): Typed | undefined {
    const type = this.of(operand);
    const use = (name: string): void => this.scope.use(name);
    const read = (bound: Expression | undefined, otherwise: Dimension): Dimension | undefined =>
      bound ? dimensionOf(bound, this.sizeNames, this.report, use) : otherwise;
    const [size, ...rest] = type?.shape ?? [];
    if (type && !size) {
      const facts = {
        what: this.text.text.slice(span.start, span.end),
        problem: "a single number has no rows",
        help: "",
      };
      return this.report("cell-shape", facts, span);
    }
    const first = read(start, constantDimension(0));
    const end = read(stop, size ?? constantDimension(1));
    if (!type || !size || !first || !end) return undefined;
    const what = `rows ${dimensionText(first)} to ${dimensionText(end)} of ${describeShape(type.shape)}`;
    const count = addDimensions(end, first, -1);
    this.#require({ size: first, least: 0, meaning: `the first of ${what}`, span });
    this.#require({ size: count, least: 1, meaning: `the number of ${what}`, span });
    this.#require({
      size: addDimensions(size, end, -1),
      least: 0,
      meaning: `the number of rows left behind ${what}`,
      span,
    });
    return { shape: [count, ...rest], varies: type.varies };
  }

  /** At once where no key is involved, else for the numbers of every layer. */
  #require(condition: SizeCondition): void {
    const { size, least, meaning, span } = condition;
    const known = constantOf(size);
    if (known === undefined) this.conditions.push(condition);
    else if (known < least || !Number.isInteger(known)) {
      const what = this.text.text.slice(span.start, span.end);
      const problem = `${meaning} is ${known}, and must be a whole number of at least ${least}`;
      this.report("cell-shape", { what, problem, help: "" }, span);
    }
  }
}
