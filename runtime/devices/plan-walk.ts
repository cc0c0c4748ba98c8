/** Goes through a plan, on a device or without one, and knows the shape of every tensor on the way. */
import type { GpuHandle, GpuProgram, GpuTarget, TensorFact } from "../contract.ts";
import { memberOf } from "../shared/member-of.ts";
import { misfit } from "./residents.ts";
import { createStack, type StackKernels } from "./stack.ts";

/** What calls a kernel: on a device, or nowhere. */
export interface KernelCaller extends StackKernels {
  /**
   * @param shape of the output
   * @param given shapes of the tensors that it reads
   */
  readonly call: (
    name: string,
    shape: readonly number[],
    given: readonly (readonly number[])[],
    inputs: readonly (GpuHandle | number)[],
  ) => GpuHandle;
}

export interface WalkedPlan {
  readonly handles: Record<string, GpuHandle>;
  readonly results: readonly TensorFact[];
}

/** @param tensors of the arguments, with their shapes */
export function walkPlan(
  { kernels }: GpuTarget,
  program: GpuProgram,
  tensors: readonly (TensorFact & { readonly handle: GpuHandle })[],
  caller: KernelCaller,
): WalkedPlan {
  const shapes = new Map(tensors.map(({ handle, shape }) => [handle, shape]));
  const join = createStack(caller);
  const shapeOf = (handle: GpuHandle): readonly number[] => shapes.get(handle) ?? unknownTensor();
  const called = Object.keys(kernels).map((name) => [
    name,
    (shape: readonly number[], ...inputs: readonly (GpuHandle | number | undefined)[]): GpuHandle => {
      if (!isWhole(inputs)) throw misfit(`${name} reads a slot that no step has written.`);
      const given = inputs.flatMap((input) => (typeof input === "number" ? [] : [shapeOf(input)]));
      const handle = caller.call(name, shape, given, inputs);
      shapes.set(handle, shape);
      return handle;
    },
  ]);
  const handles = program.plan({
    kernels: Object.fromEntries(called) as Record<string, never>,
    tensors: Object.fromEntries(tensors.map(({ name, handle }) => [name, handle])),
    stack: (slots, shape) => {
      const handle = join(slots, shape);
      shapes.set(handle, [slots.length, ...shape]);
      return handle;
    },
  });
  const results = Object.entries(handles).map(([name, handle]) => ({ name, shape: shapeOf(handle) }));
  return { handles, results };
}

function isWhole(inputs: readonly (GpuHandle | number | undefined)[]): inputs is readonly (GpuHandle | number)[] {
  return !inputs.includes(undefined);
}

function unknownTensor(): never {
  throw misfit("A plan passes on what no kernel has given.");
}

/** The results of a program, worked out without a device. */
export function resultsOf(
  target: GpuTarget,
  program: GpuProgram,
  residents: Readonly<Record<string, readonly number[]>>,
): readonly TensorFact[] {
  const nowhere = (): GpuHandle => ({}) as GpuHandle;
  const given = argumentsOf(program, residents).map((fact) => ({ ...fact, handle: nowhere() }));
  return walkPlan(target, program, given, { call: nowhere, createKernel: () => nowhere }).results;
}

/** What a program takes, in the order in which this runtime hands it over. */
export function argumentsOf(
  { residents: names, feeds }: GpuProgram,
  residents: Readonly<Record<string, readonly number[]>>,
): readonly TensorFact[] {
  const resident = names.map((name) => {
    const shape = memberOf(residents, name);
    if (shape === undefined) throw misfit(`The model has no tensor "${name}".`);
    return { name, shape };
  });
  return [...resident, ...feeds];
}
