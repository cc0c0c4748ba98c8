/**
 * A training step ends with the update: parameters and optimizer state are written in place, all of them or none. So the
 * nests that write them come last, where a first pass can see whether every number would be finite.
 */
import { constantIndex, indexText, nameIndex } from "../../ir/index-expression.ts";
import type { Access, Buffer, Program } from "../../ir/program.ts";
import { readsOf, workIn, writesOf, type Item, type Work } from "./items.ts";
import type { Nest } from "./nest.ts";
import { loadsOf, type ValueTable } from "./values.ts";
import { lossCount } from "@specloom/runtime/internal/shared/names";

export interface Commits {
  readonly items: readonly Item[];
  readonly commits: readonly Nest[];
  /** Nests that store what they load: the other results of an update, which must be finite too. */
  readonly required: readonly Nest[];
  /** Results that lie where the tensor of their name lies. */
  readonly aliases: ReadonlyMap<Buffer, Buffer>;
}

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
  const copies: Nest[] = [];
  const targets = new Map(renewed.map(({ result, resident }) => [result, resident]));
  const updates = items.filter(
    (item): item is Nest => item.kind === "nest" && item.stores.every(({ to }) => targets.has(to.buffer)),
  );
  const touching = grouped(workIn(items), (work) => [...readsOf(work), ...writesOf(work)]);
  const reading = grouped(updates, readsOf);
  const last = updates.filter((nest) => canRunLast(nest, targets, touching, reading));
  const writing = grouped(last, writesOf);
  for (const { result, resident } of renewed) {
    const writers = writing.get(result)?.size ?? 0;
    if (writers === 1 && !aliases.has(result) && targets.get(result) === resident) aliases.set(result, resident);
    else copies.push(copyNest(result, resident, table));
  }
  // A nest in place all of whose results are aliases may run last; one that is not must run where it was.
  const commits = last.filter((nest) => nest.stores.every(({ to }) => aliases.has(to.buffer)));
  const committed = new Set<Item>(commits);
  for (const nest of last) {
    if (committed.has(nest)) continue;
    for (const { to } of nest.stores) {
      const resident = targets.get(to.buffer);
      if (aliases.delete(to.buffer) && resident !== undefined) copies.push(copyNest(to.buffer, resident, table));
    }
  }
  const isUpdate = commits.length + copies.length > 0;
  return {
    items: items.filter((item) => !committed.has(item)),
    commits: [...commits, ...copies],
    required: program.results
      .filter(({ name }) => isUpdate && !residents.has(name) && name !== lossCount)
      .map(({ buffer }) => copyNest(buffer, buffer, table)),
    aliases,
  };
}

type ByBuffer = ReadonlyMap<Buffer, ReadonlySet<Work>>;

/** Work by the tensors that it reads or writes. */
function grouped(list: readonly Work[], accesses: (work: Work) => readonly Access[]): ByBuffer {
  const groups = new Map<Buffer, Set<Work>>();
  for (const work of list) {
    for (const { buffer } of accesses(work)) {
      const group = groups.get(buffer);
      if (group === undefined) groups.set(buffer, new Set([work]));
      else group.add(work);
    }
  }
  return groups;
}

/**
 * Whether nobody else reads what the nest writes, and it reads what it replaces only at the cell it writes.
 *
 * @param touching all work by what it reads or writes
 * @param reading what might run last, by what it reads
 */
function canRunLast(nest: Nest, targets: ReadonlyMap<Buffer, Buffer>, touching: ByBuffer, reading: ByBuffer): boolean {
  const isElsewhere = (works: ByBuffer, buffer: Buffer | undefined): boolean =>
    buffer !== undefined && [...(works.get(buffer) ?? [])].some((work) => work !== nest);
  if (nest.stores.some(({ to }) => isElsewhere(touching, to.buffer))) return false;
  return nest.stores.every(({ to, address }) => {
    const resident = targets.get(to.buffer);
    const loads = nest.stores.flatMap(({ value }) => loadsOf(value)).filter(({ from }) => from.buffer === resident);
    // The resident itself may be read by other commits only where they write it.
    return !isElsewhere(reading, resident) && loads.every((load) => indexText(load.address) === indexText(address));
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
