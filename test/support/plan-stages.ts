/** The stages of the planner one by one, each executed with every tensor at a place of its own. */
import { sizeOf } from "../../compiler/ir/graph.ts";
import type { Buffer, Program, Step } from "../../compiler/ir/program.ts";
import type { Interval } from "../../compiler/targets/plan/affine.ts";
import { extractItems } from "../../compiler/targets/plan/extract.ts";
import { fuse } from "../../compiler/targets/plan/fuse.ts";
import { inlineCheap } from "../../compiler/targets/plan/inline.ts";
import { mapLists, readsOf, workIn, writesOf, type Item } from "../../compiler/targets/plan/items.ts";
import { mergeAxes } from "../../compiler/targets/plan/merge-axes.ts";
import { nestsOf } from "../../compiler/targets/plan/nest.ts";
import { planPacks } from "../../compiler/targets/plan/pack.ts";
import type { Plan } from "../../compiler/targets/plan/plan.ts";
import type { Placed } from "../../compiler/targets/plan/memory.ts";
import { ValueTable } from "../../compiler/targets/plan/values.ts";
import { wasmMachine } from "../../compiler/targets/wasm/machine.ts";

export type Stages = Readonly<
  Record<"nests" | "extracted" | "inlined" | "fused" | "merged" | "packed", readonly Item[]>
>;

export function stagesOf(program: Program): Stages {
  const table = new ValueTable();
  const plain = (steps: readonly Step[], ranges: ReadonlyMap<string, Interval>): Item[] =>
    steps.flatMap((step): Item[] => {
      if (step.kind === "run") return [...nestsOf(step, table, ranges).nests];
      const last = step.end - step.stride;
      const range = { least: Math.min(step.start, last), most: Math.max(step.start, last) };
      return [{ kind: "loop", step, body: plain(step.body, new Map(ranges).set(step.variable, range)) }];
    });
  const nests = plain(program.schedule, new Map());
  const extracted = extractItems(program, table, wasmMachine);
  const inlined = inlineCheap(extracted, program, table);
  const fused = fuse(inlined, program, table);
  const merged = mapLists(fused, (list) => list.map((item) => (item.kind === "nest" ? mergeAxes(item, table) : item)));
  return { nests, extracted, inlined, fused, merged, packed: planPacks(merged, wasmMachine) };
}

/** Items as a plan in which no two tensors share a place. */
export function apart(items: readonly Item[], program: Program): Plan {
  const buffers = new Set<Buffer>([
    ...program.buffers,
    ...workIn(items).flatMap((work) => [...readsOf(work), ...writesOf(work)].map(({ buffer }) => buffer)),
  ]);
  const placed = new Map<Buffer, Placed>();
  let bytes = 64;
  for (const buffer of buffers) {
    const size = sizeOf(buffer.shape) * 4;
    const slots = buffer.storage === "steps" ? (buffer.shape[0] ?? 1) : 1;
    placed.set(buffer, { buffer, offset: bytes, bytes: size, slots, first: 0, last: Infinity });
    bytes += size;
  }
  return {
    machine: wasmMachine,
    program,
    items,
    commits: [],
    required: [],
    memory: { placed, bytes },
    barriers: new Set(),
    shared: new Set(),
    cost: 0,
    flops: 0,
  };
}
