/**
 * A training step ends with the update: parameters and optimizer state are written in place, all of them or none. So the
 * nests that write them come last, where a first pass can see whether every number would be finite.
 */
import { constantIndex, indexText, nameIndex } from "../../ir/index-expression.ts";
import type { Buffer, Program } from "../../ir/program.ts";
import { readsOf, writesOf, type Item } from "./items.ts";
import type { Nest } from "./nest.ts";
import { loadsOf, type ValueTable } from "./values.ts";

export interface Commits {
  readonly items: readonly Item[];
  readonly commits: readonly Nest[];
  /** Nests that store what they load: the other results of an update, which must be finite too. */
  readonly required: readonly Nest[];
  /** Results that lie where the tensor of their name lies. */
  readonly aliases: ReadonlyMap<Buffer, Buffer>;
}

/** Counts elements; it may be any number. */
const countOfLoss = "loss.count";

export function planCommits(items: readonly Item[], program: Program, table: ValueTable): Commits {
  const residents = new Map(
    program.buffers
      .filter(({ role }) => role === "parameter" || role === "state")
      .map((buffer) => [buffer.external ?? buffer.name, buffer]),
  );
  const renewed = program.results.flatMap(({ name, buffer }) => {
    const resident = residents.get(name);
    return resident === undefined ? [] : [{ result: buffer, resident }];
  });
  const aliases = new Map<Buffer, Buffer>();
  const inPlace = new Set<Item>();
  const copies: Nest[] = [];
  const targets = new Map(renewed.map(({ result, resident }) => [result, resident]));
  for (const item of items) {
    if (item.kind !== "nest" || !item.stores.every(({ to }) => targets.has(to.buffer))) continue;
    if (canRunLast(item, items, targets)) inPlace.add(item);
  }
  for (const { result, resident } of renewed) {
    const writers = [...inPlace].filter(
      (item) => item.kind === "nest" && item.stores.some(({ to }) => to.buffer === result),
    );
    if (writers.length === 1 && !aliases.has(result) && targets.get(result) === resident) aliases.set(result, resident);
    else copies.push(copyNest(result, resident, table));
  }
  const last = items.filter((item): item is Nest => inPlace.has(item) && item.kind === "nest");
  // A nest in place all of whose results are aliases may run last; one that is not must run where it was.
  const commits = last.filter((nest) => nest.stores.every(({ to }) => aliases.has(to.buffer)));
  for (const nest of last) {
    if (commits.includes(nest)) continue;
    for (const { to } of nest.stores) {
      const resident = targets.get(to.buffer);
      if (aliases.delete(to.buffer) && resident !== undefined) copies.push(copyNest(to.buffer, resident, table));
    }
  }
  const isUpdate = commits.length + copies.length > 0;
  return {
    items: items.filter((item) => !commits.includes(item as Nest)),
    commits: [...commits, ...copies],
    required: program.results
      .filter(({ name }) => isUpdate && !residents.has(name) && name !== countOfLoss)
      .map(({ buffer }) => copyNest(buffer, buffer, table)),
    aliases,
  };
}

/** Whether nobody else reads what the nest writes, and it reads what it replaces only at the cell it writes. */
function canRunLast(nest: Nest, items: readonly Item[], targets: ReadonlyMap<Buffer, Buffer>): boolean {
  const own = new Set(nest.stores.map(({ to }) => to.buffer));
  const read = (list: readonly Item[]): boolean =>
    list.some((item) =>
      item.kind === "loop"
        ? read(item.body)
        : item !== nest &&
          (readsOf(item).some(({ buffer }) => own.has(buffer)) || writesOf(item).some(({ buffer }) => own.has(buffer))),
    );
  if (read(items)) return false;
  return nest.stores.every(({ to, address }) => {
    const resident = targets.get(to.buffer);
    const loads = nest.stores.flatMap(({ value }) => loadsOf(value)).filter(({ from }) => from.buffer === resident);
    // The resident itself may be read by other commits only where they write it.
    const elsewhere = items.some(
      (item) =>
        item.kind === "nest" &&
        item !== nest &&
        item.stores.every((store) => targets.has(store.to.buffer)) &&
        readsOf(item).some(({ buffer }) => buffer === resident),
    );
    return !elsewhere && loads.every((load) => indexText(load.address) === indexText(address));
  });
}

function copyNest(from: Buffer, to: Buffer, table: ValueTable): Nest {
  const cells = from.shape.reduce((product, dimension) => product * dimension, 1);
  const address = cells === 1 ? constantIndex(0) : nameIndex("i");
  return {
    kind: "nest",
    name: "keep",
    axes: cells === 1 ? [] : [{ name: "i", low: 0, high: cells }],
    stores: [{ to: { buffer: to }, address, value: table.intern({ kind: "load", from: { buffer: from }, address }) }],
    variables: [],
    origin: { ...from.origin, note: "update" },
  };
}
