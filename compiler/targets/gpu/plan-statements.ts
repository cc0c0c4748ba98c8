/**
 * A program's schedule as the statements of a plan: loops over time, one kernel call per step, an array of handles where every
 * time step keeps its own tensor. gpu.js runs the plan once and records the calls.
 */
import { identifierFrom, NameScope } from "../../code-text/names.ts";
import type { Access, Buffer, BufferRole, LoopStep, Origin, Program, RunStep, Slot, Step } from "../../ir/program.ts";
import { invariant } from "../../support/internal-error.ts";
import { updateLoops, type UpdateLoop, type UpdateLoops } from "./update-loops.ts";

/** What has a name in a plan. */
export interface Value {
  /** Unique in the plan. */
  readonly name: string;
  /** What it is called inside of its layer; others of the layer may have the same name. */
  readonly ownName: string;
  readonly layer: string;
  /** One tensor, or an array with one for each step of a loop. */
  readonly form: "tensor" | "steps";
  readonly role: BufferRole;
  /** The outside name of an argument. */
  readonly external?: string;
}

export type Input =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "slot"; readonly value: Value; readonly slot: Slot }
  | { readonly kind: "variable"; readonly name: string };

/** The kernels that update a parameter, for every row of a table of parameters. */
export interface UpdateStatement {
  readonly kind: "update";
  readonly loop: UpdateLoop;
  readonly rows: readonly (readonly Value[])[];
  readonly shared: ReadonlyMap<Buffer, Value>;
}

export type Statement =
  | {
      readonly kind: "call";
      readonly kernel: string;
      readonly shape: readonly number[];
      readonly inputs: readonly Input[];
      readonly gives: Value;
      /** Of the array that it gives a step of. */
      readonly slot?: Slot;
    }
  | { readonly kind: "array"; readonly gives: Value }
  | { readonly kind: "stack"; readonly gives: Value; readonly of: Value; readonly shape: readonly number[] }
  | (Pick<LoopStep, "kind" | "variable" | "start" | "end" | "stride"> & { readonly body: readonly Statement[] })
  | UpdateStatement;

/** What a plan does for one layer in one phase. */
export interface Section {
  readonly phase: Origin["phase"];
  readonly layer: string;
  readonly kind?: string | undefined;
  readonly statements: readonly Statement[];
}

/** A plan before it is put into functions. */
export interface Plan {
  readonly sections: readonly Section[];
  readonly results: readonly { readonly name: string; readonly value: Value }[];
  /** Whether results come from update statements too. */
  readonly updates: boolean;
  /** Those that anything reads. */
  readonly arguments: readonly Value[];
  /** All names that the plan uses. */
  readonly names: readonly string[];
}

/** Names that statements use for themselves. */
export const contextNames: readonly string[] = ["kernels", "stack", "tensors", "context", "updated", "layer"];

/** @param kernelName what the kernel is called in the module */
export function planOf(program: Program, kernelName: (step: RunStep) => string): Plan {
  return new PlanBuilder(program, kernelName).build();
}

class PlanBuilder {
  readonly #values: ReadonlyMap<Buffer, Value>;
  readonly #scope: NameScope;
  /** Whole tensors joined from the steps of an array: one for each array and plan. */
  readonly #stacked = new Map<Buffer, Value>();
  readonly #declared = new Set<Buffer>();

  constructor(
    private readonly program: Program,
    private readonly kernelName: (step: RunStep) => string,
  ) {
    this.#scope = new NameScope([...contextNames, ...loopVariables(program.schedule)]);
    this.#values = new Map(program.buffers.map((buffer) => [buffer, valueOf(buffer, this.#scope.claim(buffer.name))]));
  }

  build(): Plan {
    const sections: (Section & { statements: Statement[] })[] = [];
    const sectionFor = ({ phase, layer, kind }: Origin): Statement[] => {
      const last = sections.at(-1);
      if (last?.phase === phase && last.layer === layer) return last.statements;
      const statements: Statement[] = [];
      sections.push({ phase, layer, kind, statements });
      return statements;
    };
    const update = updateLoops(this.program, this.kernelName);
    for (const step of update?.before ?? this.program.schedule) {
      const statements = sectionFor(originOf(step));
      statements.push(...this.#stacks(readWhole([step])), ...this.#arrays(step), this.#step(step));
    }
    const results = this.program.results.filter(({ name }) => update?.results.has(name) !== true);
    const joined = this.#stacks(results.map(({ buffer }) => buffer));
    if (joined.length > 0) sections.at(-1)?.statements.push(...joined);
    if (update !== undefined) sectionFor(updateOrigin(this.program)).push(...this.#update(update));
    return {
      sections,
      results: results.map(({ name, buffer }) => ({ name, value: this.#whole(buffer) })),
      updates: update !== undefined,
      arguments: this.#arguments(),
      names: [...this.#values.values(), ...this.#stacked.values()].map(({ name }) => name),
    };
  }

  #arguments(): readonly Value[] {
    const read = new Set<Buffer>([
      ...runsOf(this.program.schedule).flatMap(({ inputs }) => inputs.map(({ buffer }) => buffer)),
      ...this.program.results.map(({ buffer }) => buffer),
    ]);
    return this.program.buffers.flatMap((buffer) =>
      buffer.role !== "intermediate" && read.has(buffer) ? [this.#value(buffer)] : [],
    );
  }

  #update({ loops }: UpdateLoops): readonly Statement[] {
    const joined = this.#stacks(loops.flatMap(readInLoop));
    const statements = loops.map((loop): UpdateStatement => ({
      kind: "update",
      loop,
      rows: loop.rows.map(({ columns }) => columns.map((buffer) => this.#whole(buffer))),
      shared: new Map(sharedIn(loop).map((buffer) => [buffer, this.#whole(buffer)])),
    }));
    return [...joined, ...statements];
  }

  #step(step: Step): Statement {
    if (step.kind === "loop") {
      const { kind, variable, start, end, stride, body } = step;
      return { kind, variable, start, end, stride, body: body.map((inner) => this.#step(inner)) };
    }
    const { buffer, slot } = step.output;
    const gives = this.#value(buffer);
    if (slot === undefined) {
      invariant(!this.#declared.has(buffer), `${buffer.name} is written twice`);
      this.#declared.add(buffer);
    }
    return {
      kind: "call",
      kernel: this.kernelName(step),
      shape: slot === undefined ? buffer.shape : buffer.shape.slice(1),
      inputs: [
        ...step.inputs.map((access) => this.#input(access)),
        ...step.variables.map((name): Input => ({ kind: "variable", name })),
      ],
      gives,
      ...(slot === undefined ? {} : { slot }),
    };
  }

  /** Arrays of handles that this step writes first. */
  #arrays(step: Step): readonly Statement[] {
    return runsOf([step]).flatMap(({ output: { buffer, slot } }): Statement[] => {
      if (slot === undefined || this.#declared.has(buffer)) return [];
      this.#declared.add(buffer);
      return [{ kind: "array", gives: this.#value(buffer) }];
    });
  }

  #stacks(buffers: readonly Buffer[]): readonly Statement[] {
    return buffers.flatMap((buffer): Statement[] => {
      if (buffer.storage !== "steps" || this.#stacked.has(buffer)) return [];
      invariant(this.#declared.has(buffer), `${buffer.name} is read whole before its loop`);
      const of = this.#value(buffer);
      const name = this.#scope.claim(`${of.name}Stacked`);
      const gives: Value = { ...of, name, ownName: `${of.ownName}Stacked`, form: "tensor" };
      this.#stacked.set(buffer, gives);
      return [{ kind: "stack", gives, of, shape: buffer.shape.slice(1) }];
    });
  }

  #input({ buffer, slot }: Access): Input {
    if (slot === undefined) return { kind: "value", value: this.#whole(buffer) };
    invariant(buffer.storage === "steps", `${buffer.name} has no slots`);
    return { kind: "slot", value: this.#value(buffer), slot };
  }

  #whole(buffer: Buffer): Value {
    if (buffer.storage === "whole") return this.#value(buffer);
    const value = this.#stacked.get(buffer);
    invariant(value !== undefined, `${buffer.name} was not stacked`);
    return value;
  }

  #value(buffer: Buffer): Value {
    const value = this.#values.get(buffer);
    invariant(value !== undefined, `${buffer.name} is no buffer of ${this.program.name}`);
    return value;
  }
}

function valueOf({ name: bufferName, storage, role, external, origin: { layer } }: Buffer, name: string): Value {
  const start = layer === "" ? "" : identifierFrom(layer);
  const isLong = bufferName.startsWith(start) && bufferName.length > start.length;
  const ownName = isLong ? identifierFrom(bufferName.slice(start.length), "script") : bufferName;
  const isArgument = role !== "intermediate";
  invariant(!isArgument || external !== undefined, `argument ${bufferName} has no outside name`);
  invariant(!isArgument || storage === "whole", `argument ${bufferName} is kept in steps`);
  return {
    name,
    ownName,
    layer,
    form: storage === "whole" ? "tensor" : "steps",
    role,
    ...(isArgument ? { external } : {}),
  };
}

function originOf(step: Step): Origin {
  return step.kind === "run" ? step.output.buffer.origin : step.origin;
}

function updateOrigin({ schedule }: Program): Origin {
  const first = schedule.find((step) => step.kind === "run" && step.output.buffer.origin.phase === "update");
  invariant(first !== undefined, "an update has no step");
  return originOf(first);
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
function readInLoop(loop: UpdateLoop): readonly Buffer[] {
  return [...loop.rows.flatMap(({ columns }) => columns), ...sharedIn(loop)];
}

/** What it reads that is the same for all of them. */
function sharedIn({ steps }: UpdateLoop): readonly Buffer[] {
  const shared = steps.flatMap(({ inputs }) =>
    inputs.flatMap((place) => (place.kind === "shared" ? [place.buffer] : [])),
  );
  return [...new Set(shared)];
}

function loopVariables(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => (step.kind === "loop" ? [step.variable, ...loopVariables(step.body)] : []));
}

/** Values that statements read, in order, with repetitions; arguments too. */
export function readIn(statements: readonly Statement[]): readonly Value[] {
  return statements.flatMap((statement): readonly Value[] => {
    switch (statement.kind) {
      case "call":
        return statement.inputs.flatMap((input) => (input.kind === "variable" ? [] : [input.value]));
      case "array":
        return [];
      case "stack":
        return [statement.of];
      case "loop":
        return readIn(statement.body);
      case "update":
        return [...statement.rows.flat(), ...statement.shared.values()];
      default:
        return statement satisfies never;
    }
  });
}

/** Values that statements give, each once, in order. */
export function givenBy(statements: readonly Statement[]): readonly Value[] {
  const given = statements.flatMap((statement): readonly Value[] => {
    if (statement.kind === "loop") return givenBy(statement.body);
    return statement.kind === "update" ? [] : [statement.gives];
  });
  return [...new Set(given)];
}

/**
 * What statements need of the context of a plan.
 *
 * @param isLookedUp whether they find a value in `tensors`
 */
export function contextMembers(
  statements: readonly Statement[],
  isLookedUp: (value: Value) => boolean,
): readonly string[] {
  const kinds = new Set(kindsIn(statements));
  const looks = kinds.has("update") || readIn(statements).some(isLookedUp);
  return [
    ...(kinds.has("call") || kinds.has("update") ? ["kernels"] : []),
    ...(kinds.has("stack") ? ["stack"] : []),
    ...(looks ? ["tensors"] : []),
  ];
}

function kindsIn(statements: readonly Statement[]): readonly Statement["kind"][] {
  return statements.flatMap((statement) => [
    statement.kind,
    ...(statement.kind === "loop" ? kindsIn(statement.body) : []),
  ]);
}
