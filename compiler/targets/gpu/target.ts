/** The gpu target: the programs of a module as kernel functions, shared where the text is the same, and plan functions. */
import type { AnyProgramName, SomePrograms } from "@specloom/runtime/internal/contract";
import type { GpuModule, GpuPlan, KernelFunction } from "../../code-text/gpu-module.ts";
import { NameScope } from "../../code-text/names.ts";
import { programOrder } from "../../code-text/program-order.ts";
import type { Kernel, Origin, Program } from "../../ir/program.ts";
import { printKernel } from "./kernel.ts";
import { launchesOf } from "./launches.ts";
import { planFunctions } from "./plan-functions.ts";
import { claimFor } from "./occasions.ts";
import { planOf, runsOf, type Plan } from "./plan-statements.ts";

const phaseOrder: readonly Origin["phase"][] = ["forward", "loss", "backward", "clip", "update"];

/**
 * @param taken names the module uses for other things
 * @param planName what a plan's function is called
 */
export function printGpuModule(
  programs: SomePrograms<Program>,
  taken: readonly string[],
  planName: (program: AnyProgramName) => string,
): GpuModule {
  const table = new KernelTable(taken);
  for (const program of programOrder) {
    for (const { kernel } of runsOf(programs[program]?.schedule ?? [])) table.add(kernel, program);
  }
  const present = programOrder.flatMap((name) =>
    programs[name] === undefined ? [] : [[name, programs[name]] as const],
  );
  const plans = present.map(([name, program]): [AnyProgramName, Plan] => [
    name,
    planOf(program, ({ kernel }) => table.nameOf(kernel)),
  ]);
  const names = [...taken, ...table.functions().map(({ name }) => name)];
  const functions = planFunctions(Object.fromEntries(plans), planName, names);
  const counted = present.flatMap(([name, program]): [AnyProgramName, GpuPlan][] => {
    const plan = functions.plans[name];
    return plan === undefined ? [] : [[name, { ...plan, launches: launchesOf(program) }]];
  });
  return { ...functions, functions: table.functions(), plans: Object.fromEntries(counted) };
}

/** The kernels of a module, each once; those that differ in sizes alone have one function. */
class KernelTable {
  readonly #names: NameScope;
  readonly #byText = new Map<string, KernelFunction>();
  readonly #known = new Map<Kernel, string>();

  constructor(taken: Iterable<string>) {
    this.#names = new NameScope(taken);
  }

  add(kernel: Kernel, program: AnyProgramName): void {
    if (!this.#known.has(kernel)) this.#known.set(kernel, this.#shared(printKernel(kernel), program).name);
  }

  #shared(printed: KernelFunction, program: AnyProgramName): KernelFunction {
    const text = JSON.stringify([printed.parameters, printed.statements]);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const shared = { ...printed, name: claimFor(this.#names, printed.name, program) };
    this.#byText.set(text, shared);
    return shared;
  }

  nameOf(kernel: Kernel): string {
    return this.#known.get(kernel) ?? kernel.name;
  }

  functions(): readonly KernelFunction[] {
    return [...this.#byText.values()].sort(
      (a, b) => phaseOrder.indexOf(a.origin.phase) - phaseOrder.indexOf(b.origin.phase),
    );
  }
}
