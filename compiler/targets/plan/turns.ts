/** What a plan does one thing after the other: its work in the turns of the loops around it. */
import { slotText } from "../../ir/index-expression.ts";
import type { Access, LoopStep, Slot } from "../../ir/program.ts";
import { readsOf, workIn, writesOf, type Item, type Work } from "./items.ts";

/** What the variables of the loops are. */
export type Turn = ReadonlyMap<string, number>;

export interface Walk {
  readonly visit: (work: Work, turn: Turn) => void;
  /** Hears, instead, of work in the midst of a long loop, where only what it writes into another slot in each turn is news. */
  readonly skim: (work: Work, turn: Turn) => void;
}

/** From here on a turn is like the one before, apart from the slots that it writes; the last one is looked at again. */
const firstTurns = 3;

export function eachTurn(items: readonly Item[], walk: Walk, outer: Turn = new Map()): void {
  for (const item of items) {
    if (item.kind !== "loop") {
      walk.visit(item, outer);
      continue;
    }
    const { variable, start, stride } = item.step;
    const turns = turnsOf(item.step);
    const moving = workIn(item.body).filter((work) => movesOn(work));
    for (let index = 0; index < turns; index++) {
      const turn = new Map(outer).set(variable, start + index * stride);
      if (index < firstTurns || index === turns - 1) eachTurn(item.body, walk, turn);
      else for (const work of moving) walk.skim(work, turn);
    }
  }
}

function turnsOf({ start, end }: LoopStep): number {
  return Math.abs(end - start);
}

function movesOn(work: Work): boolean {
  return accessesOf(work).writes.some(isMoving);
}

/** Whether it is another slot in each turn. */
export function isMoving({ slot }: Access): boolean {
  return slot?.variable !== undefined;
}

/** The number of a slot in a turn. */
export function slotIn({ variable, scale, offset }: Slot, turn: Turn): number {
  return variable === undefined ? offset : scale * (turn.get(variable) ?? Number.NaN) + offset;
}

export interface Accesses {
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
}

/** Derived from immutable work and keyed by it: a cache, not state. */
const accesses = new WeakMap<Work, Accesses>();

/** What a piece of work reads and writes, each place once. */
export function accessesOf(work: Work): Accesses {
  const known = accesses.get(work) ?? { reads: distinct(readsOf(work)), writes: distinct(writesOf(work)) };
  accesses.set(work, known);
  return known;
}

function distinct(all: readonly Access[]): readonly Access[] {
  const seen = new Map<Access["buffer"], Set<string>>();
  return all.filter(({ buffer, slot }) => {
    const known = seen.get(buffer) ?? new Set<string>();
    seen.set(buffer, known);
    const text = slotText(slot);
    return !known.has(text) && known.add(text);
  });
}

/** How a message names a piece of work. */
export function titleOf({ kind, name }: Work): string {
  return `${kind} ${name}`;
}
