/** The gpu target: the programs of a module as kernel functions, shared where their text is the same, and plan functions. */
import type { ProgramName } from "../../contracts.ts";
import { NameScope } from "../../emit/names.ts";
import type { Kernel, Origin, Program } from "../../ir/program.ts";
import { printKernel, type KernelFunction } from "./kernel.ts";
import { bufferTable, printPlan, runsOf } from "./plan.ts";

export interface GpuPlan {
  readonly statements: readonly string[];
  /** The buffers with shape and lifetime, for the plan's documentation. */
  readonly buffers: readonly string[];
  readonly loops: boolean;
}

export interface GpuModule {
  /** In order of execution: forward, backward, update. */
  readonly kernels: readonly KernelFunction[];
  readonly plans: Readonly<Record<ProgramName, GpuPlan>>;
}

/** Predict first, so that the kernels everyone shares keep the plain names. */
const programOrder: readonly ProgramName[] = ["predict", "evaluate", "gradients", "train_step"];

const phaseOrder: readonly Origin["phase"][] = ["forward", "loss", "backward", "clip", "update"];

/** @param taken names the module uses for other things */
export function printGpuModule(
  programs: Readonly<Record<ProgramName, Program>>,
  taken: Iterable<string> = [],
): GpuModule {
  const names = new NameScope(taken);
  const byText = new Map<string, KernelFunction>();
  const functions = new Map<Kernel, KernelFunction>();
  for (const program of programOrder) {
    for (const { kernel } of runsOf(programs[program].schedule)) {
      if (functions.has(kernel)) continue;
      const printed = printKernel(kernel);
      const text = JSON.stringify([printed.parameters, printed.statements, printed.output]);
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
    plans: {
      predict: plan(programs.predict),
      evaluate: plan(programs.evaluate),
      gradients: plan(programs.gradients),
      train_step: plan(programs.train_step),
    },
  };
}

/** A kernel whose name is taken by a different text says what for: `encoderCellStateInTraining`. */
function claimName(names: NameScope, name: string, program: ProgramName): string {
  if (!names.has(name)) return names.claim(name);
  return names.claim(`${name}${occasions[program]}`);
}

const occasions: Readonly<Record<ProgramName, string>> = {
  predict: "InPrediction",
  evaluate: "InEvaluation",
  gradients: "InTraining",
  train_step: "InUpdate",
};
