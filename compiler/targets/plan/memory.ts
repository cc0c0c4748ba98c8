/**
 * Where every tensor lies in the linear memory. A tensor has its place from the first item that writes it to the last that
 * reads it; tensors whose times do not meet share a place.
 */
import { sizeOf } from "../../ir/graph.ts";
import type { Access, Buffer, LoopStep, Program } from "../../ir/program.ts";
import { readsOf, workIn, writesOf, type Item } from "./items.ts";

/** One tensor's place in memory and in time. */
export interface Placed {
  readonly buffer: Buffer;
  /** Bytes from the start of memory. */
  readonly offset: number;
  readonly bytes: number;
  /** Slots that are kept of a `steps` tensor; fewer than its shape says where a loop looks back only so far. */
  readonly slots: number;
  /** Positions of the first and the last item that touch it. */
  readonly first: number;
  readonly last: number;
}

export interface MemoryPlan {
  readonly placed: ReadonlyMap<Buffer, Placed>;
  /** End of the last tensor. */
  readonly bytes: number;
}

/** Tensors start at cache lines. */
const line = 64;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / line) * line;
}

interface Use {
  readonly access: Access;
  readonly position: number;
  /** The loops around it, outermost first. */
  readonly loops: readonly Span[];
}

/** A loop and the positions of the first and the last item in it. */
interface Span {
  readonly step: LoopStep;
  readonly from: number;
  readonly to: number;
}

/**
 * @param fixed tensors that have their place already: parameters, optimizer state
 * @param start first free byte
 * @param slack bytes that stay free behind each tensor
 */
export function planMemory(
  items: readonly Item[],
  program: Program,
  fixed: ReadonlyMap<Buffer, number>,
  start: number,
  slack: number,
): MemoryPlan {
  const { uses, end } = usesOf(items);
  const byBuffer = new Map<Buffer, Use[]>();
  for (const use of uses) {
    const known = byBuffer.get(use.access.buffer);
    if (known === undefined) byBuffer.set(use.access.buffer, [use]);
    else known.push(use);
  }
  const results = new Set(program.results.map(({ buffer }) => buffer));
  const wanted: Placed[] = [];
  const placed = new Map<Buffer, Placed>();
  for (const buffer of new Set([...program.buffers, ...byBuffer.keys()])) {
    const own = byBuffer.get(buffer) ?? [];
    const isArgument = buffer.role !== "intermediate";
    if (own.length === 0 && !isArgument && !results.has(buffer)) continue;
    const slots = results.has(buffer) || isArgument ? wholeSlots(buffer) : slotsOf(buffer, own);
    const cells = buffer.storage === "steps" ? slots * sizeOf(buffer.shape.slice(1)) : sizeOf(buffer.shape);
    // Arguments are there before all loops, whoever uses them: a turn must leave them to the next.
    const span = spanOf(isArgument ? [{ access: { buffer }, position: -1, loops: [] }, ...own] : own);
    const one: Placed = {
      buffer,
      offset: fixed.get(buffer) ?? -1,
      bytes: cells * 4,
      slots,
      first: span[0],
      last: results.has(buffer) ? end : span[1],
    };
    if (fixed.has(buffer)) placed.set(buffer, one);
    else wanted.push(one);
  }
  let bytes = start;
  // Large ones first: small ones then fill the gaps between them.
  const order = [...wanted].sort((left, right) => right.bytes - left.bytes || left.first - right.first);
  // In the order of their places, so that a gap is found in one walk.
  const settled: Placed[] = [];
  for (const one of order) {
    const offset = lowestGap(one, settled, start, slack);
    const at = { ...one, offset };
    settled.splice(firstBehind(settled, offset), 0, at);
    placed.set(one.buffer, at);
    bytes = Math.max(bytes, offset + one.bytes);
  }
  return { placed, bytes: aligned(bytes + slack) };
}

function lowestGap(one: Placed, settled: readonly Placed[], start: number, slack: number): number {
  let offset = aligned(start);
  for (const other of settled) {
    if (other.first > one.last || one.first > other.last) continue;
    if (offset + one.bytes + slack <= other.offset) break;
    offset = Math.max(offset, aligned(other.offset + other.bytes + slack));
  }
  return offset;
}

/** Position of the first that lies behind `offset`. */
function firstBehind(settled: readonly Placed[], offset: number): number {
  let [low, high] = [0, settled.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((settled[middle] as Placed).offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function usesOf(items: readonly Item[]): { readonly uses: readonly Use[]; readonly end: number } {
  const uses: Use[] = [];
  let position = 0;
  const visit = (list: readonly Item[], loops: readonly Span[]): void => {
    for (const item of list) {
      if (item.kind === "loop") {
        const to = position + workIn(item.body).length - 1;
        visit(item.body, [...loops, { step: item.step, from: position, to }]);
        continue;
      }
      for (const access of [...readsOf(item), ...writesOf(item)]) uses.push({ access, position, loops });
      position += 1;
    }
  };
  visit(items, []);
  return { uses, end: position };
}

/** A tensor that is only used within one turn of a loop lives there; any other lives as long as the loops that touch it. */
function spanOf(uses: readonly Use[]): readonly [number, number] {
  const hasSlots = uses.some(({ access }) => access.slot !== undefined);
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  for (const { position, loops } of uses) {
    const around = loops.filter((loop) => hasSlots || !uses.every((other) => other.loops.includes(loop)));
    first = Math.min(first, position, ...around.map(({ from }) => from));
    last = Math.max(last, position, ...around.map(({ to }) => to));
  }
  return [first, last];
}

function wholeSlots(buffer: Buffer): number {
  return buffer.storage === "steps" ? (buffer.shape[0] ?? 1) : 1;
}

/** A loop that only looks one step back needs two slots, used in turn, not one for every step. */
function slotsOf(buffer: Buffer, uses: readonly Use[]): number {
  const all = wholeSlots(buffer);
  if (buffer.storage !== "steps") return all;
  const moving = uses.filter(({ access }) => access.slot?.variable !== undefined);
  const [loop, inner] = moving[0]?.loops ?? [];
  if (loop === undefined || inner !== undefined) return all;
  const isInStep = moving.every(
    ({ access, loops }) =>
      loops.length === 1 &&
      loops[0] === loop &&
      access.slot?.variable === loop.step.variable &&
      access.slot.scale === 1,
  );
  // Before the loop there is the slot it starts from, after it the one it ends with; the others are overwritten.
  const [initial, final] = loop.step.stride === 1 ? [0, all - 1] : [all - 1, 0];
  const isAtEnds = uses.every(({ access, position }) => {
    if (access.slot?.variable !== undefined) return true;
    if (position < loop.from) return access.slot?.offset === initial;
    return position > loop.to && access.slot?.offset === final;
  });
  if (!isInStep || !isAtEnds) return all;
  const offsets = moving.map(({ access }) => access.slot?.offset ?? 0);
  return Math.min(all, Math.max(...offsets) - Math.min(...offsets) + 1);
}
