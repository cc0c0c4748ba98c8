/** The gpu target: the programs of a module as kernel functions, shared where text and shapes are the same, and plan functions. */
import type { AnyProgramName, Programs } from "../../../runtime/contract.ts";
import type { GpuModule, GpuPlan, KernelFunction } from "../../code-text/gpu-module.ts";
import { NameScope } from "../../code-text/names.ts";
import { programOrder } from "../../code-text/program-order.ts";
import type { Kernel, Origin, Program } from "../../ir/program.ts";
import { printKernel } from "./kernel.ts";
import { bufferTable, printPlan, runsOf } from "./plan.ts";

const phaseOrder: readonly Origin["phase"][] = ["forward", "loss", "backward", "clip", "update"];

/** @param taken names the module uses for other things */
export function printGpuModule(programs: Programs<Program>, taken: Iterable<string> = []): GpuModule {
  const names = new NameScope(taken);
  const byText = new Map<string, KernelFunction>();
  const functions = new Map<Kernel, KernelFunction>();
  for (const program of programOrder) {
    for (const { kernel } of runsOf(programs[program]?.schedule ?? [])) {
      if (functions.has(kernel)) continue;
      const printed = printKernel(kernel);
      // WebGL2 makes the shapes of what a kernel reads constants of its shader.
      const shapes = kernel.parameters.map(({ shape }) => shape);
      const text = JSON.stringify([printed.parameters, shapes, printed.statements, printed.output]);
      let shared = byText.get(text);
      if (shared === undefined) {
        shared = { ...printed, name: claimName(names, printed.name, program) };
        byText.set(text, shared);
      }
      functions.set(kernel, shared);
    }
  }
  const plan = (program: Program): GpuPlan => ({
    ...printPlan(program, ({ kernel }) => functions.get(kernel)?.name ?? kernel.name),
    buffers: bufferTable(program),
    loops: program.schedule.some(({ kind }) => kind === "loop"),
  });
  return {
    kernels: [...byText.values()].sort(
      (a, b) => phaseOrder.indexOf(a.origin.phase) - phaseOrder.indexOf(b.origin.phase),
    ),
    plans: Object.fromEntries(
      programOrder.flatMap((name) => (programs[name] === undefined ? [] : [[name, plan(programs[name])]])),
    ) as unknown as Programs<GpuPlan>,
  };
}

/** A kernel whose name is taken by a different text says what for: `encoderCellStateInTraining`. */
function claimName(names: NameScope, name: string, program: AnyProgramName): string {
  if (!names.has(name)) return names.claim(name);
  return names.claim(`${name}${occasions[program]}`);
}

const occasions: Readonly<Record<AnyProgramName, string>> = {
  predict: "InPrediction",
  evaluate: "InEvaluation",
  gradients: "InTraining",
  train_step: "InUpdate",
  accumulate: "InAccumulation",
  stream_start: "InStart",
  stream_step: "InStep",
};
