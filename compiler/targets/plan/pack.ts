/** Right factors are packed once for all who use them: outside of the loops that do not change them. */
import { identifierFrom } from "../../code-text/names.ts";
import { indexText, namesOf, slotText } from "../../ir/index-expression.ts";
import type { Buffer } from "../../ir/program.ts";
import { workIn, writesOf, type Item, type Loop, type Pack, type PlannedProduct } from "./items.ts";
import { lieOf } from "./lie.ts";
import type { Machine } from "./machine.ts";
import { extentOf, type Product } from "./product.ts";

/** Bytes from one panel to the next: panels a power of two apart fall into the same cache sets, so those are kept apart. */
export function panelBytes(depth: number, width: number): number {
  const bytes = depth * width * 4;
  return bytes % 512 === 0 ? bytes + 64 : bytes;
}

export function packedBytes({ columns, depth }: Pick<Product, "columns" | "depth">, { panelColumns }: Machine): number {
  return Math.ceil(extentOf(columns) / panelColumns) * panelBytes(extentOf(depth), panelColumns);
}

export function planPacks(items: readonly Item[], machine: Machine): readonly Item[] {
  return new Packer(machine).list(items, undefined).items;
}

class Packer {
  readonly #packed = new Map<string, Buffer>();

  constructor(private readonly machine: Machine) {}

  /** The items with the packs they need; those that belong outside of the loop come back as `before`. */
  list(
    items: readonly Item[],
    loop: Loop | undefined,
  ): { readonly items: readonly Item[]; readonly before: readonly Pack[] } {
    const result: Item[] = [];
    const before: Pack[] = [];
    for (const item of items) {
      if (item.kind === "loop") {
        const inner = this.list(item.body, item);
        result.push(...inner.before, { ...item, body: inner.items });
      } else if (item.kind === "product" && item.batch.length === 0 && isWorthPacking(item, loop, this.machine)) {
        const { product, pack } = this.#split(item, loop !== undefined);
        const stays = loop !== undefined && !isInvariant(item, loop);
        if (pack !== undefined) (stays || loop === undefined ? result : before).push(pack);
        result.push(product);
      } else result.push(item);
    }
    return { items: result, before };
  }

  #split(product: Product, inLoop: boolean): { readonly product: PlannedProduct; readonly pack: Pack | undefined } {
    const { right, columns, depth } = product;
    const key = [
      `${right.from.buffer.name}${slotText(right.from.slot)}@${indexText(right.start)}`,
      ...[...columns, ...depth].map((axis) => `${axis.extent}:${axis.right}`),
      columns.length,
    ].join("|");
    // What moves with the time of this loop is another thing in the next loop.
    const shareable = !inLoop || (right.from.slot === undefined && namesOf(right.start).size === 0);
    const known = shareable ? this.#packed.get(key) : undefined;
    if (known !== undefined) return { product: { ...product, packed: known }, pack: undefined };
    const packed: Buffer = {
      name: identifierFrom(`${product.name} packed`),
      shape: [packedBytes(product, this.machine) / 4],
      dtype: "float32",
      role: "intermediate",
      storage: "whole",
      origin: { ...product.origin, note: `right factor of ${product.name} in panels` },
    };
    if (shareable && right.from.buffer.role !== "intermediate") this.#packed.set(key, packed);
    const pack: Pack = {
      kind: "pack",
      name: identifierFrom(`pack ${product.name}`),
      columns,
      depth,
      right,
      output: { buffer: packed },
      origin: product.origin,
    };
    return { product: { ...product, packed }, pack };
  }
}

/**
 * Of a few rows, those of a loop of many turns: each turn reads the panels again, and reads them faster than anything else.
 * Packing takes about as long as four rows do, and saves a quarter of each.
 */
function isWorthPacking(product: Product, loop: Loop | undefined, machine: Machine): boolean {
  if (lieOf(product, machine) === undefined) return true;
  if (loop === undefined || !isInvariant(product, loop)) return false;
  return extentOf(product.rows) * Math.abs(loop.step.end - loop.step.start) >= machine.thresholds.fewestReads;
}

function isInvariant({ right }: Product, { body }: Loop): boolean {
  if (right.from.slot?.variable !== undefined || namesOf(right.start).size > 0) return false;
  return !workIn(body).some((work) => writesOf(work).some(({ buffer }) => buffer === right.from.buffer));
}
