/** Where threads must wait for each other: before an item that touches what another thread may have written or still reads. */
import type { Access } from "../../ir/program.ts";
import { readsOf, writesOf, type Item, type Work } from "./items.ts";
import type { MemoryPlan } from "./memory.ts";

interface Touch {
  readonly access: Access;
  readonly writes: boolean;
  readonly shared: boolean;
  /** The slot is another one by now: a turn of the loop has passed. */
  readonly earlierTurn: boolean;
}

/** @param isShared whether an item's cells are divided among the threads; else the first thread does it all */
export function barriersBefore(
  items: readonly Item[],
  plan: MemoryPlan,
  isShared: (work: Work) => boolean,
): ReadonlySet<Work> {
  const needed = new Set<Work>();
  const visit = (list: readonly Item[], before: Open): Open => {
    let open = before;
    for (const item of list) {
      if (item.kind === "loop") {
        // Twice: what the end of one turn leaves open meets the start of the next.
        open = visit(item.body, open);
        open = visit(item.body, aTurnLater(open));
        continue;
      }
      const shared = isShared(item);
      const own = touchesOf(item, shared);
      // What the first thread does alone it does in order: only the others can be in the way.
      const others = shared ? [open.shared, open.alone] : [open.shared];
      const meets = (touches: readonly Touch[]): boolean =>
        touches.some((touch) => own.some((mine) => collide(touch, mine, plan)));
      if (needed.has(item) || others.some(meets)) {
        needed.add(item);
        open = { shared: [], alone: [] };
      }
      (shared ? open.shared : open.alone).push(...own);
    }
    return open;
  };
  visit(items, { shared: [], alone: [] });
  return needed;
}

/** What was touched since the last barrier, by all threads and by the first alone. Kept apart: most work has no others to meet. */
interface Open {
  readonly shared: Touch[];
  readonly alone: Touch[];
}

function aTurnLater({ shared, alone }: Open): Open {
  const later = (touches: readonly Touch[]): Touch[] => touches.map((touch) => ({ ...touch, earlierTurn: true }));
  return { shared: later(shared), alone: later(alone) };
}

function touchesOf(work: Work, shared: boolean): readonly Touch[] {
  const touch = (writes: boolean) => (access: Access) => ({ access, writes, shared, earlierTurn: false });
  return [...readsOf(work).map(touch(false)), ...writesOf(work).map(touch(true))];
}

function collide(left: Touch, right: Touch, plan: MemoryPlan): boolean {
  if (!left.writes && !right.writes) return false;
  if (!left.shared && !right.shared) return false;
  const one = plan.placed.get(left.access.buffer);
  const two = plan.placed.get(right.access.buffer);
  if (one === undefined || two === undefined) return true;
  if (one.buffer === two.buffer) return isSameSlot(left, right, one.slots);
  return one.offset < two.offset + two.bytes && two.offset < one.offset + one.bytes;
}

/** Whether two touches of one tensor may mean the same slot of it. */
function isSameSlot(left: Touch, right: Touch, slots: number): boolean {
  const one = left.access.slot;
  const two = right.access.slot;
  if (one === undefined || two === undefined || left.earlierTurn) return true;
  if (one.variable !== two.variable || one.scale !== two.scale) return true;
  return Math.abs(one.offset - two.offset) % slots === 0;
}
