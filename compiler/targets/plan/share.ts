/** Which work is divided among the threads, and where they wait for each other. */
import { barriersBefore } from "./barriers.ts";
import { workIn, type Item, type Work } from "./items.ts";
import type { Machine } from "./machine.ts";
import type { MemoryPlan } from "./memory.ts";
import type { Nest } from "./nest.ts";
import { chooseVector } from "./vectorise.ts";

export interface Sharing {
  readonly shared: ReadonlySet<Work>;
  readonly barriers: ReadonlySet<Work>;
}

/**
 * Work of at least `leastToShare` vector operations is divided. So is smaller work that has a barrier before and after it
 * anyway, as the cell of a recurrence between two of its products: then dividing it costs nothing.
 */
export function planSharing(
  items: readonly Item[],
  memory: MemoryPlan,
  costOf: (work: Work) => number,
  machine: Machine,
): Sharing {
  const { leastToShare, smallerBetween } = machine.thresholds;
  const isDivisible = (work: Work): boolean => work.kind !== "nest" || hasParts(work, machine);
  const shared = new Set(workIn(items).filter((work) => isDivisible(work) && costOf(work) >= leastToShare));
  const first = barriersBefore(items, memory, (work) => shared.has(work));
  const next = successorsIn(items);
  const isBetween = (work: Work): boolean => first.has(work) && (next.get(work) ?? []).every((one) => first.has(one));
  for (const work of workIn(items)) {
    if (isDivisible(work) && costOf(work) >= leastToShare / smallerBetween && isBetween(work)) shared.add(work);
  }
  return { shared, barriers: barriersBefore(items, memory, (work) => shared.has(work)) };
}

function hasParts(nest: Nest, machine: Machine): boolean {
  // What adds to cells of any place is divided along the cells of a row.
  const gathers = nest.stores.some(({ accumulate }) => accumulate === true);
  return gathers ? chooseVector(nest, machine).choice.along === "output" : nest.axes.length > 0;
}

/** What may run right after each piece of work. */
function successorsIn(items: readonly Item[]): ReadonlyMap<Work, readonly Work[]> {
  const found = new Map<Work, Set<Work>>();
  const link = (from: readonly Work[], to: readonly Work[]): void => {
    for (const one of from) for (const other of to) found.set(one, (found.get(one) ?? new Set()).add(other));
  };
  /** Returns what may run first and last in a list. */
  const visit = (list: readonly Item[]): { readonly first: readonly Work[]; readonly last: readonly Work[] } => {
    let first: readonly Work[] = [];
    let last: readonly Work[] = [];
    for (const item of list) {
      const inner = item.kind === "loop" ? visit(item.body) : { first: [item], last: [item] };
      if (inner.first.length === 0) continue;
      if (item.kind === "loop") link(inner.last, inner.first);
      link(last, inner.first);
      if (first.length === 0) first = inner.first;
      last = inner.last;
    }
    return { first, last };
  };
  visit(items);
  return new Map([...found].map(([work, next]) => [work, [...next]]));
}
