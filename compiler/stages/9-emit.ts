/** Stage 9: a model, its programs and what the targets made of them become the files of one TypeScript module. */
import type { GpuModule } from "../code-text/gpu-module.ts";
import type { Lowered } from "../contracts/programs.ts";
import type { Layout } from "../emit/layout.ts";
import { printModule, type ModuleFiles } from "../emit/module.ts";
import type { WebAssemblyParts } from "../emit/webassembly.ts";
import { optimizers } from "../optimizers/index.ts";
import { schedules } from "../schedules/index.ts";
import { invariant } from "../support/internal-error.ts";

export type { Layout } from "../emit/layout.ts";
export type { ModuleFiles } from "../emit/module.ts";

/** What each target that the module is for made of the programs. */
export interface Printed {
  readonly gpu?: GpuModule;
  readonly wasm?: WebAssemblyParts;
}

/** The same model gives the same bytes. */
export function emit(
  { model, programs, stream, sequences }: Lowered,
  { gpu, wasm }: Printed,
  layout: Layout,
): ModuleFiles {
  const optimizer = optimizers.find(({ kind }) => kind === model.optimizer.kind);
  invariant(optimizer !== undefined, `no optimizer is called ${model.optimizer.kind}`);
  const schedule = schedules.find(({ kind }) => kind === model.schedule?.kind);
  const parts = {
    model,
    programs,
    optimizer,
    stream,
    sequences,
    ...(gpu === undefined ? {} : { gpu }),
    ...(wasm === undefined ? {} : { wasm }),
    ...(schedule === undefined ? {} : { schedule }),
  };
  return printModule(parts, layout);
}
