/** Which examples of a file are in which part: in the file's order or scattered, one by one or in groups that stay together. */
import { Problem } from "@specloom/runtime/internal/problem";
import { permutation, splitStream } from "@specloom/runtime/internal/random";
import type { SplitOrder, TensorSplit } from "@specloom/runtime/internal/contract-data";
import { lengthOf, PART_LABELS, PART_NAMES, splitRows, type Parts } from "./split.ts";
import { countOf } from "./wording.ts";

export interface Arrangement {
  /** Which example of the file stands at each place, so that every part is consecutive; undefined where all stay. */
  readonly order: Uint32Array | undefined;
  readonly parts: Parts;
  /** What a user should know of it; undefined where the file is just cut. */
  readonly note: string | undefined;
}

/**
 * Within a part examples keep the file's order.
 * @param groups per example the number of its group
 * @throws Problem `split-rows`
 */
export function arrange(
  count: number,
  split: TensorSplit,
  groups: ArrayLike<number> | undefined,
  file: string,
): Arrangement {
  const parts = splitRows(count, split, "example", file);
  if (split.order !== "scattered" && groups === undefined) return { order: undefined, parts, note: undefined };
  const units = groups === undefined ? Array.from({ length: count }, (_, example) => [example]) : membersOf(groups);
  const drawn =
    split.order === "scattered"
      ? Array.from(permutation(units.length, split.seed ?? 0, splitStream), (unit) => units[unit] ?? [])
      : units;
  // A group goes where its middle falls, so that the parts come as near to their shares as whole groups can.
  const lists = [...PART_NAMES.map((): number[] => []), []];
  let before = 0;
  for (const unit of drawn) {
    const middle = before + unit.length / 2;
    const part = PART_NAMES.findIndex((name) => middle <= parts[name].end);
    lists.at(part)?.push(...unit);
    before += unit.length;
  }
  lists.forEach((list) => list.sort((a, b) => a - b));
  const ends = lists.map((_, index) => lists.slice(0, index + 1).reduce((sum, list) => sum + list.length, 0));
  const [train = 0, validation = 0, test = 0] = ends;
  const arranged: Parts = {
    train: { start: 0, end: train },
    validation: { start: train, end: validation },
    test: { start: validation, end: test },
  };
  refuseEmptyParts(split, arranged, units.length, file);
  return { order: Uint32Array.from(lists.flat()), parts: arranged, note: noteOf(split, arranged, units.length) };
}

/** Examples of each group, groups in the order of their first examples. */
function membersOf(groups: ArrayLike<number>): readonly (readonly number[])[] {
  const members = new Map<number, number[]>();
  Array.from(groups).forEach((group, example) => {
    const found = members.get(group);
    if (found === undefined) members.set(group, [example]);
    else found.push(example);
  });
  return [...members.values()];
}

function refuseEmptyParts(split: TensorSplit, parts: Parts, groups: number, file: string): void {
  const empty = PART_NAMES.find((part) => split[part] > 0 && lengthOf(parts[part]) === 0);
  if (empty === undefined) return;
  throw new Problem({
    code: "split-rows",
    message: `the ${PART_LABELS[empty]} part, ${String(split[empty])} of the examples, gets none: groups stay whole, and there are ${String(groups)} of "${split.group ?? ""}".`,
    help: "give it a larger share, or split without group.",
    file,
    pointer: "/data/split",
  });
}

function noteOf({ order, seed = 0, group }: SplitOrder, parts: Parts, groups: number): string {
  const counts = PART_NAMES.map((part) => `${String(lengthOf(parts[part]))} ${PART_LABELS[part]}`).join(", ");
  const how = order === "scattered" ? `scattered with seed ${String(seed)}` : "in the file's order";
  const by = group === undefined ? "" : `, the ${countOf(groups, "group")} of "${group}" each in one part`;
  return `split: ${counts} examples, ${how}${by}.`;
}

/** Moves the examples of a tensor [examples, size] to their places, without a second copy of it. */
export function moveExamples(values: Float32Array, size: number, order: Uint32Array): void {
  const moved = new Uint8Array(order.length);
  for (let start = 0; start < order.length; start += 1) {
    if (moved[start] === 1) continue;
    const first = values.slice(start * size, (start + 1) * size);
    let place = start;
    for (;;) {
      moved[place] = 1;
      const from = order[place] ?? place;
      if (from === start) break;
      values.copyWithin(place * size, from * size, (from + 1) * size);
      place = from;
    }
    values.set(first, place * size);
  }
}
