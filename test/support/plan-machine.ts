/**
 * Executes a plan of the wasm target in float64, in the memory that it planned, without assembling anything: what the
 * planner means, apart from what the printer makes of it. Cells are taken in any order and shared out among threads at
 * will, threads run on as far as barriers let them, every access must stay inside of its own tensor, and what nobody has
 * written is NaN.
 */
import { indexValue } from "../../compiler/ir/index-expression.ts";
import type { Access, IndexExpression } from "../../compiler/ir/program.ts";
import type { Item, Pack, PlannedProduct, Work } from "../../compiler/targets/plan/items.ts";
import type { Nest } from "../../compiler/targets/plan/nest.ts";
import { panelBytes } from "../../compiler/targets/plan/pack.ts";
import type { Plan } from "../../compiler/targets/plan/plan.ts";
import type { ProductAxis } from "../../compiler/targets/plan/product.ts";
import type { Value } from "../../compiler/targets/plan/values.ts";
import type { Draw } from "./seeded.ts";
import { binary, comparisons, unary } from "./scalar-operations.ts";

export type Names = Readonly<Record<string, number>>;

/** A piece of work in one turn of the loops around it. */
export interface Event {
  readonly work: Work;
  readonly names: Names;
  readonly barrier: boolean;
}

/** Everything that a call executes, loops unrolled; a forced update without its checks. */
export function eventsOf(plan: Plan, barriers: ReadonlySet<Work> = plan.barriers): readonly Event[] {
  const visit = (items: readonly Item[], names: Names): Event[] =>
    items.flatMap((item): Event[] => {
      if (item.kind !== "loop") return [{ work: item, names, barrier: barriers.has(item) }];
      const { variable, start, end, stride } = item.step;
      const turns: Event[] = [];
      for (let time = start; time !== end; time += stride) {
        for (const event of visit(item.body, { ...names, [variable]: time })) turns.push(event);
      }
      return turns;
    });
  return [...visit(plan.items, {}), ...visit(plan.commits, {})];
}

export interface MachineOptions {
  readonly threads?: number;
  readonly barriers?: ReadonlySet<Work>;
  readonly isShared?: (work: Work) => boolean;
}

/** @returns results by name, as the program's own arrays would be */
export function runPlan(
  plan: Plan,
  bindings: Readonly<Record<string, ArrayLike<number>>>,
  draw: Draw,
  options: MachineOptions = {},
): Record<string, Float64Array> {
  return new Machine(plan, draw, options).run(bindings);
}

class Machine {
  readonly #memory: Float64Array;

  constructor(
    private readonly plan: Plan,
    private readonly draw: Draw,
    private readonly options: MachineOptions,
  ) {
    const ends = [...plan.memory.placed.values()].map(({ offset, bytes }) => offset + bytes);
    this.#memory = new Float64Array(Math.max(plan.memory.bytes, ...ends) / 4).fill(NaN);
  }

  run(bindings: Readonly<Record<string, ArrayLike<number>>>): Record<string, Float64Array> {
    const { plan } = this;
    for (const buffer of plan.program.buffers) {
      const values = bindings[buffer.external ?? ""];
      if (buffer.role === "intermediate" || values === undefined) continue;
      this.#memory.set(values, this.#range({ buffer }, {}).start);
    }
    const { threads = 1 } = this.options;
    const events = eventsOf(plan, this.options.barriers);
    if (threads === 1) for (const event of events) this.#all(event);
    else this.#interleaved(events, threads);
    const residents = plan.program.buffers.filter(({ role }) => role === "parameter" || role === "state");
    return Object.fromEntries(
      plan.program.results.map(({ name, buffer }) => {
        // What renews a parameter is looked for where the parameter is.
        const resident = residents.find(({ external }) => external === name);
        const { start, cells } = this.#range({ buffer: resident ?? buffer }, {});
        return [name, this.#memory.slice(start, start + cells)];
      }),
    );
  }

  /** Every thread goes through the same events; between two barriers in any order against the others. */
  #interleaved(events: readonly Event[], threads: number): void {
    const isShared = this.options.isShared ?? ((work: Work) => this.plan.shared.has(work));
    let first = 0;
    while (first < events.length) {
      let last = first + 1;
      while (last < events.length && events[last]?.barrier !== true) last++;
      // Who does which cell is settled before anyone starts.
      const phase = events.slice(first, last).map((event) => {
        const shares: (() => void)[][] = Array.from({ length: threads }, () => []);
        for (const cell of this.#cells(event)) {
          shares[isShared(event.work) ? this.draw.below(threads) : 0]?.push(cell);
        }
        return shares;
      });
      const queues = Array.from({ length: threads }, (_, thread) => phase.flatMap((shares) => shares[thread] ?? []));
      const next = queues.map(() => 0);
      for (;;) {
        const open = queues.flatMap((queue, thread) => ((next[thread] ?? 0) < queue.length ? [thread] : []));
        if (open.length === 0) break;
        const thread = this.draw.one(open);
        // Mostly long strides: one thread runs far ahead of the others.
        for (let count = this.draw.one([1, 10, 100, 10_000]); count > 0; count--) {
          const queue = queues[thread] ?? [];
          const at = next[thread] ?? 0;
          if (at >= queue.length) break;
          queue[at]?.();
          next[thread] = at + 1;
        }
      }
      first = last;
    }
  }

  #all(event: Event): void {
    for (const cell of this.draw.shuffled(this.#cells(event))) cell();
  }

  #cells({ work, names }: Event): (() => void)[] {
    switch (work.kind) {
      case "nest":
        return this.#nest(work, names);
      case "product":
        return this.#product(work, names);
      case "pack":
        return this.#pack(work, names);
      default:
        return work satisfies never;
    }
  }

  #nest(nest: Nest, outer: Names): (() => void)[] {
    const evaluators = nest.stores.map(({ to, address, value, accumulate = false }) => ({
      range: this.#range(to, outer),
      address,
      accumulate,
      evaluate: this.#evaluator(value, outer),
    }));
    return cellsOf(nest.axes).map((cell) => () => {
      const names = { ...outer, ...cell };
      const values = evaluators.map(({ evaluate }) => evaluate({ ...names }));
      evaluators.forEach(({ range, address, accumulate }, position) => {
        const at = this.#at(range, this.#index(address, names));
        const value = values[position] as number;
        this.#memory[at] = accumulate ? (this.#memory[at] as number) + value : value;
      });
    });
  }

  #product(product: PlannedProduct, outer: Names): (() => void)[] {
    const { batch, rows, columns, depth, packed, accumulate } = product;
    const left = this.#range(product.left.from, outer);
    const right = this.#range(packed === undefined ? product.right.from : { buffer: packed }, outer);
    const output = this.#range(product.output.from, outer);
    const start = (index: IndexExpression): number => indexValue(index, outer);
    const [leftStart, rightStart, outputStart] = [product.left, product.right, product.output].map((operand) =>
      start(operand.start),
    ) as [number, number, number];
    const total = extentOf(depth);
    const width = this.plan.machine.panelColumns;
    const panel = panelBytes(total, width) / 4;
    const others = [...batch, ...rows];
    const result: (() => void)[] = [];
    for (let other = 0; other < extentOf(others); other++) {
      for (let column = 0; column < extentOf(columns); column++) {
        result.push(() => {
          const at = (key: "left" | "right" | "output"): number =>
            along(others, key, other) + along(columns, key, column);
          const target = this.#at(output, outputStart + at("output"));
          let sum = 0;
          for (let k = 0; k < total; k++) {
            const a = this.#memory[this.#at(left, leftStart + at("left") + along(depth, "left", k))] as number;
            const place =
              packed === undefined
                ? rightStart + at("right") + along(depth, "right", k)
                : Math.floor(column / width) * panel + k * width + (column % width);
            sum += a * (this.#memory[this.#at(right, place)] as number);
          }
          this.#memory[target] = accumulate ? (this.#memory[target] as number) + sum : sum;
        });
      }
    }
    return result;
  }

  #pack({ columns, depth, right, output }: Pack, outer: Names): (() => void)[] {
    const from = this.#range(right.from, outer);
    const to = this.#range(output, outer);
    const start = indexValue(right.start, outer);
    const total = extentOf(depth);
    const count = extentOf(columns);
    const width = this.plan.machine.panelColumns;
    const panel = panelBytes(total, width) / 4;
    return Array.from({ length: Math.ceil(count / width) }, (_, position) => () => {
      for (let k = 0; k < total; k++) {
        for (let lane = 0; lane < width; lane++) {
          const column = position * width + lane;
          const source = start + along(columns, "right", column) + along(depth, "right", k);
          this.#memory[this.#at(to, position * panel + k * width + lane)] =
            column < count ? (this.#memory[this.#at(from, source)] as number) : NaN;
        }
      }
    });
  }

  /** Cells of memory that an access stands for. */
  #range({ buffer, slot }: Access, names: Names): Range {
    const placed = this.plan.memory.placed.get(buffer);
    if (placed === undefined) throw new Error(`${buffer.name} has no place`);
    const start = placed.offset / 4;
    if (slot === undefined) return { start, cells: placed.bytes / 4, name: buffer.name };
    const cells = placed.bytes / 4 / placed.slots;
    const index = (slot.variable === undefined ? 0 : slot.scale * (names[slot.variable] as number)) + slot.offset;
    if (!(index >= 0 && index < (buffer.shape[0] ?? 0))) throw new Error(`slot ${index} of ${buffer.name}`);
    return { start: start + (index % placed.slots) * cells, cells, name: buffer.name };
  }

  #index(index: IndexExpression, names: Names): number {
    return indexValue(index, names, (from, [address = NaN]) => {
      if (typeof from === "number") throw new Error("an index of a kernel in a plan");
      return this.#memory[this.#at(this.#range(from, names), address)] as number;
    });
  }

  #at({ start, cells, name }: Range, address: number): number {
    if (!Number.isInteger(address) || address < 0 || address >= cells) throw new Error(`${name} at ${address}`);
    return start + address;
  }

  #evaluator(root: Value, outer: Names): (names: Record<string, number>) => number {
    const visit = (value: Value): ((names: Record<string, number>) => number) => {
      switch (value.kind) {
        case "number":
          return () => value.value;
        case "position":
          return (names) => this.#index(value.index, names);
        case "load": {
          const range = this.#range(value.from, outer);
          return (names) => this.#memory[this.#at(range, this.#index(value.address, names))] as number;
        }
        case "unary": {
          const operand = visit(value.operand);
          const work = unary[value.operation];
          return (names) => work(operand(names));
        }
        case "binary": {
          const [left, right] = [visit(value.left), visit(value.right)];
          const work = binary[value.operation];
          return (names) => work(left(names), right(names));
        }
        case "select": {
          const parts = [value.left, value.right, value.whenTrue, value.whenFalse].map(visit);
          const holds = comparisons[value.operation];
          return (names) => {
            const [left, right, yes, no] = parts.map((part) => part(names)) as [number, number, number, number];
            return holds(left, right) ? yes : no;
          };
        }
        case "reduce": {
          const body = visit(value.body);
          const cells = cellsOf(value.axes);
          return (names) => {
            const terms = cells.map((cell) => body(Object.assign(names, cell)));
            return value.operation === "sum"
              ? terms.reduce((total, term) => total + term, 0)
              : terms.reduce((most, term) => Math.max(most, term), -Infinity);
          };
        }
        default:
          return value satisfies never;
      }
    };
    return visit(root);
  }
}

interface Range {
  readonly start: number;
  readonly cells: number;
  readonly name: string;
}

function cellsOf(axes: readonly { readonly name: string; readonly low: number; readonly high: number }[]): Names[] {
  return axes.reduce<Names[]>(
    (cells, { name, low, high }) =>
      cells.flatMap((cell) => Array.from({ length: high - low }, (_, at) => ({ ...cell, [name]: low + at }))),
    [{}],
  );
}

function extentOf(axes: readonly ProductAxis[]): number {
  return axes.reduce((product, { extent }) => product * extent, 1);
}

/** The offset of a running index over all the axes, the last of them the fastest. */
function along(axes: readonly ProductAxis[], key: "left" | "right" | "output", index: number): number {
  let rest = index;
  let offset = 0;
  for (const axis of [...axes].reverse()) {
    offset += (rest % axis.extent) * axis[key];
    rest = Math.floor(rest / axis.extent);
  }
  return offset;
}
