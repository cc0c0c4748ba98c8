/** What a program costs on the wasm target, counted from its plan. */
import { workIn, type Item } from "../../compiler/targets/plan/items.ts";
import type { WasmProgramPlan } from "../../compiler/targets/wasm/target.ts";

export interface WasmCost {
  /** Loop nests, matrix products and packed copies. */
  readonly kernels: number;
  /** How often they run in one call, loops over time written out. */
  readonly calls: number;
  /** Of the kernels, the matrix products. */
  readonly products: number;
  /** Of the matrix products of one call, 2 per multiplication. */
  readonly flops: number;
  /** Tensors that have a place in memory. */
  readonly buffers: number;
  /** End of the last of them, in bytes. */
  readonly memory: number;
}

export function wasmCost({ plan, flops }: WasmProgramPlan): WasmCost {
  const all = [...plan.items, ...plan.commits];
  const work = workIn(all);
  return {
    kernels: work.length,
    calls: callsOf(all),
    products: work.filter(({ kind }) => kind === "product").length,
    flops,
    buffers: plan.memory.placed.size,
    memory: plan.memory.bytes,
  };
}

function callsOf(items: readonly Item[]): number {
  return items.reduce((total, item) => {
    if (item.kind !== "loop") return total + 1;
    const { start, end, stride } = item.step;
    return total + Math.abs((end - start) / stride) * callsOf(item.body);
  }, 0);
}
