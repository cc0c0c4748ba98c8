/** Goes through a plan, on a device or without one, and knows the shape of every tensor on the way. */
import type { GpuHandle, GpuProgram, GpuTarget, TensorFact } from "../contract.ts";
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
  /** Names of the tensors that the plan asked for. */
  readonly read: ReadonlySet<string>;
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
  const read = new Set<string>();
  const asked: Record<string, GpuHandle> = {};
  for (const { name, handle } of tensors) {
    const get = (): GpuHandle => {
      read.add(name);
      return handle;
    };
    Object.defineProperty(asked, name, { enumerable: true, get });
  }
  const handles = program.plan({
    kernels: Object.fromEntries(called) as Record<string, never>,
    tensors: asked,
    stack: (slots, shape) => {
      const handle = join(slots, shape);
      shapes.set(handle, [slots.length, ...shape]);
      return handle;
    },
  });
  const results = Object.entries(handles).map(([name, handle]) => ({ name, shape: shapeOf(handle) }));
  return { handles, results, read };
}

function isWhole(inputs: readonly (GpuHandle | number | undefined)[]): inputs is readonly (GpuHandle | number)[] {
  return !inputs.includes(undefined);
}

function unknownTensor(): never {
  throw misfit("A plan passes on what no kernel has given.");
}

/** What a program takes, in the order in which this runtime hands it over, and what it gives. */
export interface PlanFacts {
  readonly arguments: readonly TensorFact[];
  readonly results: readonly TensorFact[];
}

/**
 * Worked out without a device: a plan shows what it reads by asking for it.
 *
 * @param residents shapes of all tensors that stay on the device
 */
export function factsOf(
  target: GpuTarget,
  program: GpuProgram,
  residents: Readonly<Record<string, readonly number[]>>,
): PlanFacts {
  const nowhere = (): GpuHandle => ({}) as GpuHandle;
  const kept = Object.entries(residents).map(([name, shape]) => ({ name, shape }));
  const given = [...kept, ...program.feeds].map((fact) => ({ ...fact, handle: nowhere() }));
  const { results, read } = walkPlan(target, program, given, { call: nowhere, createKernel: () => nowhere });
  return { arguments: [...kept.filter(({ name }) => read.has(name)), ...program.feeds], results };
}
