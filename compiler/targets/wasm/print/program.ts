/** A planned program as two functions: the steps, which every thread runs, and the export that starts them. */
import type { Access } from "../../../ir/program.ts";
import { workIn, writesOf, type Item, type Work } from "../../plan/items.ts";
import type { Plan } from "../../plan/plan.ts";
import { printNest } from "./nest.ts";
import { printPack, printProduct } from "./product.ts";
import { capitalize } from "../../../code-text/names.ts";
import type { FunctionTable } from "./function-table.ts";
import { indented } from "./scope.ts";
import { workspaceName, type Argument, type Section, type Statement } from "./steps.ts";

/** The steps of a program before they are text. */
export interface ProgramSteps {
  readonly name: string;
  readonly body: readonly Section[];
  /** Of an update: what is checked before anything is written, and what is written then. */
  readonly update: { readonly checks: readonly Section[]; readonly commits: readonly Section[] } | undefined;
  /** Bytes that each thread needs for itself. */
  readonly workspace: number;
}

export function programSteps(
  name: string,
  plan: Plan,
  functions: FunctionTable,
  reserved: readonly string[],
): ProgramSteps {
  const printer = new StepsPrinter(plan, functions, reserved);
  const body = printer.sections(plan.items);
  const commits = printer.sections(plan.commits);
  const update = plan.commits.length === 0 ? undefined : { checks: printer.checks(), commits };
  const { workspace } = printer;
  return { name: `${name}Steps`, body, update, workspace };
}

/** @param workspaceAt where the threads' own places begin and how large each is */
export function stepsText(
  { name, body, update, workspace }: ProgramSteps,
  lines: ReadonlyMap<Section, readonly string[]>,
  workspaceAt: { readonly offset: number; readonly bytes: number },
): string {
  const linesOf = (sections: readonly Section[]): readonly string[] =>
    sections.flatMap((section) => lines.get(section) ?? []);
  const own = workspace > 0 ? [`const ${workspaceName} = own(${workspaceAt.offset}, ${workspaceAt.bytes});`] : [];
  const written =
    update === undefined
      ? []
      : [
          "",
          "// All that the update would write is finite, or nothing is written.",
          "if (!isForced()) {",
          ...indented(["barrier();", ...linesOf(update.checks), "barrier();", "if (hasFault()) return;"]),
          "}",
          ...linesOf(update.commits),
        ];
  return [`function ${name}(): void {`, ...indented([...own, ...linesOf(body), ...written]), "}"].join("\n");
}

/** All sections of a program. */
export function sectionsOf({ body, update }: ProgramSteps): readonly Section[] {
  return [...body, ...(update?.checks ?? []), ...(update?.commits ?? [])];
}

class StepsPrinter {
  workspace = 0;

  constructor(
    private readonly plan: Plan,
    private readonly functions: FunctionTable,
    private readonly reserved: readonly string[],
  ) {}

  sections(items: readonly Item[]): readonly Section[] {
    return inSections(items.map((item) => [item, this.#statement(item, false)]));
  }

  /** The commits without their stores, and what else a training step gives. */
  checks(): readonly Section[] {
    const work = workIn([...this.plan.required, ...this.plan.commits]);
    return inSections(work.map((item) => [item, this.#work(item, true)]));
  }

  #statement(item: Item, check: boolean): Statement {
    if (item.kind !== "loop") return this.#work(item, check);
    const { variable, start, end, stride } = item.step;
    const test = stride === 1 ? `${variable} < ${end}` : `${variable} > ${end}`;
    return {
      kind: "loop",
      head: `for (let ${variable} = ${start}; ${test}; ${variable}${stride === 1 ? "++" : "--"}) {`,
      body: item.body.map((inner) => this.#statement(inner, check)),
    };
  }

  #work(item: Work, check: boolean): Statement {
    const shared = this.plan.shared.has(item);
    return {
      kind: "call",
      ...this.#call(item, shared, check),
      barrier: this.plan.barriers.has(item) && !check,
      alone: !shared,
    };
  }

  #call(item: Work, shared: boolean, check: boolean): Pick<Statement & { kind: "call" }, "name" | "arguments"> {
    const { reserved } = this;
    if (item.kind === "nest") {
      const { parameters, variables, statements } = printNest(item, { shared, check, nameOf, reserved });
      return {
        name: this.functions.add(
          check ? `${item.name}Check` : item.name,
          [...parameters.map(({ name }) => `${name}: usize`), ...variables.map(integer)],
          statements,
        ),
        arguments: [...parameters.map(({ access }) => this.#place(access)), ...variables.map(named)],
      };
    }
    const variables = variablesOf(item);
    if (item.kind === "pack") {
      const { statements } = printPack(item, shared);
      const parameters = ["right: usize", "packed: usize", ...variables.map(integer)];
      return {
        name: this.functions.add(item.name, parameters, statements),
        arguments: [this.#place(item.right.from), this.#place(item.output, "packed"), ...variables.map(named)],
      };
    }
    const { statements, workspace } = printProduct(item, shared, this.functions.add.bind(this.functions));
    this.workspace = Math.max(this.workspace, workspace);
    const own = workspace > 0 ? [workspaceName] : [];
    const parameters = ["left", "right", "output", ...own].map((name) => `${name}: usize`);
    const right =
      item.packed === undefined ? this.#place(item.right.from) : this.#place({ buffer: item.packed }, "packed");
    return {
      name: this.functions.add(`${item.name}Product`, [...parameters, ...variables.map(integer)], statements),
      arguments: [
        this.#place(item.left.from),
        right,
        this.#place(item.output.from),
        ...[...own, ...variables].map(named),
      ],
    };
  }

  /**
   * Where an access lies: a constant, or one that moves with time.
   *
   * @param name what a function calls it that is told the place
   */
  #place(access: Access, name = nameOf(access)): Argument {
    const { buffer, slot } = access;
    const placed = this.plan.memory.placed.get(buffer);
    if (placed === undefined) throw new Error(`${buffer.name} has no place in memory`);
    const place = (at: number, moved = ""): Argument => ({ kind: "place", name, at, moved });
    if (slot === undefined) return place(placed.offset);
    const bytes = placed.bytes / placed.slots;
    const { variable, scale, offset } = slot;
    if (variable === undefined) return place(placed.offset + (offset % placed.slots) * bytes);
    const index = scale === 1 ? (offset === 0 ? variable : `${variable} + ${offset}`) : `${offset} - ${variable}`;
    const wrapped = placed.slots < (buffer.shape[0] ?? 1) ? `(${index}) % ${placed.slots}` : index;
    return place(placed.offset, ` + (${wrapped}) * ${bytes}`);
  }
}

function named(name: string): Argument {
  return { kind: "name", name };
}

function integer(name: string): string {
  return `${name}: i32`;
}

/** Statements that follow one another for one layer stand together. */
function inSections(list: readonly (readonly [Item, Statement])[]): readonly Section[] {
  const sections: { origin: Section["origin"]; statements: Statement[] }[] = [];
  for (const [position, [item, statement]] of list.entries()) {
    // What is packed is packed for the product behind it.
    const user = item.kind === "pack" ? list.slice(position).find(([other]) => other.kind !== "pack") : undefined;
    const { phase, layer } = originOf(user?.[0] ?? item);
    const last = sections.at(-1);
    if (last?.origin.phase === phase && last.origin.layer === layer) last.statements.push(statement);
    else sections.push({ origin: { phase, layer }, statements: [statement] });
  }
  return sections;
}

function originOf(item: Item): Section["origin"] {
  if (item.kind === "loop") return item.step.origin;
  const [first] = writesOf(item);
  return first?.buffer.origin ?? { phase: "forward", layer: "" };
}

function variablesOf(item: Exclude<Work, { kind: "nest" }>): readonly string[] {
  const starts = item.kind === "pack" ? [item.right.start] : [item.left.start, item.right.start, item.output.start];
  const names = new Set<string>();
  const visit = (index: (typeof starts)[number]): void => {
    if (index.kind === "name") names.add(index.name);
    if (index.kind === "add") [index.left, index.right].forEach(visit);
    if (index.kind === "scale") visit(index.of);
  };
  starts.forEach(visit);
  return [...names];
}

/** What a parameter is called inside a function: the same for equal work on other tensors. */
function nameOf({ buffer }: Access): string {
  if (buffer.role !== "intermediate") return buffer.role;
  const [first = "value", ...others] = buffer.origin.note.match(/[A-Za-z0-9]+/g) ?? [];
  return /^[0-9]/.test(first) ? "value" : [first, ...others.map(capitalize)].join("");
}
