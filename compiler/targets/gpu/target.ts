/** The gpu target: the programs of a module as kernel functions, shared where the text is the same, and plan functions. */
import type { AnyProgramName, Programs } from "@specloom/runtime/internal/contract";
import type { GpuModule, GpuPlan, KernelEntry, KernelFunction } from "../../code-text/gpu-module.ts";
import { NameScope } from "../../code-text/names.ts";
import { programOrder } from "../../code-text/program-order.ts";
import type { Kernel, Origin, Program } from "../../ir/program.ts";
import { mapPrograms } from "../../support/map-programs.ts";
import { printKernel, wrapped, type PrintedKernel } from "./kernel.ts";
import { bufferTable, printPlan, runsOf } from "./plan.ts";

const phaseOrder: readonly Origin["phase"][] = ["forward", "loss", "backward", "clip", "update"];

/** @param taken names the module uses for other things */
export function printGpuModule(programs: Programs<Program>, taken: Iterable<string> = []): GpuModule {
  const table = new KernelTable(taken);
  for (const program of programOrder) {
    for (const { kernel } of runsOf(programs[program]?.schedule ?? [])) table.add(kernel, program);
  }
  const plan = (program: Program): GpuPlan => ({
    ...printPlan(program, ({ kernel }) => table.nameOf(kernel)),
    buffers: bufferTable(program),
    loops: program.schedule.some(({ kind }) => kind === "loop"),
  });
  return {
    functions: table.functions(),
    kernels: table.entries(),
    plans: mapPrograms(programs, plan, programOrder),
  };
}

interface Shared {
  readonly printed: PrintedKernel;
  /** Kernels of this function by the sizes of what they read and give. */
  readonly bySizes: Map<string, Sized>;
}

interface Sized extends KernelEntry {
  readonly legend: string;
}

/** The kernels of a module, each once; those that differ in sizes alone have one function. */
class KernelTable {
  readonly #names: NameScope;
  readonly #byText = new Map<string, Shared>();
  readonly #entries = new Map<Kernel, Sized>();

  constructor(taken: Iterable<string>) {
    this.#names = new NameScope(taken);
  }

  add(kernel: Kernel, program: AnyProgramName): void {
    if (this.#entries.has(kernel)) return;
    const printed = printKernel(kernel);
    const shared = this.#shared(printed, program);
    // WebGL2 makes the shapes of what a kernel reads constants of its shader.
    const sizes = JSON.stringify([kernel.parameters.map(({ shape }) => shape), printed.output]);
    const { name: source } = shared.printed;
    const name = shared.bySizes.size === 0 ? source : undefined;
    const entry = shared.bySizes.get(sizes) ?? {
      name: name ?? claimName(this.#names, printed.name, program),
      source,
      output: printed.output,
      legend: printed.legend,
    };
    shared.bySizes.set(sizes, entry);
    this.#entries.set(kernel, entry);
  }

  #shared(printed: PrintedKernel, program: AnyProgramName): Shared {
    const text = JSON.stringify([printed.parameters, printed.statements]);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const name = claimName(this.#names, printed.name, program);
    const shared = { printed: { ...printed, name }, bySizes: new Map<string, Sized>() };
    this.#byText.set(text, shared);
    return shared;
  }

  nameOf(kernel: Kernel): string {
    return this.#entries.get(kernel)?.name ?? kernel.name;
  }

  functions(): readonly KernelFunction[] {
    return this.#inOrder().map(({ printed, bySizes }) => {
      const [, ...others] = bySizes.values();
      const { name, parameters, statements, documentation, origin } = printed;
      const also = others.length === 0 ? [] : wrapped(`The same for ${others.map(({ legend }) => legend).join(", ")}.`);
      return { name, parameters, statements, documentation: [...documentation, ...also], origin };
    });
  }

  entries(): readonly KernelEntry[] {
    return this.#inOrder().flatMap(({ bySizes }) =>
      [...bySizes.values()].map(({ name, source, output }) => ({ name, source, output })),
    );
  }

  #inOrder(): readonly Shared[] {
    return [...this.#byText.values()].sort(
      (a, b) => phaseOrder.indexOf(a.printed.origin.phase) - phaseOrder.indexOf(b.printed.origin.phase),
    );
  }
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
