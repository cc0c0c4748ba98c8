/** Plans of programs at random, and what can be asked of any plan without executing it. */
import type { Buffer, Program } from "../../compiler/ir/program.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { readsOf, writesOf, type Work } from "../../compiler/targets/plan/items.ts";
import { aligned } from "../../compiler/targets/plan/memory.ts";
import type { Machine } from "../../compiler/targets/plan/machine.ts";
import type { Plan } from "../../compiler/targets/plan/plan.ts";
import { planProgram } from "../../compiler/targets/plan/plan-program.ts";
import { wasmMachine } from "../../compiler/targets/wasm/machine.ts";
import { eventsOf, type Event } from "./plan-machine.ts";
import { randomProgram } from "./random-program.ts";
import { seeded, type Draw } from "./seeded.ts";

export const smallSizes = [1, 2, 3, 4, 5, 7, 8, 9, 13];

export interface RandomPlan {
  readonly seed: number;
  readonly draw: Draw;
  readonly program: Program;
  readonly plan: Plan;
}

export function randomPlan(seed: number, sizes: readonly number[] = smallSizes, work = 1500): RandomPlan {
  const draw = seeded(seed);
  const program = randomProgram(draw, { sizes, work });
  return { seed, draw, program, plan: planOf(program) };
}

/** The plan of a program that is alone in its module. */
export function planOf(program: Program, machine: Machine = wasmMachine): Plan {
  const residents = new Map<string, number>();
  let next = 64;
  for (const { role, external, shape } of program.buffers) {
    if ((role !== "parameter" && role !== "state") || external === undefined) continue;
    residents.set(external, next);
    next = aligned(next + sizeOf(shape) * 4 + machine.slack);
  }
  return planProgram(program, machine, residents, next);
}

/** Bytes that an access of an event touches. */
export interface Touch {
  readonly buffer: Buffer;
  readonly slot: number | undefined;
  readonly from: number;
  readonly to: number;
  readonly writes: boolean;
}

export function touchesOf({ work, names }: Event, { memory }: Plan): readonly Touch[] {
  const touch =
    (writes: boolean) =>
    ({ buffer, slot }: ReturnType<typeof readsOf>[number]): Touch => {
      const placed = memory.placed.get(buffer);
      if (placed === undefined) throw new Error(`${buffer.name} has no place`);
      if (slot === undefined) {
        return { buffer, slot: undefined, from: placed.offset, to: placed.offset + placed.bytes, writes };
      }
      const index = (slot.variable === undefined ? 0 : slot.scale * (names[slot.variable] as number)) + slot.offset;
      const bytes = placed.bytes / placed.slots;
      const from = placed.offset + (index % placed.slots) * bytes;
      return { buffer, slot: index, from, to: from + bytes, writes };
    };
  return [...readsOf(work).map(touch(false)), ...writesOf(work).map(touch(true))];
}

export function isApart(one: Touch, two: Touch): boolean {
  return one.to <= two.from || two.to <= one.from;
}

/** Pairs of events without a barrier between them that two threads may run into each other with. */
export function racesOf(plan: Plan, barriers: ReadonlySet<Work>, isShared: (work: Work) => boolean): readonly string[] {
  const races: string[] = [];
  let open: { readonly work: Work; readonly touches: readonly Touch[] }[] = [];
  for (const event of eventsOf(plan, barriers)) {
    if (event.barrier) open = [];
    const touches = touchesOf(event, plan);
    for (const before of open) {
      if (!isShared(before.work) && !isShared(event.work)) continue;
      const clash = before.touches.find((one) =>
        touches.some((two) => (one.writes || two.writes) && !isApart(one, two)),
      );
      if (clash !== undefined) races.push(`${before.work.name} and ${event.work.name} in ${clash.buffer.name}`);
    }
    open.push({ work: event.work, touches });
  }
  return races;
}
