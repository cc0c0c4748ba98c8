/** Plans against programs: of every result the kernels behind it must be those of the program, on what the program gives them. */
import { gpuModule } from "../../compiler/compile.ts";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { kernelSource } from "../../compiler/emit/kernel-sources.ts";
import type { Program, Slot, Step } from "../../compiler/ir/program.ts";
import { printKernel } from "../../compiler/targets/gpu/kernel.ts";
import type { GpuHandle, ProgramName } from "../../runtime/contract.ts";
import { walkPlan } from "../../runtime/devices/plan-walk.ts";
import { loadModule } from "./load-module.ts";

/** Numbers for what was computed, the same for the same kernels on the same. */
class Ledger {
  readonly #numbers = new Map<string, number>();
  readonly #parts = new Map<number, readonly number[]>();

  of(...what: readonly unknown[]): number {
    const key = JSON.stringify(what);
    const number = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }

  /** Joined in a tree or all at once. */
  joined(parts: readonly number[]): number {
    const leaves = parts.flatMap((part) => this.#parts.get(part) ?? [part]);
    const number = this.of("joined", leaves);
    this.#parts.set(number, leaves);
    return number;
  }
}

/** A plan takes numbers for the steps of loops, so tensors have their number inside. */
const handleOf = (number: number): GpuHandle => ({ number }) as unknown as GpuHandle;
const numberOf = (handle: GpuHandle | number): number =>
  typeof handle === "number" ? handle : (handle as unknown as { readonly number: number }).number;

function withoutName(source: string): string {
  return source.slice(source.indexOf("("));
}

/** What every result is made of, after the program. */
function computed(program: Program, ledger: Ledger): Readonly<Record<string, number>> {
  const whole = new Map<unknown, number>();
  const steps = new Map<unknown, number[]>();
  for (const buffer of program.buffers) {
    if (buffer.external !== undefined) whole.set(buffer, ledger.of("argument", buffer.external));
  }
  const read = (buffer: Program["buffers"][number], place?: number): number => {
    if (place !== undefined) return steps.get(buffer)?.[place] ?? -1;
    return buffer.storage === "steps" ? ledger.joined(steps.get(buffer) ?? []) : (whole.get(buffer) ?? -1);
  };
  const placeOf = (slot: Slot | undefined, variables: Readonly<Record<string, number>>): number | undefined =>
    slot && slot.scale * (slot.variable === undefined ? 0 : (variables[slot.variable] ?? 0)) + slot.offset;
  const run = (step: Step, variables: Readonly<Record<string, number>>): void => {
    if (step.kind === "loop") {
      for (let value = step.start; value !== step.end; value += step.stride) {
        for (const inner of step.body) run(inner, { ...variables, [step.variable]: value });
      }
      return;
    }
    const { buffer, slot } = step.output;
    const inputs = step.inputs.map((access) => read(access.buffer, placeOf(access.slot, variables)));
    const numbers = step.variables.map((name) => variables[name] ?? -1);
    const shape = slot === undefined ? buffer.shape : buffer.shape.slice(1);
    const given = ledger.of(
      withoutName(kernelSource({ name: step.kernel.name, ...printKernel(step.kernel) })),
      shape,
      inputs,
      numbers,
    );
    const place = placeOf(slot, variables);
    if (place === undefined) whole.set(buffer, given);
    else {
      const slots = steps.get(buffer) ?? [];
      slots[place] = given;
      steps.set(buffer, slots);
    }
  };
  for (const step of program.schedule) run(step, {});
  return Object.fromEntries(program.results.map(({ name, buffer }) => [name, read(buffer)]));
}

/** Results that a plan of the module makes of other kernels, or of other tensors, than the program. */
export async function planFaults(compilation: Compilation, text = gpuModule(compilation)): Promise<readonly string[]> {
  const target = await loadModule(text).definition.gpu?.load();
  if (target === undefined) return ["the module has no gpu target"];
  return Object.entries(target.programs).flatMap(([name, plan]) => {
    const program = compilation.programs[name as ProgramName];
    const ledger = new Ledger();
    const tensors = program.buffers.flatMap(({ external, shape }) =>
      external === undefined ? [] : [{ name: external, shape, handle: handleOf(ledger.of("argument", external)) }],
    );
    const { handles } = walkPlan(target, plan, tensors, {
      call: (kernel, shape, given, inputs) => {
        const numbers = inputs.map(numberOf);
        const source = withoutName(target.kernels[kernel] ?? "");
        return handleOf(ledger.of(source, shape, numbers.slice(0, given.length), numbers.slice(given.length)));
      },
      createKernel:
        () =>
        (...parts) =>
          handleOf(ledger.joined(parts.map((part) => numberOf(part as GpuHandle)))),
    });
    const expected = computed(program, ledger);
    const names = new Set([...Object.keys(expected), ...Object.keys(handles)]);
    return [...names].flatMap((result) => {
      const handle = handles[result];
      return handle !== undefined && numberOf(handle) === expected[result] ? [] : [`${name}: ${result}`];
    });
  });
}
