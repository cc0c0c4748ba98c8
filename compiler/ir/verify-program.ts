/** The verifier of programs: shapes fit, every read finds something written, indices are bound. */
import { InternalError } from "../support/internal-error.ts";
import { loadedIn, namesOf } from "./index-expression.ts";
import type { Access, Buffer, Expression, IndexExpression, Kernel, Program, Step } from "./program.ts";

/** @throws InternalError naming the program, the kernel or buffer and the rule it breaks */
export function verifyProgram(program: Program): void {
  const fail = (rule: string): never => {
    throw new InternalError(`program ${program.name}: ${rule}`);
  };
  const names = [...program.buffers.map(({ name }) => name)];
  if (new Set(names).size !== names.length) fail("two buffers of one name");
  const kernelNames = program.kernels.map(({ name }) => name);
  if (new Set(kernelNames).size !== kernelNames.length) fail("two kernels of one name");
  for (const kernel of program.kernels) verifyKernel(kernel, fail);

  const written = new Set<Buffer>(program.buffers.filter(({ role }) => role !== "intermediate"));
  const check = (steps: readonly Step[], variables: readonly string[]): void => {
    for (const step of steps) {
      if (step.kind === "loop") {
        check(step.body, [...variables, step.variable]);
        continue;
      }
      const { kernel } = step;
      if (step.inputs.length !== kernel.parameters.length)
        fail(`${kernel.name} is given ${step.inputs.length} tensors`);
      step.inputs.forEach((access, index) => {
        if (!written.has(access.buffer)) fail(`${kernel.name} reads ${access.buffer.name} before it is written`);
        const expected = kernel.parameters[index]?.shape ?? [];
        if (accessShape(access).join() !== expected.join()) fail(`${kernel.name} parameter ${index} has another shape`);
        checkSlot(access, variables, fail);
      });
      if (accessShape(step.output).join() !== kernel.output.join()) fail(`${kernel.name} writes another shape`);
      checkSlot(step.output, variables, fail);
      for (const variable of step.variables) if (!variables.includes(variable)) fail(`${kernel.name} uses ${variable}`);
      written.add(step.output.buffer);
    }
  };
  check(program.schedule, []);
  for (const { name, buffer } of program.results) if (!written.has(buffer)) fail(`result ${name} is never written`);
}

function accessShape({ buffer, slot }: Access): readonly number[] {
  return slot === undefined ? buffer.shape : buffer.shape.slice(1);
}

function checkSlot({ buffer, slot }: Access, variables: readonly string[], fail: (rule: string) => never): void {
  if (slot === undefined) return;
  if (buffer.storage !== "steps") fail(`a slot of ${buffer.name}, which has none`);
  if (slot.variable !== undefined && !variables.includes(slot.variable))
    fail(`slot of ${buffer.name} outside its loop`);
}

function verifyKernel(kernel: Kernel, fail: (rule: string) => never): void {
  const bound = [...kernel.indices, ...kernel.variables];
  if (new Set(bound).size !== bound.length) fail(`${kernel.name} binds an index twice`);
  const checkIndex = (index: IndexExpression, names: readonly string[]): void => {
    for (const name of namesOf(index)) if (!names.includes(name)) fail(`${kernel.name} uses the unbound index ${name}`);
    for (const { from, indices } of loadedIn(index)) {
      const source = typeof from === "number" ? kernel.parameters[from] : undefined;
      if (source?.shape.length !== indices.length) fail(`${kernel.name} misreads an index`);
    }
  };
  const check = (expression: Expression, names: readonly string[]): void => {
    switch (expression.kind) {
      case "number":
        return;
      case "position":
        return checkIndex(expression.index, names);
      case "load": {
        const parameter = kernel.parameters[expression.parameter];
        if (parameter?.shape.length !== expression.indices.length) fail(`${kernel.name} misreads a tensor`);
        for (const index of expression.indices) checkIndex(index, names);
        return;
      }
      case "unary":
        return check(expression.operand, names);
      case "binary":
        check(expression.left, names);
        return check(expression.right, names);
      case "select":
        for (const part of [
          expression.condition.left,
          expression.condition.right,
          expression.whenTrue,
          expression.whenFalse,
        ]) {
          check(part, names);
        }
        return;
      case "reduce":
        if (names.includes(expression.index)) fail(`${kernel.name} binds ${expression.index} again`);
        return check(expression.body, [...names, expression.index]);
      default:
        expression satisfies never;
    }
  };
  check(kernel.body, bound);
}
