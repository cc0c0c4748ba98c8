/** Stage 8: the programs of a model become one TypeScript module. */
import type { Model } from "../contracts/model.ts";
import type { SequenceFacts } from "../contracts/programs.ts";
import type { Programs, StreamFact, StreamObstacle } from "../../runtime/contract.ts";
import { moduleNames, printModule } from "../emit/module.ts";
import type { WebAssemblyParts } from "../emit/webassembly.ts";
import { runtimeSymbols } from "../emit/symbols.ts";
import type { Program } from "../ir/program.ts";
import { optimizers } from "../optimizers/index.ts";
import { schedules } from "../schedules/index.ts";
import { invariant } from "../support/internal-error.ts";
import { printGpuModule } from "../targets/gpu/target.ts";

/** The module's text: the same model gives the same bytes. Without `wasm` it runs on the gpu target alone. */
export function emit(given: {
  readonly model: Model;
  readonly programs: Programs<Program>;
  readonly stream: StreamFact | StreamObstacle;
  readonly sequences: SequenceFacts;
  readonly wasm?: WebAssemblyParts;
}): string {
  const { model, programs, stream, sequences, wasm } = given;
  const optimizer = optimizers.find(({ kind }) => kind === model.optimizer.kind);
  invariant(optimizer !== undefined, `no optimizer is called ${model.optimizer.kind}`);
  const gpu = printGpuModule(programs, [...moduleNames, ...Object.keys(runtimeSymbols)]);
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
