/** What the planned memory consists of, for readers: where every tensor lies and when, and the least that would do. */
import { sizeOf } from "../../ir/graph.ts";
import type { WasmProgramPlan, WasmSource } from "./target.ts";

export const MEMORY_KINDS = ["parameter", "state", "input", "intermediate", "packed"] as const;

/** `input`: whatever a call brings; `packed`: right factors of products, copied into panels. */
export type MemoryKind = (typeof MEMORY_KINDS)[number];

export interface MemoryTensor {
  readonly name: string;
  readonly kind: MemoryKind;
  /** As it is kept: of a tensor over time perhaps only the steps that are looked back on. */
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
  /** Positions of the first and the last item of the program that touch it; -1 is before the first. */
  readonly first: number;
  readonly last: number;
}

/** All in bytes. */
export interface ProgramMemory {
  /** By address. */
  readonly tensors: readonly MemoryTensor[];
  /** How many items the program has; positions are 0 .. items - 1, and `items` is its end. */
  readonly items: number;
  /** End of its last tensor. */
  readonly planned: number;
  /** Bytes by kind at the fullest moment. Parameters and optimizer state of the whole module: they always stay. */
  readonly parts: Readonly<Record<MemoryKind, number>>;
  /** Between tensors at that moment: gaps, alignment, and the first cache lines. */
  readonly unused: number;
  /**
   * Parameters, optimizer state and the largest set of inputs, activations and gradients that are alive at one time. No
   * order of placing them could do with less; another order of computing could.
   */
  readonly needed: number;
}

export interface ModuleMemory {
  /** Of the linear memory for one thread, its workspace included. */
  readonly planned: number;
  /** Workspace of each thread: packed left factors of products. */
  readonly threadBytes: number;
  readonly needed: number;
  readonly programs: Readonly<Record<string, ProgramMemory>>;
}

export function moduleMemory(source: WasmSource): ModuleMemory {
  const residents = residentTensors(source);
  const programs = Object.fromEntries(
    Object.entries(source.programs).map(([name, program]) => [name, programMemory(program, residents)]),
  );
  return {
    planned: source.memoryBytes,
    threadBytes: source.threadBytes,
    needed: Math.max(...Object.values(programs).map(({ needed }) => needed)),
    programs,
  };
}

/** Parameters and optimizer state: one place in all programs. */
function residentTensors({ residents, programs }: WasmSource): readonly Omit<MemoryTensor, "first" | "last">[] {
  const buffers = Object.values(programs).flatMap((program) => program.arguments.map(({ buffer }) => buffer));
  return residents.map(({ name, shape, offset }) => {
    const isState = buffers.some(({ external, role }) => external === name && role === "state");
    return { name, kind: isState ? "state" : "parameter", shape, offset, bytes: sizeOf(shape) * 4 };
  });
}

function programMemory(
  { plan: { program, memory } }: WasmProgramPlan,
  residents: ReturnType<typeof residentTensors>,
): ProgramMemory {
  const known = new Set(program.buffers);
  const places = new Set(residents.map(({ offset }) => offset));
  const placed = [...memory.placed.values()];
  const items = Math.max(0, ...placed.map(({ last }) => last));
  const own = placed
    // What lies in a resident tensor's place is that tensor, read or renewed.
    .filter(({ offset }) => !places.has(offset))
    .map(({ buffer, offset, bytes, slots, first, last }): MemoryTensor => {
      const kind = buffer.role !== "intermediate" ? "input" : known.has(buffer) ? "intermediate" : "packed";
      const shape = buffer.storage === "steps" ? [slots, ...buffer.shape.slice(1)] : buffer.shape;
      return { name: buffer.external ?? buffer.name, kind, shape, offset, bytes, first, last };
    });
  const parts = fullest(own, items, () => true);
  const kept = { parameter: total(residents, "parameter"), state: total(residents, "state") };
  const always = kept.parameter + kept.state;
  const needed = fullest(own, items, ({ kind }) => kind !== "packed");
  return {
    tensors: [...residents.map((tensor) => ({ ...tensor, first: -1, last: items })), ...own].sort(
      (left, right) => left.offset - right.offset || left.first - right.first,
    ),
    items,
    planned: memory.bytes,
    parts: { ...parts, ...kept },
    unused: memory.bytes - always - sum(parts),
    needed: always + sum(needed),
  };
}

type Parts = Record<MemoryKind, number>;

/** Bytes by kind at the position where the chosen tensors that are alive take most. */
function fullest(tensors: readonly MemoryTensor[], items: number, choose: (tensor: MemoryTensor) => boolean): Parts {
  let best: Parts = { parameter: 0, state: 0, input: 0, intermediate: 0, packed: 0 };
  for (let position = -1; position <= items; position += 1) {
    const alive = tensors.filter((one) => choose(one) && one.first <= position && position <= one.last);
    const parts = Object.fromEntries(MEMORY_KINDS.map((kind) => [kind, total(alive, kind)])) as Parts;
    if (sum(parts) > sum(best)) best = parts;
  }
  return best;
}

function total(tensors: readonly Pick<MemoryTensor, "kind" | "bytes">[], wanted: MemoryKind): number {
  return tensors.reduce((bytes, tensor) => bytes + (tensor.kind === wanted ? tensor.bytes : 0), 0);
}

function sum(parts: Parts): number {
  return MEMORY_KINDS.reduce((bytes, kind) => bytes + parts[kind], 0);
}
