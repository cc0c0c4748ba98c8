/** What a machine executes of a program: items in order, with memory and barriers. */
import type { Program } from "../../ir/program.ts";
import type { Item, Work } from "./items.ts";
import type { Machine } from "./machine.ts";
import type { MemoryPlan } from "./memory.ts";
import type { Nest } from "./nest.ts";

export interface Plan {
  readonly machine: Machine;
  readonly program: Program;
  readonly items: readonly Item[];
  /** Nests that write parameters and state in place; they run last, after a check that all will be finite. */
  readonly commits: readonly Nest[];
  /** Further nests whose numbers must be finite for an update; they are never run. */
  readonly required: readonly Nest[];
  readonly memory: MemoryPlan;
  readonly barriers: ReadonlySet<Work>;
  readonly shared: ReadonlySet<Work>;
  /** Multiplications and other vector operations of one call, roughly. */
  readonly cost: number;
  /** Floating-point operations of its matrix products, 2 per multiplication. */
  readonly flops: number;
}
