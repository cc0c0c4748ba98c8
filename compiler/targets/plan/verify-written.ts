/** Whether every cell that is read was written before: counted for each tensor, and for each slot of those over time. */
import { sizeOf } from "../../ir/graph.ts";
import type { Access, Buffer, Program } from "../../ir/program.ts";
import type { Item, Work } from "./items.ts";
import { cellsOf } from "./nest.ts";
import { extentOf } from "./product.ts";
import { sameAccess } from "./values.ts";
import { accessesOf, eachTurn, isMoving, slotIn, titleOf, type Turn } from "./turns.ts";

interface Written {
  readonly to: Access;
  readonly cells: number;
}

/** What of a tensor is written by work that does not add to what is there. */
function writtenBy(work: Work): readonly Written[] {
  switch (work.kind) {
    case "nest":
      return work.stores.flatMap(({ to, accumulate }) => (accumulate === true ? [] : [{ to, cells: cellsOf(work) }]));
    case "product": {
      const { batch, rows, columns, output, accumulate } = work;
      return accumulate ? [] : [{ to: output.from, cells: extentOf([...batch, ...rows, ...columns]) }];
    }
    case "pack":
      return [{ to: work.output, cells: sizeOf(work.output.buffer.shape) }];
    default:
      return work satisfies never;
  }
}

/**
 * The cells of a nest differ, so that as many as there are, are all.
 *
 * @param fail what to do where something is read too early
 */
export function verifyWritten(
  items: readonly Item[],
  program: Program,
  fail: (what: string, rule: string) => never,
): void {
  const counts = new Map<Buffer, Map<number, number>>();
  const isWritten = ({ buffer, slot }: Access, turn: Turn, part = false): boolean => {
    if (buffer.role !== "intermediate") return true;
    const known = counts.get(buffer);
    if (known === undefined) return false;
    const [slots = 1, ...inner] = buffer.storage === "steps" ? buffer.shape : [1, ...buffer.shape];
    const cells = part ? 1 : sizeOf(inner);
    if (slot !== undefined) return (known.get(slotIn(slot, turn)) ?? 0) >= cells;
    return known.size === slots && [...known.values()].every((count) => count >= cells);
  };
  const writes = new Map<Work, readonly Written[]>();
  const write = (work: Work, turn: Turn, isNews: (to: Access) => boolean): void => {
    const own = writes.get(work) ?? writtenBy(work);
    writes.set(work, own);
    for (const { to, cells } of own) {
      if (!isNews(to)) continue;
      const known = counts.get(to.buffer) ?? new Map<number, number>();
      counts.set(to.buffer, known);
      const slot = to.slot === undefined ? 0 : slotIn(to.slot, turn);
      known.set(slot, (known.get(slot) ?? 0) + cells);
    }
  };
  const visit = (work: Work, turn: Turn): void => {
    const { reads, writes } = accessesOf(work);
    for (const access of reads) {
      // Where a condition has cut cells apart, each part goes on with its own.
      const isOwn = writes.some((to) => sameAccess(to, access));
      if (!isWritten(access, turn, isOwn)) fail(titleOf(work), `reads ${access.buffer.name} before it is written`);
    }
    write(work, turn, () => true);
  };
  eachTurn(items, { visit, skim: (work, turn) => write(work, turn, isMoving) });
  for (const { name, buffer } of program.results) {
    if (!isWritten({ buffer }, new Map())) fail(`result ${name}`, "is never written");
  }
}
