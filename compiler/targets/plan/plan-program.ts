/** From a program to what a machine executes: items in order, with memory and barriers. */
import type { Buffer, Program } from "../../ir/program.ts";
import { planCommits } from "./commit.ts";
import { extractItems } from "./extract.ts";
import { fuse } from "./fuse.ts";
import { inlineCheap } from "./inline.ts";
import { mapLists, workIn, type Item, type Work } from "./items.ts";
import type { Machine } from "./machine.ts";
import { planMemory } from "./memory.ts";
import { mergeAxes } from "./merge-axes.ts";
import { planPacks } from "./pack.ts";
import type { Plan } from "./plan.ts";
import { workOf } from "./product.ts";
import { planSharing } from "./share.ts";
import { ValueTable } from "./values.ts";
import { ItemsVerifier } from "./verify-items.ts";
import { verifyPlan } from "./verify-plan.ts";
import { chooseVector } from "./vectorise.ts";

/**
 * @param residents offsets of parameters and optimizer state, by outside name
 * @param start first byte that this program may use
 */
export function planProgram(
  program: Program,
  machine: Machine,
  residents: ReadonlyMap<string, number>,
  start: number,
): Plan {
  const table = new ValueTable();
  const verifier = new ItemsVerifier(program, machine);
  const verified = (after: string, items: readonly Item[]): readonly Item[] => {
    verifier.verify(items, after);
    return items;
  };
  const extracted = verified("extract", extractItems(program, table, machine));
  const inlined = verified("inline", inlineCheap(extracted, program, table));
  const fused = verified("fuse", fuse(inlined, program, table));
  const merged = verified(
    "merge axes",
    mapLists(fused, (list) => list.map((item) => (item.kind === "nest" ? mergeAxes(item, table) : item))),
  );
  const packed = verified("pack", planPacks(merged, machine));
  const { items, commits, required, aliases } = planCommits(packed, program, table);
  verified("commit", [...items, ...commits]);
  const fixed = new Map<Buffer, number>();
  for (const buffer of program.buffers) {
    const offset = residents.get(buffer.external ?? "");
    if (offset !== undefined && (buffer.role === "parameter" || buffer.role === "state")) fixed.set(buffer, offset);
  }
  for (const [result, resident] of aliases) {
    const offset = fixed.get(resident);
    if (offset !== undefined) fixed.set(result, offset);
  }
  const all = [...items, ...commits];
  const memory = planMemory(all, program, fixed, start, machine.slack);
  const costs = new Map(workIn(all).map((work) => [work, costOf(work, machine)]));
  const costed = (work: Work): number => costs.get(work) ?? 0;
  let cost = 0;
  let flops = 0;
  const weigh = (list: readonly Item[], turns: number): void => {
    for (const item of list) {
      if (item.kind === "loop") {
        weigh(item.body, turns * Math.abs(item.step.end - item.step.start));
        continue;
      }
      cost += costed(item) * turns;
      if (item.kind === "product") flops += 2 * workOf(item) * turns;
    }
  };
  weigh(all, 1);
  const plan: Plan = {
    machine,
    program,
    items,
    commits,
    required,
    memory,
    ...planSharing(all, memory, costed, machine),
    cost,
    flops,
  };
  verifyPlan(plan);
  return plan;
}

/** Vector operations of an item. */
function costOf(work: Work, machine: Machine): number {
  switch (work.kind) {
    case "nest":
      return chooseVector(work, machine).cost;
    case "product":
      return workOf(work) / machine.lanes;
    case "pack":
      return (2 * (work.output.buffer.shape[0] ?? 0)) / machine.lanes;
    default:
      return work satisfies never;
  }
}
