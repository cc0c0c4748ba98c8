/** What a plan executes, in order: nests, products, packed copies of right factors, and loops over time. */
import type { Access, Buffer, LoopStep, Origin } from "../../ir/program.ts";
import type { Nest } from "./nest.ts";
import type { Operand, Product, ProductAxis } from "./product.ts";
import { indexReadsOf, loadsOf, readsOfIndex } from "./values.ts";

/** Packs a right factor into panels of columns. */
export interface Pack {
  readonly kind: "pack";
  readonly name: string;
  readonly columns: readonly ProductAxis[];
  readonly depth: readonly ProductAxis[];
  readonly right: Operand;
  readonly output: Access;
  readonly origin: Origin;
}

/** A product whose right factor, if `packed`, was packed before; else it packs for itself. */
export interface PlannedProduct extends Product {
  readonly packed?: Buffer;
}

export interface Loop {
  readonly kind: "loop";
  readonly step: LoopStep;
  readonly body: readonly Item[];
}

export type Work = Nest | PlannedProduct | Pack;
export type Item = Work | Loop;

/** Derived from immutable work and keyed by it: a cache, not state. */
const readsOfWork = new WeakMap<Work, readonly Access[]>();

/** What an item reads, one entry per place in it. */
export function readsOf(item: Work): readonly Access[] {
  const known = readsOfWork.get(item);
  if (known !== undefined) return known;
  const reads = collectedReads(item);
  readsOfWork.set(item, reads);
  return reads;
}

function collectedReads(item: Work): readonly Access[] {
  switch (item.kind) {
    case "nest":
      return item.stores.flatMap(({ to, address, value, accumulate }) => [
        ...loadsOf(value).map(({ from }) => from),
        ...indexReadsOf(value),
        ...readsOfIndex(address),
        ...(accumulate === true ? [to] : []),
      ]);
    case "product":
      return [
        item.left.from,
        item.packed === undefined ? item.right.from : { buffer: item.packed },
        ...(item.accumulate ? [item.output.from] : []),
      ];
    case "pack":
      return [item.right.from];
    default:
      return item satisfies never;
  }
}

export function writesOf(item: Work): readonly Access[] {
  switch (item.kind) {
    case "nest":
      return item.stores.map(({ to }) => to);
    case "product":
      return [item.output.from];
    case "pack":
      return [item.output];
    default:
      return item satisfies never;
  }
}

/** Every piece of work in a list of items, loops' bodies included. */
export function workIn(items: readonly Item[]): readonly Work[] {
  return items.flatMap((item) => (item.kind === "loop" ? workIn(item.body) : [item]));
}

/** The items with every list, that of all and those of the loops, replaced. */
export function mapLists(
  items: readonly Item[],
  change: (list: readonly Item[], loop: LoopStep | undefined) => readonly Item[],
  loop?: LoopStep,
): readonly Item[] {
  const inner = items.map((item) =>
    item.kind === "loop" ? { ...item, body: mapLists(item.body, change, item.step) } : item,
  );
  return change(inner, loop);
}
