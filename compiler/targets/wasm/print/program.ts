/** A planned program as two functions: the steps, which every thread runs, and the export that starts them. */
import type { Access } from "../../../ir/program.ts";
import { workIn, type Item, type Work } from "../../plan/items.ts";
import type { Plan } from "../../plan/plan.ts";
import { printNest } from "./nest.ts";
import { printPack, printProduct } from "./product.ts";
import { capitalize } from "../../../code-text/names.ts";
import { indented } from "./scope.ts";

/** Functions of a module: those with the same text are one. */
export class FunctionTable {
  readonly #byText = new Map<string, string>();
  readonly #names: Set<string>;
  /** Where the search for a free number went on to the last time. */
  readonly #next = new Map<string, number>();
  readonly texts: string[] = [];

  constructor(reserved: Iterable<string>) {
    this.#names = new Set(reserved);
  }

  /** @returns the name of a function with these parameters and statements */
  add(wish: string, parameters: readonly string[], statements: readonly string[]): string {
    const key = [parameters.join(","), ...statements].join("\n");
    const known = this.#byText.get(key);
    if (known !== undefined) return known;
    let name = wish;
    let count = this.#next.get(wish) ?? 2;
    for (; this.#names.has(name); count++) name = `${wish}${count}`;
    this.#next.set(wish, count);
    this.#names.add(name);
    this.#byText.set(key, name);
    this.texts.push([`function ${name}(${parameters.join(", ")}): void {`, ...indented(statements), "}"].join("\n"));
    return name;
  }
}

export interface PrintedProgram {
  /** Name of the function that runs the steps. */
  readonly steps: string;
  /** Its text, given where the threads' own places begin and how large each is. */
  readonly text: (workspaceAt: { readonly offset: number; readonly bytes: number }) => string;
  /** Bytes that each thread needs for itself. */
  readonly workspace: number;
}

export function printProgram(
  name: string,
  plan: Plan,
  functions: FunctionTable,
  reserved: readonly string[],
): PrintedProgram {
  const printer = new ProgramPrinter(plan, functions, reserved);
  const body = printer.items(plan.items);
  const commits = printer.items(plan.commits);
  const isUpdate = plan.commits.length > 0;
  const statements = [
    ...body,
    ...(isUpdate
      ? [
          "",
          "// All that the update would write is finite, or nothing is written.",
          "if (!isForced()) {",
          ...indented(["barrier();", ...printer.checks(), "barrier();", "if (hasFault()) return;"]),
          "}",
          ...commits,
        ]
      : []),
  ];
  const { workspace } = printer;
  return {
    steps: `${name}Steps`,
    text: ({ offset, bytes }) => {
      const own = workspace > 0 ? [`const workspace = own(${offset}, ${bytes});`] : [];
      return [`function ${name}Steps(): void {`, ...indented([...own, ...statements]), "}"].join("\n");
    },
    workspace,
  };
}

class ProgramPrinter {
  workspace = 0;

  constructor(
    private readonly plan: Plan,
    private readonly functions: FunctionTable,
    private readonly reserved: readonly string[],
  ) {}

  items(list: readonly Item[]): string[] {
    return list.flatMap((item) => {
      if (item.kind !== "loop") return this.#work(item, false);
      const { variable, start, end, stride } = item.step;
      const test = stride === 1 ? `${variable} < ${end}` : `${variable} > ${end}`;
      return [
        `for (let ${variable} = ${start}; ${test}; ${variable}${stride === 1 ? "++" : "--"}) {`,
        ...indented(this.items(item.body)),
        "}",
      ];
    });
  }

  /** The commits without their stores, and what else a training step gives. */
  checks(): string[] {
    return workIn([...this.plan.required, ...this.plan.commits]).flatMap((item) => this.#work(item, true));
  }

  #work(item: Work, check: boolean): string[] {
    const { plan } = this;
    const shared = plan.shared.has(item);
    const call = this.#call(item, shared, check);
    const guarded = shared ? call : `if (isFirst()) ${call}`;
    return plan.barriers.has(item) && !check ? ["barrier();", guarded] : [guarded];
  }

  #call(item: Work, shared: boolean, check: boolean): string {
    const { reserved } = this;
    if (item.kind === "nest") {
      const printed = printNest(item, { shared, check, nameOf, reserved });
      const parameters = [
        ...printed.parameters.map(({ name }) => `${name}: usize`),
        ...printed.variables.map((name) => `${name}: i32`),
      ];
      const name = this.functions.add(check ? `${item.name}Check` : item.name, parameters, printed.statements);
      const values = [...printed.parameters.map(({ access }) => this.#address(access)), ...printed.variables];
      return `${name}(${values.join(", ")});`;
    }
    const variables = variablesOf(item);
    if (item.kind === "pack") {
      const { statements } = printPack(item, shared);
      const parameters = ["right: usize", "packed: usize", ...variables.map((variable) => `${variable}: i32`)];
      const name = this.functions.add(item.name, parameters, statements);
      const values = [this.#address(item.right.from), this.#address(item.output), ...variables];
      return `${name}(${values.join(", ")});`;
    }
    const { statements, workspace } = printProduct(item, shared, this.functions.add.bind(this.functions));
    this.workspace = Math.max(this.workspace, workspace);
    const parameters = ["left: usize", "right: usize", "output: usize", ...(workspace > 0 ? ["workspace: usize"] : [])];
    const name = this.functions.add(
      `${item.name}Product`,
      [...parameters, ...variables.map((variable) => `${variable}: i32`)],
      statements,
    );
    const right = item.packed === undefined ? item.right.from : { buffer: item.packed };
    const values = [
      this.#address(item.left.from),
      this.#address(right),
      this.#address(item.output.from),
      ...(workspace > 0 ? ["workspace"] : []),
    ];
    return `${name}(${[...values, ...variables].join(", ")});`;
  }

  /** Where an access lies: a constant, or one that moves with time. */
  #address({ buffer, slot }: Access): string {
    const placed = this.plan.memory.placed.get(buffer);
    if (placed === undefined) throw new Error(`${buffer.name} has no place in memory`);
    if (slot === undefined) return String(placed.offset);
    const bytes = placed.bytes / placed.slots;
    const { variable, scale, offset } = slot;
    if (variable === undefined) return String(placed.offset + (offset % placed.slots) * bytes);
    const index = scale === 1 ? (offset === 0 ? variable : `${variable} + ${offset}`) : `${offset} - ${variable}`;
    const wrapped = placed.slots < (buffer.shape[0] ?? 1) ? `(${index}) % ${placed.slots}` : index;
    return `${placed.offset} + (${wrapped}) * ${bytes}`;
  }
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
