/** Stage 9: a model, its programs and what the targets made of them become one TypeScript module. */
import type { GpuModule } from "../code-text/gpu-module.ts";
import type { Lowered } from "../contracts/programs.ts";
import { printModule } from "../emit/module.ts";
import type { WebAssemblyParts } from "../emit/webassembly.ts";
import { optimizers } from "../optimizers/index.ts";
import { schedules } from "../schedules/index.ts";
import { invariant } from "../support/internal-error.ts";

/** What each target that the module is for made of the programs. */
export interface Printed {
  readonly gpu: GpuModule;
  readonly wasm?: WebAssemblyParts;
}

/** The module's text: the same model gives the same bytes. Without `wasm` it runs on the gpu target alone. */
export function emit({ model, programs, stream, sequences }: Lowered, { gpu, wasm }: Printed): string {
  const optimizer = optimizers.find(({ kind }) => kind === model.optimizer.kind);
  invariant(optimizer !== undefined, `no optimizer is called ${model.optimizer.kind}`);
  const schedule = schedules.find(({ kind }) => kind === model.schedule?.kind);
  return printModule({
    model,
    programs,
    gpu,
    optimizer,
    stream,
    sequences,
    ...(schedule === undefined ? {} : { schedule }),
    ...(wasm === undefined ? {} : { wasm }),
  });
}
