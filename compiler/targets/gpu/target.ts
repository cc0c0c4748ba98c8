/** The gpu target: the programs of a module as kernel functions, shared where the text is the same, and plan functions. */
import type { AnyProgramName, SomePrograms } from "@specloom/runtime/internal/contract";
import type { GpuModule, GpuPlan } from "../../code-text/gpu-module.ts";
import { programOrder } from "../../code-text/program-order.ts";
import type { Program } from "../../ir/program.ts";
import { KernelTable } from "./kernel-table.ts";
import { launchesOf } from "./launches.ts";
import { planFunctions } from "./plan-functions.ts";
import { planOf, runsOf, type Plan } from "./plan-statements.ts";

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
    for (const step of runsOf(programs[program]?.schedule ?? [])) table.add(step, program);
  }
  table.close();
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
