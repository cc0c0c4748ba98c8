/**
 * The verifier of plans: goes through all that a call does and sees that nothing is overwritten while it is wanted, and that
 * no two threads meet in one place without a barrier between them. It knows what a plan means, and nothing of how it was made.
 */
import { sizeOf } from "../../ir/graph.ts";
import type { Access, Buffer } from "../../ir/program.ts";
import { InternalError } from "../../support/internal-error.ts";
import { aligned, type Placed } from "./memory.ts";
import { workIn, type Work } from "./items.ts";
import type { Plan } from "./plan.ts";
import { sameAccess } from "./values.ts";
import { accessesOf, eachTurn, isMoving, slotIn, titleOf, type Turn, type Walk } from "./turns.ts";

type Fail = (what: string, rule: string) => never;

/** @throws InternalError naming the program, the work or tensor and the rule it breaks */
export function verifyPlan(plan: Plan): void {
  const fail: Fail = (what, rule) => {
    throw new InternalError(`plan of ${plan.program.name}: ${what}: ${rule}`);
  };
  verifyPlaces(plan, fail);
  new Contents(plan, fail).verify();
  verifyBarriers(plan, fail);
}

/** Every tensor that is touched has a place, large enough and inside of the memory. */
function verifyPlaces({ items, commits, required, memory, machine }: Plan, fail: Fail): void {
  for (const work of workIn([...items, ...commits, ...required])) {
    for (const { buffer } of [...accessesOf(work).reads, ...accessesOf(work).writes]) {
      if (!memory.placed.has(buffer)) fail(titleOf(work), `${buffer.name} has no place in memory`);
    }
  }
  for (const { buffer, offset, bytes, slots } of memory.placed.values()) {
    const least = buffer.storage === "steps" ? slots * sizeOf(buffer.shape.slice(1)) : sizeOf(buffer.shape);
    if (bytes < least * 4) fail(buffer.name, `${bytes} bytes are too few for ${least} numbers`);
    if (offset < 0 || offset !== aligned(offset)) fail(buffer.name, `begins at ${offset}`);
    if (offset + bytes + machine.slack > memory.bytes) fail(buffer.name, "reaches past the end of the memory");
  }
}

/** Bytes of a tensor, or of one of its slots. */
interface Range {
  readonly placed: Placed;
  readonly from: number;
  readonly to: number;
}

function rangeOf({ buffer, slot }: Access, turn: Turn, plan: Plan): Range {
  const placed = plan.memory.placed.get(buffer) as Placed;
  const { offset, bytes, slots } = placed;
  if (slot === undefined) return { placed, from: offset, to: offset + bytes };
  const size = bytes / slots;
  const from = offset + (slotIn(slot, turn) % slots) * size;
  return { placed, from, to: from + size };
}

function isResident({ role }: Buffer): boolean {
  return role === "parameter" || role === "state";
}

const meet = (one: Range, two: Range): boolean => one.from < two.to && two.from < one.to;

/** What lies where: for each tensor the numbers of the slots that its places hold, 0 for one without slots. */
class Contents {
  readonly #held = new Map<Buffer, (number | undefined)[]>();
  /** Who took a place from a tensor, for the message. */
  readonly #takers = new Map<Buffer, string>();
  readonly #neighbours: ReadonlyMap<Buffer, readonly Placed[]>;

  constructor(
    private readonly plan: Plan,
    private readonly fail: Fail,
  ) {
    this.#neighbours = neighboursIn([...plan.memory.placed.values()]);
    for (const { buffer, slots } of plan.memory.placed.values()) {
      const isThere = buffer.role !== "intermediate";
      this.#held.set(
        buffer,
        Array.from({ length: slots }, (_, index) => (isThere ? index : undefined)),
      );
    }
  }

  verify(): void {
    const { items, commits, required, program } = this.plan;
    const placed = [...this.plan.memory.placed.values()];
    for (const { buffer } of placed.filter((one) => one.buffer.role !== "intermediate")) {
      const other = this.#neighbours.get(buffer)?.find((one) => one.buffer.role !== "intermediate");
      if (other !== undefined) this.fail(buffer.name, `lies where ${other.buffer.name} lies, and both are given`);
    }
    const skim = (work: Work, turn: Turn): void => {
      for (const access of accessesOf(work).writes) if (isMoving(access)) this.#write(access, turn, work);
    };
    const walk: Walk = { visit: (work, turn) => this.#work(work, turn), skim };
    eachTurn(items, walk);
    // Before an update all of it is looked at, and the other results with it.
    for (const work of [...required, ...commits]) this.#reads(work, new Map());
    eachTurn(commits, walk);
    const residents = new Map(program.buffers.filter(isResident).map((buffer) => [buffer.external, buffer]));
    const renewals = new Map(program.results.map(({ name, buffer }) => [residents.get(name), buffer]));
    // What renews a parameter is looked for where the parameter is.
    for (const { name, buffer } of program.results) this.#isAt(residents.get(name) ?? buffer, buffer, `result ${name}`);
    for (const resident of residents.values()) this.#isAt(resident, renewals.get(resident), resident.name);
  }

  /** At the end: the place of a tensor holds it, or what renews it. */
  #isAt(place: Buffer, renewal: Buffer | undefined, what: string): void {
    const { placed } = this.plan.memory;
    const offset = placed.get(place)?.offset;
    const isThere = [place, renewal].some(
      (one) => one !== undefined && placed.get(one)?.offset === offset && this.#isWhole(one),
    );
    if (!isThere && offset !== undefined) this.fail(what, this.#loss(place));
  }

  #work(work: Work, turn: Turn): void {
    this.#reads(work, turn);
    const { reads, writes } = accessesOf(work);
    for (const to of writes) {
      const range = rangeOf(to, turn, this.plan);
      for (const from of reads) {
        // An update reads what it renews at the very cell that it writes.
        if (sameAccess(from, to) || (isResident(from.buffer) && this.#renews(to, from))) continue;
        if (meet(range, rangeOf(from, turn, this.plan))) {
          this.fail(titleOf(work), `writes ${to.buffer.name} where it reads ${from.buffer.name}`);
        }
      }
    }
    for (const access of accessesOf(work).writes) this.#write(access, turn, work);
  }

  #renews(to: Access, from: Access): boolean {
    return this.plan.program.results.some(({ name, buffer }) => buffer === to.buffer && name === from.buffer.external);
  }

  #reads(work: Work, turn: Turn): void {
    for (const { buffer, slot } of accessesOf(work).reads) {
      const held = this.#held.get(buffer) ?? [];
      const isThere =
        slot === undefined ? this.#isWhole(buffer) : held[slotIn(slot, turn) % held.length] === slotIn(slot, turn);
      if (!isThere) this.fail(titleOf(work), `reads ${buffer.name}, which ${this.#loss(buffer)}`);
    }
  }

  #isWhole(buffer: Buffer): boolean {
    const held = this.#held.get(buffer) ?? [];
    const slots = buffer.storage === "steps" ? (buffer.shape[0] ?? 1) : 1;
    return held.length === slots && held.every((number, index) => number === index);
  }

  #write(access: Access, turn: Turn, work: Work): void {
    const { placed, from, to } = rangeOf(access, turn, this.plan);
    const { buffer, slots } = placed;
    const held = this.#held.get(buffer) ?? [];
    if (access.slot === undefined) held.forEach((_, index) => (held[index] = index));
    else held[slotIn(access.slot, turn) % slots] = slotIn(access.slot, turn);
    for (const other of this.#neighbours.get(buffer) ?? []) {
      const size = other.bytes / other.slots;
      const first = Math.max(0, Math.floor((from - other.offset) / size));
      const last = Math.min(other.slots, Math.ceil((to - other.offset) / size));
      const theirs = this.#held.get(other.buffer) ?? [];
      for (let index = first; index < last; index++) theirs[index] = undefined;
      if (first < last) this.#takers.set(other.buffer, titleOf(work));
    }
  }

  #loss(buffer: Buffer): string {
    const taker = this.#takers.get(buffer);
    return taker === undefined ? "is not there" : `${taker} has overwritten`;
  }
}

/** Of each tensor those that lie, at another time, where it lies. */
function neighboursIn(all: readonly Placed[]): ReadonlyMap<Buffer, readonly Placed[]> {
  const sorted = [...all].sort((left, right) => left.offset - right.offset);
  const found = new Map<Buffer, Placed[]>(all.map(({ buffer }) => [buffer, []]));
  sorted.forEach((one, position) => {
    for (let next = position + 1; next < sorted.length; next++) {
      const other = sorted[next] as Placed;
      if (other.offset >= one.offset + one.bytes) break;
      found.get(one.buffer)?.push(other);
      found.get(other.buffer)?.push(one);
    }
  });
  return found;
}

interface Touch {
  readonly work: Work;
  readonly range: Range;
  readonly writes: boolean;
}

/**
 * Between two barriers threads run as they like: nothing that is divided among them may touch what other work touches, where
 * one of the two writes. What the first thread does alone it does in order.
 */
function verifyBarriers(plan: Plan, fail: Fail): void {
  const { items, commits, shared, barriers } = plan;
  if (shared.size === 0) return;
  let together: Touch[] = [];
  let alone: Touch[] = [];
  const visit = (work: Work, turn: Turn): void => {
    if (barriers.has(work)) [together, alone] = [[], []];
    const isShared = shared.has(work);
    if (isShared && work.kind === "nest" && work.axes.length === 0) fail(titleOf(work), "is one cell, and divided");
    const { reads, writes } = accessesOf(work);
    const touch = (access: Access, isWritten: boolean): Touch => ({
      work,
      range: rangeOf(access, turn, plan),
      writes: isWritten,
    });
    const own = [...reads.map((access) => touch(access, false)), ...writes.map((access) => touch(access, true))];
    for (const before of isShared ? [...together, ...alone] : together) {
      const clash = own.find((one) => (one.writes || before.writes) && meet(one.range, before.range));
      if (clash === undefined) continue;
      const where = clash.range.placed.buffer.name;
      fail(titleOf(work), `meets ${titleOf(before.work)} in ${where} without a barrier`);
    }
    (isShared ? together : alone).push(...own);
  };
  // Turns that follow each other meet in every way in which they can.
  eachTurn([...items, ...commits], { visit, skim: () => undefined });
}
