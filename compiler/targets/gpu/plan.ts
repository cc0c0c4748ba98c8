/**
 * A program's schedule as a plan function: loops over time in TypeScript, one kernel call per step, JavaScript arrays of
 * handles where every time step keeps its own tensor. gpu.js runs it once and records the calls.
 */
import { NameScope } from "../../code-text/names.ts";
import { filled, propertyKey, stringLiteral } from "../../code-text/literals.ts";
import type { Access, Buffer, Origin, Program, RunStep, Slot, Step } from "../../ir/program.ts";
import { invariant } from "../../support/internal-error.ts";
import { updateLoops, type UpdateLoop, type UpdateLoops } from "./update-loops.ts";

/** A plan before it is put into functions. All names are unique in it. */
export interface PrintedPlan {
  /** Tensors that come from outside, by the names of the plan: `encoderWeight` -> `"encoder.weight": encoderWeight`. */
  readonly arguments: ReadonlyMap<string, string>;
  /** Statements, with comments between the sections. */
  readonly lines: readonly string[];
  /** `name: value,` for each result. */
  readonly results: readonly string[];
}

const contextNames = ["kernels", "stack", "tensors", "context", "updated"];

/** @param kernelName what the kernel is called in the module */
export function printPlan(program: Program, kernelName: (step: RunStep) => string): PrintedPlan {
  return new PlanPrinter(program, kernelName).print();
}

class PlanPrinter {
  readonly #names: ReadonlyMap<Buffer, string>;
  readonly #scope: NameScope;
  /** Names of whole tensors stacked from `steps` buffers: one stack per buffer and plan. */
  readonly #stacked = new Map<Buffer, string>();
  readonly #declared = new Set<Buffer>();

  constructor(
    private readonly program: Program,
    private readonly kernelName: (step: RunStep) => string,
  ) {
    this.#scope = new NameScope([...contextNames, ...loopVariables(program.schedule)]);
    this.#names = new Map(program.buffers.map((buffer) => [buffer, this.#scope.claim(buffer.name)]));
  }

  print(): PrintedPlan {
    const lines: string[] = [];
    let section = "";
    const update = updateLoops(this.program, this.kernelName);
    for (const step of update?.before ?? this.program.schedule) {
      const title = sectionOf(step.kind === "run" ? step.output.buffer.origin : step.origin);
      if (title !== section) lines.push("", `// ${title}`);
      section = title;
      lines.push(...this.#stacks(readWhole([step])), ...this.#arrays(step), ...this.#step(step));
    }
    const results = this.program.results.filter(({ name }) => update?.results.has(name) !== true);
    lines.push(...this.#stacks(results.map(({ buffer }) => buffer)), ...this.#update(update));
    return {
      arguments: this.#arguments(),
      lines: lines[0] === "" ? lines.slice(1) : lines,
      results: [
        ...results.map(({ name, buffer }) => {
          const value = this.#whole(buffer);
          return value === name ? name : `${propertyKey(name)}: ${value}`;
        }),
        ...(update === undefined ? [] : ["...updated"]),
      ],
    };
  }

  #update(update: UpdateLoops | undefined): readonly string[] {
    if (update === undefined) return [];
    const origin = this.program.schedule.find(
      (step): step is RunStep => step.kind === "run" && step.output.buffer.origin.phase === "update",
    )?.output.buffer.origin;
    return [
      "",
      ...(origin === undefined ? [] : [`// ${sectionOf(origin)}`]),
      ...this.#stacks(update.loops.flatMap(readInLoop)),
      "const updated: Record<string, GpuHandle> = {};",
      ...update.loops.flatMap((loop) => this.#updateLoop(loop)),
    ];
  }

  /** One row of the table for each parameter that the same kernels update. */
  #updateLoop({ steps, rows }: UpdateLoop): readonly string[] {
    const scope = new NameScope([...contextNames, "updated", "name", "shape", ...this.#names.values()]);
    const columns = (rows[0]?.columns ?? []).map((_, index) => scope.claim(index === 0 ? "gradient" : `given${index}`));
    const locals = steps.map(({ gives, note }) =>
      scope.claim(`next_${gives === undefined ? note : gives === "" ? "parameter" : gives.slice(1)}`),
    );
    const own = (suffix: string): string => (suffix === "" ? "name" : `\`\${name}${suffix}\``);
    const isRead = (step: number): boolean =>
      steps.some(({ inputs }) => inputs.some((place) => place.kind === "local" && place.step === step));
    const lines = steps.flatMap(({ kernel, shape, inputs, gives }, index) => {
      const given = inputs.map((place) => {
        switch (place.kind) {
          case "own":
            return `tensors[${own(place.suffix)}]`;
          case "local":
            return locals[place.step] ?? "";
          case "column":
            return columns[place.index] ?? "";
          case "shared":
            return this.#whole(place.buffer);
          default:
            return place satisfies never;
        }
      });
      const arguments_ = [shape === undefined ? "shape" : `[${shape.join(", ")}]`, ...given];
      const target = gives === undefined ? undefined : `updated[${own(gives)}]`;
      if (target !== undefined && !isRead(index)) return callLines(`${target} = kernels.${kernel}`, arguments_);
      const local = `const ${locals[index] ?? ""}`;
      return [
        ...callLines(`${local} = kernels.${kernel}`, arguments_),
        ...(target === undefined ? [] : [`${target} = ${locals[index] ?? ""};`]),
      ];
    });
    const table = rows.map(({ name, shape, columns: handles }) => {
      const cells = [stringLiteral(name), `[${shape.join(", ")}]`, ...handles.map((buffer) => this.#whole(buffer))];
      return `  [${cells.join(", ")}],`;
    });
    return [
      `for (const [${["name", "shape", ...columns].join(", ")}] of [`,
      ...table,
      "] as const) {",
      ...lines.map((line) => `  ${line}`),
      "}",
    ];
  }

  /** Arguments that anything reads. */
  #arguments(): ReadonlyMap<string, string> {
    const read = new Set<Buffer>([
      ...runsOf(this.program.schedule).flatMap(({ inputs }) => inputs.map(({ buffer }) => buffer)),
      ...this.program.results.map(({ buffer }) => buffer),
    ]);
    const asked = this.program.buffers.filter((buffer) => buffer.role !== "intermediate" && read.has(buffer));
    return new Map(
      asked.map((buffer) => {
        invariant(buffer.external !== undefined, `argument ${buffer.name} has no outside name`);
        invariant(buffer.storage === "whole", `argument ${buffer.name} is kept in steps`);
        const name = this.#name(buffer);
        return [name, name === buffer.external ? name : `${propertyKey(buffer.external)}: ${name}`];
      }),
    );
  }

  #step(step: Step): readonly string[] {
    if (step.kind === "loop") {
      const { variable, start, end, stride } = step;
      const test = stride === 1 ? `${variable} < ${end}` : `${variable} >= ${end + 1}`;
      const head = `for (let ${variable} = ${start}; ${test}; ${variable}${stride === 1 ? "++" : "--"}) {`;
      return [head, ...step.body.flatMap((inner) => this.#step(inner)).map((line) => `  ${line}`), "}"];
    }
    const { buffer, slot } = step.output;
    const shape = `[${(slot === undefined ? buffer.shape : buffer.shape.slice(1)).join(", ")}]`;
    const inputs = [shape, ...step.inputs.map((access) => this.#access(access)), ...step.variables];
    const called = `kernels.${this.kernelName(step)}`;
    if (slot !== undefined) return callLines(`${this.#access(step.output)} = ${called}`, inputs);
    invariant(!this.#declared.has(buffer), `${buffer.name} is written twice`);
    this.#declared.add(buffer);
    return callLines(`const ${this.#name(buffer)} = ${called}`, inputs);
  }

  /** Arrays of handles for the `steps` buffers that this step writes first. */
  #arrays(step: Step): readonly string[] {
    return runsOf([step]).flatMap(({ output: { buffer, slot } }) => {
      if (slot === undefined || this.#declared.has(buffer)) return [];
      this.#declared.add(buffer);
      return [`const ${this.#name(buffer)}: GpuHandle[] = [];`];
    });
  }

  #stacks(buffers: readonly Buffer[]): readonly string[] {
    return buffers.flatMap((buffer) => {
      if (buffer.storage !== "steps" || this.#stacked.has(buffer)) return [];
      invariant(this.#declared.has(buffer), `${buffer.name} is read whole before its loop`);
      const name = this.#scope.claim(`${this.#name(buffer)}Stacked`);
      this.#stacked.set(buffer, name);
      return [`const ${name} = stack(${this.#name(buffer)}, [${buffer.shape.slice(1).join(", ")}]);`];
    });
  }

  #access({ buffer, slot }: Access): string {
    if (slot === undefined) return this.#whole(buffer);
    invariant(buffer.storage === "steps", `${buffer.name} has no slots`);
    return `${this.#name(buffer)}[${slotText(slot)}]`;
  }

  #whole(buffer: Buffer): string {
    if (buffer.storage === "whole") return this.#name(buffer);
    const name = this.#stacked.get(buffer);
    invariant(name !== undefined, `${buffer.name} was not stacked`);
    return name;
  }

  #name(buffer: Buffer): string {
    const name = this.#names.get(buffer);
    invariant(name !== undefined, `${buffer.name} is no buffer of ${this.program.name}`);
    return name;
  }
}

function callLines(start: string, inputs: readonly string[]): readonly string[] {
  return filled(`${start}(`, inputs, ");");
}

/** `t`, `t + 1`, `23 - t`, `0`. */
function slotText({ variable, scale, offset }: Slot): string {
  if (variable === undefined) return String(offset);
  if (scale === -1) return offset === 0 ? `-${variable}` : `${offset} - ${variable}`;
  if (offset === 0) return variable;
  return offset > 0 ? `${variable} + ${offset}` : `${variable} - ${-offset}`;
}

export function runsOf(steps: readonly Step[]): readonly RunStep[] {
  return steps.flatMap((step) => (step.kind === "run" ? [step] : runsOf(step.body)));
}

/** `steps` buffers that are read as one tensor. */
export function readWhole(steps: readonly Step[]): readonly Buffer[] {
  return runsOf(steps).flatMap(({ inputs }) =>
    inputs.flatMap(({ buffer, slot }) => (slot === undefined && buffer.storage === "steps" ? [buffer] : [])),
  );
}

/** What a loop over parameters reads beside the parameters themselves. */
function readInLoop({ rows, steps }: UpdateLoop): readonly Buffer[] {
  const shared = steps.flatMap(({ inputs }) =>
    inputs.flatMap((place) => (place.kind === "shared" ? [place.buffer] : [])),
  );
  return [...rows.flatMap(({ columns }) => columns), ...shared];
}

function loopVariables(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => (step.kind === "loop" ? [step.variable, ...loopVariables(step.body)] : []));
}

function sectionOf({ phase, layer }: Origin): string {
  return layer === "" ? phase : `${phase}: ${layer}`;
}
