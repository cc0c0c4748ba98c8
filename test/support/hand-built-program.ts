/** Short ways to write programs by hand, for tests of the targets. */
import type {
  Buffer,
  BufferRole,
  Expression,
  IndexExpression,
  Kernel,
  Origin,
  Program,
  RunStep,
  Slot,
  Step,
} from "../../compiler/ir/program.ts";
import type { ModelDefinition, ProgramName } from "../../runtime/contract.ts";
import { gpuModule } from "../../compiler/compile.ts";
import { noSequenceFacts } from "../../compiler/stages/4-build/sequence-facts.ts";
import type { Model } from "../../compiler/contracts/model.ts";
import { runsOf } from "../../compiler/targets/gpu/plan-statements.ts";
import { loadModule } from "./load-module.ts";
import { untold } from "./untold.ts";

export const origin: Origin = { phase: "forward", layer: "layer", note: "by hand" };

export const i = (name: string): IndexExpression => ({ kind: "name", name });
export const at = (value: number): IndexExpression => ({ kind: "constant", value });
export const plus = (left: IndexExpression, right: IndexExpression): IndexExpression => ({ kind: "add", left, right });
export const times = (of: IndexExpression, by: number): IndexExpression => ({ kind: "scale", of, by });
export const div = (of: IndexExpression, by: number): IndexExpression => ({ kind: "divide", of, by });
export const mod = (of: IndexExpression, by: number): IndexExpression => ({ kind: "modulo", of, by });
export const clamp = (of: IndexExpression, low: number, high: number): IndexExpression => ({
  kind: "clamp",
  of,
  low,
  high,
});

/** The number that a tensor of whole numbers below `below` holds. */
export const row = (from: number, below: number, ...indices: IndexExpression[]): IndexExpression => ({
  kind: "loaded",
  from,
  indices,
  below,
});

export const num = (value: number): Expression => ({ kind: "number", value });
export const pos = (index: IndexExpression): Expression => ({ kind: "position", index });
export const load = (parameter: number, ...indices: IndexExpression[]): Expression => ({
  kind: "load",
  parameter,
  indices,
});
type Unary = Extract<Expression, { kind: "unary" }>["operation"];
type Binary = Extract<Expression, { kind: "binary" }>["operation"];
type Compare = Extract<Expression, { kind: "select" }>["condition"]["operation"];
export const un = (operation: Unary, operand: Expression): Expression => ({ kind: "unary", operation, operand });
export const bin = (operation: Binary, left: Expression, right: Expression): Expression => ({
  kind: "binary",
  operation,
  left,
  right,
});
export const add = (left: Expression, right: Expression): Expression => bin("add", left, right);
export const mul = (left: Expression, right: Expression): Expression => bin("multiply", left, right);
export const choose = (
  [operation, left, right]: readonly [Compare, Expression, Expression],
  whenTrue: Expression,
  whenFalse: Expression,
): Expression => ({ kind: "select", condition: { operation, left, right }, whenTrue, whenFalse });
export const reduce = (operation: "sum" | "max", index: string, extent: number, body: Expression): Expression => ({
  kind: "reduce",
  operation,
  index,
  extent,
  body,
});

export function buffer(name: string, shape: readonly number[], role: BufferRole = "intermediate"): Buffer {
  return {
    name,
    shape,
    dtype: "float32",
    role,
    storage: "whole",
    origin,
    ...(role === "intermediate" ? {} : { external: name }),
  };
}

/** An input of whole numbers 0 .. below - 1. */
export function wholes(name: string, shape: readonly number[], below: number): Buffer {
  return { ...buffer(name, shape, "input"), dtype: "int32", origin: { ...origin, note: `${belowMark}${below}` } };
}

/** Below what an input of whole numbers stays. */
export function belowOf({ dtype, origin: { note } }: Buffer): number | undefined {
  return dtype === "int32" && note.startsWith(belowMark) ? Number(note.slice(belowMark.length)) : undefined;
}

const belowMark = "below ";

export function steps(name: string, shape: readonly number[]): Buffer {
  return { ...buffer(name, shape), storage: "steps" };
}

interface KernelRequest {
  readonly name: string;
  readonly reads: Readonly<Record<string, readonly number[]>>;
  readonly variables?: readonly string[];
  readonly output: readonly number[];
  readonly indices: readonly string[];
  readonly body: Expression;
}

export function kernel({ name, reads, variables = [], output, indices, body }: KernelRequest): Kernel {
  const parameters = Object.entries(reads).map(([parameter, shape]) => ({
    name: parameter,
    shape,
    dtype: "float32" as const,
  }));
  return { name, parameters, variables, output, indices, body, origin: { ...origin, layer: "", note: name } };
}

type Place = Buffer | readonly [Buffer, Slot];

export const slot = (offset: number, variable?: string, scale: 1 | -1 = 1): Slot =>
  variable === undefined ? { scale, offset } : { variable, scale, offset };

const access = (place: Place): RunStep["output"] =>
  "name" in place ? { buffer: place } : { buffer: place[0], slot: place[1] };

export function run(work: Kernel, inputs: readonly Place[], output: Place): RunStep {
  return { kind: "run", kernel: work, inputs: inputs.map(access), variables: work.variables, output: access(output) };
}

export function loop(variable: string, start: number, end: number, body: readonly Step[]): Step {
  return { kind: "loop", variable, start, end, stride: start <= end ? 1 : -1, body, origin };
}

export function program(schedule: readonly Step[], results: Readonly<Record<string, Buffer>>): Program {
  const runs = runsOf(schedule);
  const buffers = new Set([
    ...runs.flatMap(({ inputs }) => inputs.map((input) => input.buffer)),
    ...runs.map(({ output }) => output.buffer),
    ...Object.values(results),
  ]);
  const sorted = [...buffers].sort((a, b) => Number(a.role === "intermediate") - Number(b.role === "intermediate"));
  return {
    name: "by_hand",
    buffers: sorted,
    kernels: [...new Set(runs.map((step) => step.kernel))],
    schedule,
    results: Object.entries(results).map(([name, result]) => ({ name, buffer: result })),
  };
}

/** The one kernel `work`, applied to inputs that are named like its parameters. */
export function programOf(work: Kernel): Program {
  const inputs = work.parameters.map(({ name, shape }) => buffer(name, shape, "input"));
  const output = buffer("answer", work.output);
  return program([run(work, inputs, output)], { answer: output });
}

/** A model without layers, for modules whose programs are written by hand. */
export const emptyModel: Model = {
  name: "by-hand",
  description: undefined,
  spec: { name: "by-hand" },
  batchSize: 2,
  inputs: [],
  layers: [],
  losses: [],
  ...untold,
  optimizer: {
    kind: "sgd",
    config: { learning_rate: 0.1, momentum: 0, dampening: 0, nesterov: false, weight_decay: 0 },
  },
  clipping: { norm: undefined, value: undefined },
  outputs: [],
  parameters: [],
};

export function textOf(predict: Program, others: Partial<Record<ProgramName, Program>> = {}): string {
  const programs = { predict, evaluate: predict, gradients: predict, train_step: predict, ...others };
  return gpuModule({ model: emptyModel, programs, stream: { reason: "it is a test's" }, sequences: noSequenceFacts });
}

export function definitionOf(predict: Program): ModelDefinition {
  return loadModule(textOf(predict)).definition;
}
