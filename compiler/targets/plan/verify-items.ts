/**
 * The verifier of items, run after every pass of the planner: a mistake fails at the pass that made it. What a value computes
 * is not its business: that names are bound, that addresses stay inside of their tensors, and that what is read is written.
 */
import { sizeOf } from "../../ir/graph.ts";
import { indexText, indexValue, loadedIn, namesOf } from "../../ir/index-expression.ts";
import type { Access, IndexExpression, LoopStep, Program } from "../../ir/program.ts";
import { InternalError } from "../../support/internal-error.ts";
import { intervalOf, type Interval } from "./affine.ts";
import type { Item, Pack, PlannedProduct, Work } from "./items.ts";
import type { Machine } from "./machine.ts";
import type { Nest } from "./nest.ts";
import { packedBytes } from "./pack.ts";
import type { Operand, ProductAxis } from "./product.ts";
import { titleOf } from "./turns.ts";
import { childrenOf, type Axis, type Value } from "./values.ts";
import { verifyWritten } from "./verify-written.ts";

type Ranges = ReadonlyMap<string, Interval>;

/** Of one program, from pass to pass: work that a pass leaves as it was is not looked at again. */
export class ItemsVerifier {
  /** The loop in which a piece of work was found to be right. */
  readonly #right = new Map<Work, LoopStep | undefined>();

  constructor(
    private readonly program: Program,
    private readonly machine: Machine,
  ) {}

  /** @throws InternalError naming the pass, the program, the work and the rule it breaks */
  verify(items: readonly Item[], after: string): void {
    const fail = (what: string, rule: string): never => {
      throw new InternalError(`after ${after}, program ${this.program.name}: ${what}: ${rule}`);
    };
    this.#list(items, [], fail);
    verifyWritten(items, this.program, fail);
  }

  #list(items: readonly Item[], loops: readonly LoopStep[], fail: (what: string, rule: string) => never): void {
    for (const item of items) {
      if (item.kind === "loop") {
        this.#list(item.body, [...loops, item.step], fail);
        continue;
      }
      const loop = loops[loops.length - 1];
      if (this.#right.has(item) && this.#right.get(item) === loop) continue;
      new WorkVerifier(item, loops, this.machine, (rule) => fail(titleOf(item), rule)).verify();
      this.#right.set(item, loop);
    }
  }
}

type Fail = (rule: string) => never;

class WorkVerifier {
  constructor(
    private readonly work: Work,
    private readonly loops: readonly LoopStep[],
    private readonly machine: Machine,
    private readonly fail: Fail,
  ) {}

  verify(): void {
    const { work } = this;
    switch (work.kind) {
      case "nest":
        return this.#nest(work);
      case "product":
        return this.#product(work);
      case "pack":
        return this.#pack(work);
      default:
        return work satisfies never;
    }
  }

  #nest({ axes, stores, variables }: Nest): void {
    if (stores.length === 0) this.fail("stores nothing");
    const ranges = new Map<string, Interval>();
    for (const name of variables) ranges.set(name, this.#rangeOf(name));
    const inner = this.#withAxes(axes, ranges);
    for (const { to, address, value } of stores) {
      this.#access(to);
      this.#address(address, to, inner);
      this.#value(value, inner);
    }
  }

  /** What a loop around the work lets its variable be. */
  #rangeOf(variable: string): Interval {
    const loop = this.loops.find((one) => one.variable === variable);
    if (loop === undefined) return this.fail(`uses ${variable} outside of its loop`);
    const last = loop.end - loop.stride;
    return { least: Math.min(loop.start, last), most: Math.max(loop.start, last) };
  }

  #withAxes(axes: readonly Axis[], outer: Ranges): Ranges {
    const ranges = new Map(outer);
    for (const { name, low, high } of axes) {
      if (!Number.isInteger(low) || !Number.isInteger(high) || low < 0 || low >= high) {
        this.fail(`axis ${name} runs from ${low} to ${high}`);
      }
      if (ranges.has(name)) this.fail(`binds ${name} twice`);
      ranges.set(name, { least: low, most: high - 1 });
    }
    return ranges;
  }

  #value(root: Value, ranges: Ranges): void {
    // What is shared is looked at once, under the same names.
    const seen = new Set<Value>();
    const visit = (value: Value): void => {
      if (seen.has(value)) return;
      seen.add(value);
      if (value.kind === "reduce") return this.#value(value.body, this.#withAxes(value.axes, ranges));
      if (value.kind === "position") this.#index(value.index, ranges);
      if (value.kind === "load") {
        this.#access(value.from);
        this.#address(value.address, value.from, ranges);
      }
      for (const child of childrenOf(value)) visit(child);
    };
    visit(root);
  }

  #access({ buffer, slot }: Access): void {
    if (slot === undefined) return;
    if (buffer.storage !== "steps") this.fail(`wants a slot of ${buffer.name}, which has none`);
    const { variable, scale, offset } = slot;
    const { least, most } = variable === undefined ? { least: 0, most: 0 } : this.#rangeOf(variable);
    const ends = [scale * least + offset, scale * most + offset];
    if (Math.min(...ends) < 0 || Math.max(...ends) >= (buffer.shape[0] ?? 0)) {
      this.fail(`wants slots ${ends.join(" to ")} of ${buffer.name} [${buffer.shape.join(", ")}]`);
    }
  }

  #address(address: IndexExpression, access: Access, ranges: Ranges): void {
    this.#index(address, ranges);
    this.#within(address, access, intervalOf(address, ranges), ranges);
  }

  /** Names are bound, and numbers that are read from tensors are read inside of them. */
  #index(index: IndexExpression, ranges: Ranges): void {
    for (const name of namesOf(index)) if (!ranges.has(name)) this.fail(`uses ${name}, which nothing binds`);
    for (const { from, indices } of loadedIn(index)) {
      const [address, other] = indices;
      if (typeof from === "number" || address === undefined || other !== undefined) {
        return this.fail("an index is not read from flat memory");
      }
      this.#access(from);
      this.#within(address, from, intervalOf(address, ranges), ranges);
    }
  }

  #within(address: IndexExpression, access: Access, { least, most }: Interval, ranges: Ranges): void {
    const cells = cellsOfAccess(access);
    if (least >= 0 && most < cells) return;
    // Quotients and remainders of one number hang together, which intervals do not see.
    const exact = exactInterval(address, ranges);
    if (exact === undefined || (exact.least >= 0 && exact.most < cells)) return;
    this.fail(`${access.buffer.name} has ${cells} cells, not those of ${indexText(address)}`);
  }

  #product(product: PlannedProduct): void {
    const { batch, rows, columns, depth, left, right, output, packed } = product;
    this.#extents([...batch, ...rows, ...columns, ...depth]);
    this.#operand(left, [...batch, ...rows, ...depth], "left");
    this.#operand(right, [...batch, ...columns, ...depth], "right");
    this.#operand(output, [...batch, ...rows, ...columns], "output");
    let expected = 1;
    for (const { extent, output: stride } of [...columns].reverse()) {
      if (stride !== expected) this.fail("its columns do not lie side by side");
      expected *= extent;
    }
    if (packed !== undefined && packed.shape[0] !== packedBytes(product, this.machine) / 4) {
      this.fail(`${packed.name} are not its panels`);
    }
  }

  #pack(pack: Pack): void {
    const { columns, depth, right, output } = pack;
    this.#extents([...columns, ...depth]);
    this.#operand(right, [...columns, ...depth], "right");
    if (output.buffer.shape[0] !== packedBytes(pack, this.machine) / 4) this.fail("its panels have another size");
  }

  #extents(axes: readonly ProductAxis[]): void {
    for (const { extent } of axes) {
      if (!Number.isInteger(extent) || extent < 1) this.fail(`an axis has ${extent} places`);
    }
  }

  #operand({ from, start }: Operand, axes: readonly ProductAxis[], key: "left" | "right" | "output"): void {
    this.#access(from);
    const ranges = new Map([...namesOf(start)].map((name) => [name, this.#rangeOf(name)]));
    let { least, most } = intervalOf(start, ranges);
    for (const axis of axes) {
      const reach = axis[key] * (axis.extent - 1);
      if (reach < 0) least += reach;
      else most += reach;
    }
    const cells = cellsOfAccess(from);
    if (least < 0 || most >= cells) this.fail(`${from.buffer.name} has ${cells} cells, not ${least} to ${most}`);
  }
}

function cellsOfAccess({ buffer: { shape }, slot }: Access): number {
  return sizeOf(slot === undefined ? shape : shape.slice(1));
}

/** So many values of an index are worth looking at, one by one. */
const mostValues = 20_000;

/** undefined where there are too many cells, or where tensors have a say. */
function exactInterval(index: IndexExpression, ranges: Ranges): Interval | undefined {
  if (loadedIn(index).length > 0) return undefined;
  const names = [...namesOf(index)].map((name) => [name, ranges.get(name) as Interval] as const);
  const count = names.reduce((product, [, { least, most }]) => product * (most - least + 1), 1);
  if (!(count <= mostValues)) return undefined;
  let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let cell = 0; cell < count; cell++) {
    let rest = cell;
    const values = names.map(([name, { least, most }]): [string, number] => {
      const extent = most - least + 1;
      const value = least + (rest % extent);
      rest = Math.floor(rest / extent);
      return [name, value];
    });
    const value = indexValue(index, Object.fromEntries(values));
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
  }
  return { least: smallest, most: largest };
}
