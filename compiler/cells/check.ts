/** From what a spec says of a cell to a definition in which every name is known and every shape fits, for all sizes at once. */
import type { Place } from "../contracts/document.ts";
import type { Initializer } from "@specloom/runtime/internal/contract";
import type { DiagnosticCode, DiagnosticFacts } from "../diagnostics/catalogue.ts";
import { isInherited, isRecord } from "../support/plain.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { Cell, CellParameter, Equation, Expression, Shape, SizeCondition, Span } from "./define.ts";
import { constantDimension } from "./dimension.ts";
import type { Dimension } from "./dimension.ts";
import { functionNames } from "./functions.ts";
import { parseEquations, parseExpression } from "./parse.ts";
import type { ReadEquation } from "./parse.ts";
import type { CellReport, KeyPlace } from "./report.ts";
import { Scope } from "./scope.ts";
import { dimensionOf } from "./sizes.ts";
import { CellText } from "./text.ts";
import { Typing } from "./typing.ts";

/** A definition as the schema lets it through. */
export interface WrittenCell {
  readonly description?: string;
  readonly keys?: Readonly<Record<string, number | null>>;
  readonly state?: Readonly<Record<string, WrittenSize>>;
  readonly parameters?: Readonly<Record<string, readonly WrittenSize[] | WrittenParameter>>;
  readonly equations: string | readonly string[];
  readonly output?: string;
}

type WrittenSize = number | string;

interface WrittenParameter {
  readonly shape: readonly WrittenSize[];
  readonly init?: unknown;
}

export interface CellSource {
  readonly kind: string;
  readonly written: WrittenCell;
  /** Names that keys cannot have: every layer has keys of these names. */
  readonly takenKeys: readonly string[];
  readonly place: (pointer: string, part?: "value" | "key") => Place;
  readonly report: <C extends DiagnosticCode>(
    code: C,
    facts: DiagnosticFacts<C>,
    where: { readonly place: Place; readonly notes: readonly { readonly message: string; readonly place: Place }[] },
  ) => void;
  /** What `init` of a parameter means, by the shape in numbers. */
  readonly initializer: (init: unknown) => (shape: readonly number[]) => Initializer;
}

/** @returns undefined when anything is wrong; all of it is reported, except what follows from something else */
export function checkCell(source: CellSource): Cell | undefined {
  return new CellCheck(source).check();
}

/** What is not a name of the cell's own, and what it is. */
const given: Readonly<Record<string, string>> = {
  x: "the input of a step",
  input: "the size of the input",
  ...Object.fromEntries(functionNames.map((name) => [name, "a function"])),
};

class CellCheck {
  readonly #source: CellSource;
  readonly #text = new CellText();
  readonly #report: CellReport;
  #failed = false;
  readonly #scope = new Scope();
  readonly #conditions: SizeCondition[] = [];
  readonly #sizeNames: readonly string[];

  constructor(source: CellSource) {
    this.#source = source;
    const at = (where: Span | KeyPlace): Place =>
      "pointer" in where ? source.place(where.pointer, where.part) : this.#text.place(where);
    this.#report = (code, facts, where, notes = []) => {
      this.#failed = true;
      const shown = notes.map((note) => ({ message: note.message, place: at(note.at) }));
      source.report(code, facts, { place: at(where), notes: shown });
      return undefined;
    };
    this.#sizeNames = [...Object.keys(source.written.keys ?? {}), "input"];
  }

  check(): Cell | undefined {
    const { written, kind } = this.#source;
    const keys = this.#keys();
    this.#scope.define("input", { what: "size", shape: [], varies: false });
    this.#scope.define("x", { what: "input", shape: [new Map([["input", 1]])], varies: true });
    const states = this.#states();
    const parameters = this.#parameters();
    const formula = (Array.isArray(written.equations) ? written.equations : [written.equations]).join("\n").trim();
    const equations = this.#equations();
    const readable = !this.#failed;
    const typing = new Typing(this.#scope, this.#text, this.#report, this.#sizeNames, this.#conditions, equations);
    for (const equation of equations) typing.equation(equation);
    // Whether a name is used can be told only of a cell that is right otherwise.
    const fits = !this.#failed;
    if (readable) this.#checkNextStates();
    const output = this.#output(equations);
    const type = output && typing.of(output.expression);
    if (type && type.shape.length !== 1) {
      const problem = "what a layer gives at a step is a vector";
      this.#report("cell-shape", { what: output.text, problem, help: "" }, output.at);
    }
    if (fits && output) this.#checkUse();
    const outputSize = type?.shape[0];
    if (this.#failed || !output || !outputSize) return undefined;
    return {
      kind,
      description: written.description,
      keys,
      states,
      parameters,
      equations: equations.flatMap(({ targets, value }): readonly Equation[] => (value ? [{ targets, value }] : [])),
      output: output.expression,
      outputSize,
      conditions: this.#conditions,
      formula,
    };
  }

  /** Reports a name that means something else already. */
  #isFree(name: string, what: string, pointer: string): boolean {
    const other = this.#scope.get(name);
    const taken = memberOf(given, name) ?? (other && `the name of a ${other.what}`);
    if (taken === undefined) return true;
    this.#report("cell-name-taken", { name, what, taken }, { pointer, part: "key" });
    return false;
  }

  #keys(): Readonly<Record<string, number | undefined>> {
    const entries = Object.entries(this.#source.written.keys ?? {});
    for (const [name] of entries) {
      const pointer = `/keys/${name}`;
      const key = { what: "key", shape: [], varies: false, pointer } as const;
      if (this.#source.takenKeys.includes(name)) {
        const facts = { name, what: "a key of a cell", taken: "a key that layers have anyway" };
        this.#report("cell-name-taken", facts, { pointer, part: "key" });
        this.#scope.define(name, key);
      } else if (isInherited(name)) {
        const facts = { name, what: "a key of a cell", taken: "a name of JavaScript's own" };
        this.#report("cell-name-taken", facts, { pointer, part: "key" });
        this.#scope.define(name, key);
      } else if (this.#isFree(name, "a key", pointer)) {
        this.#scope.define(name, key);
      }
    }
    return Object.fromEntries(entries.map(([name, value]) => [name, value ?? undefined]));
  }

  #states(): Cell["states"] {
    const entries = Object.entries(this.#source.written.state ?? {});
    return entries.flatMap(([name, written]) => {
      const pointer = `/state/${name}`;
      const size = this.#size(written, pointer, `the size of state ${name}`);
      const state = { what: "state", shape: size && [size], varies: true, pointer } as const;
      if (this.#isFree(name, "a state", pointer)) this.#scope.define(name, state);
      return size ? [{ name, size }] : [];
    });
  }

  #parameters(): readonly CellParameter[] {
    const entries = Object.entries(this.#source.written.parameters ?? {});
    return entries.flatMap(([name, written]) => {
      const pointer = `/parameters/${name}`;
      const isLong = isRecord(written);
      const { shape: sizes, init } = isLong
        ? (written as WrittenParameter)
        : { shape: written as WrittenSize[], init: undefined };
      const found = sizes.map((size, axis) =>
        this.#size(size, `${pointer}${isLong ? "/shape" : ""}/${axis}`, `axis ${axis + 1} of parameter ${name}`),
      );
      const shape: Shape | undefined = found.every((size) => size !== undefined) ? found : undefined;
      if (this.#isFree(name, "a parameter", pointer)) {
        this.#scope.define(name, { what: "parameter", shape, varies: false, pointer });
      }
      const start = init === undefined ? undefined : this.#source.initializer(init);
      return shape ? [{ name, shape, init: start }] : [];
    });
  }

  #size(written: WrittenSize, pointer: string, meaning: string): Dimension | undefined {
    const span = this.#text.add(String(written), this.#source.place(pointer));
    const use = (name: string): void => this.#scope.use(name);
    const size =
      typeof written === "number"
        ? constantDimension(written)
        : this.#parseSize(span, (expression) => dimensionOf(expression, this.#sizeNames, this.#report, use));
    if (size) this.#conditions.push({ size, least: 1, meaning, span });
    return size;
  }

  #parseSize(span: Span, read: (expression: Expression) => Dimension | undefined): Dimension | undefined {
    const expression = parseExpression(this.#text.text, span.start, span.end, (problem) => {
      this.#report("cell-syntax", problem, problem.span);
    });
    return expression && read(expression);
  }

  #equations(): readonly ReadEquation[] {
    const { equations } = this.#source.written;
    const list = typeof equations === "string" ? [equations] : equations;
    return list.flatMap((text, index) => {
      const pointer = typeof equations === "string" ? "/equations" : `/equations/${index}`;
      const { start, end } = this.#text.add(text, this.#source.place(pointer));
      const found = parseEquations(this.#text.text, start, end, (problem) => {
        this.#report("cell-syntax", problem, problem.span);
      });
      if (found.length === 0 && !this.#failed) {
        const facts = { expected: "an equation such as y = tanh(W @ x)", found: "nothing", help: undefined };
        this.#report("cell-syntax", facts, { pointer });
      }
      return found;
    });
  }

  #checkNextStates(): void {
    for (const name of Object.keys(this.#source.written.state ?? {})) {
      const pointer = `/state/${name}`;
      if (this.#scope.get(`${name}'`) || this.#scope.get(name)?.what !== "state") continue;
      this.#report("cell-no-next-state", { state: name }, { pointer, part: "key" });
    }
  }

  /** What is written, else the first next state, else what the last equation computes. */
  #output(
    equations: readonly ReadEquation[],
  ): { readonly expression: Expression; readonly text: string; readonly at: Span | KeyPlace } | undefined {
    const { output, state = {} } = this.#source.written;
    if (output !== undefined) {
      const span = this.#text.add(output, this.#source.place("/output"));
      const expression = parseExpression(this.#text.text, span.start, span.end, (problem) => {
        this.#report("cell-syntax", problem, problem.span);
      });
      return expression && { expression, text: output, at: span };
    }
    const [first] = Object.keys(state);
    const last = equations[equations.length - 1];
    const target = last?.targets[0];
    if (!last || !target) return undefined;
    if (first !== undefined) {
      const name = `${first}'`;
      if (!this.#scope.get(name)) return undefined;
      return { expression: { kind: "name", name, span: target.span }, text: name, at: { pointer: "/equations" } };
    }
    if (last.targets.length > 1) return this.#report("cell-no-output", undefined, { pointer: "/equations" });
    const { name, span } = target;
    return { expression: { kind: "name", name, span }, text: name, at: span };
  }

  #checkUse(): void {
    for (const [name, { what, pointer, span }] of this.#scope.unused()) {
      if (what === "size" || (what === "state" && name.endsWith("'"))) continue;
      if (what === "input") {
        this.#report("cell-unused", { what: "the input", name }, { pointer: "/equations" });
      } else if (what !== "state") {
        this.#report("cell-unused", { what: `the ${what}`, name }, span ?? { pointer: pointer ?? "", part: "key" });
      }
    }
  }
}
