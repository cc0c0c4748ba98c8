/**
 * Stage 8: the programs of a model as each target writes them. The targets that a module is for see the same programs; the
 * wasm target has one more, for one example.
 */
import type { GpuModule } from "../code-text/gpu-module.ts";
import type { Lowered } from "../contracts/programs.ts";
import { planName } from "../emit/gpu.ts";
import { moduleNames } from "../emit/module.ts";
import { runtimeSymbols } from "../emit/symbols.ts";
import { invariant } from "../support/internal-error.ts";
import { printGpuModule } from "../targets/gpu/target.ts";
import { printWasmModule, type WasmSource } from "../targets/wasm/target.ts";

/** Kernels and plans of the gpu target, under names that nothing else in the module has. */
export function printGpu({ programs }: Lowered): GpuModule {
  return printGpuModule(programs, [...moduleNames, ...Object.keys(runtimeSymbols)], planName);
}

/** The AssemblyScript of the programs and the memory it plans: see `8-print/assemble.ts` for what becomes of it. */
export function printWasm({ model, programs }: Lowered): WasmSource {
  const isWhole = model.batchSize === 1 || programs.predict === undefined || programs.predict_one !== undefined;
  invariant(isWhole, "this was compiled without the wasm target");
  return printWasmModule(programs);
}
