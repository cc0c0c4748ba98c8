/**
 * Programs drawn at random from everything that the contract of programs allows: contractions over axes in any order, read
 * forwards, backwards, in slices and flattened; maps, sums and maxima; loops over time in both directions with histories.
 */
import type { Buffer, Expression, IndexExpression, Kernel, Program, Slot, Step } from "../../compiler/ir/program.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import {
  add,
  at,
  bin,
  buffer,
  choose,
  clamp,
  div,
  i,
  kernel,
  load,
  loop,
  mod,
  mul,
  num,
  plus,
  pos,
  program,
  reduce,
  run,
  slot,
  steps,
  times,
  un,
} from "./hand-built-program.ts";
import type { Draw } from "./seeded.ts";

export interface RandomProgramOptions {
  /** Extents that axes are drawn from. */
  readonly sizes: readonly number[];
  /** Most terms of one kernel, all cells together. */
  readonly work: number;
  /** Before outside names, so that many programs fit into one module. */
  readonly prefix?: string;
}

interface Name {
  readonly name: string;
  readonly extent: number;
}

/** Something that can be read now, and how it looks from a kernel. */
interface Readable {
  readonly place: Buffer | readonly [Buffer, Slot];
  readonly shape: readonly number[];
}

export function randomProgram(draw: Draw, options: RandomProgramOptions): Program {
  return new Writer(draw, options).program();
}

/** Numbers for every argument of a program, exact in float32. */
export function randomBindings({ buffers }: Program, draw: Draw): Record<string, Float64Array> {
  const bindings: Record<string, Float64Array> = {};
  for (const { role, external, shape } of buffers) {
    if (role === "intermediate" || external === undefined) continue;
    bindings[external] = Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(draw.unit() * 2 - 1));
  }
  return bindings;
}

class Writer {
  readonly #schedule: Step[] = [];
  #readable: Readable[] = [];
  readonly #written: Buffer[] = [];
  #count = 0;

  constructor(
    private readonly draw: Draw,
    private readonly options: RandomProgramOptions,
  ) {}

  program(): Program {
    const { draw } = this;
    for (let count = 1 + draw.below(3); count > 0; count--) this.#input(this.#shape(1 + draw.below(3), 400));
    for (let count = 2 + draw.below(6); count > 0; count--) {
      if (draw.chance(0.3)) this.#loop();
      else this.#schedule.push(this.#whole([], this.#readable));
    }
    const results = this.#written.filter((_, position) => position === this.#written.length - 1 || draw.chance(0.4));
    const { prefix = "" } = this.options;
    return program(this.#schedule, Object.fromEntries(results.map((one) => [`${prefix}${one.name}`, one])));
  }

  #label(kind: string): string {
    this.#count += 1;
    return `${kind}${this.#count}`;
  }

  #shape(rank: number, most: number): number[] {
    const shape: number[] = [];
    let left = Math.min(most, this.options.work);
    for (let axis = 0; axis < rank; axis++) {
      const fitting = this.options.sizes.filter((size) => size <= left);
      const size = fitting.length === 0 ? 1 : this.draw.one(fitting);
      shape.push(size);
      left = Math.floor(left / size);
    }
    return this.draw.shuffled(shape);
  }

  /** [batch, hidden], as a cell has it. */
  #shapeOfState(): number[] {
    const { sizes, work } = this.options;
    const hidden = this.draw.one(sizes.filter((size) => size >= 4 && size * size <= work));
    const batch = this.draw.one(sizes.filter((size) => size * hidden * hidden <= work));
    return [batch, hidden];
  }

  #input(shape: readonly number[]): Readable {
    const name = this.#label("x");
    const role = this.draw.chance(0.5) ? "parameter" : "input";
    const input: Buffer = { ...buffer(name, shape, role), external: `${this.options.prefix ?? ""}${name}` };
    const readable = { place: input, shape };
    this.#readable.push(readable);
    return readable;
  }

  /** A kernel whose output is a tensor of its own. */
  #whole(variables: readonly Name[], readable: readonly Readable[]): Step {
    const { draw } = this;
    const known = draw.chance(0.4) ? draw.one(readable).shape : undefined;
    const shape = known !== undefined && sizeOf(known) <= 3000 ? known : this.#shape(draw.below(5), 3000);
    const work = new KernelWriter(draw, this.options, variables, readable, (own) => this.#input(own));
    const form = work.kernel(this.#label("k"), draw.chance(0.45) ? undefined : shape);
    const output = buffer(this.#label("y"), form.kernel.output);
    const step = run(form.kernel, form.inputs, output);
    this.#written.push(output);
    this.#readable.push({ place: output, shape: output.shape });
    return step;
  }

  #loop(): void {
    const { draw } = this;
    const length = draw.one([1, 2, 3, 5, 6]);
    const isReverse = draw.chance(0.4);
    const time: Name = { name: "t", extent: length };
    const histories = Array.from({ length: 1 + draw.below(2) }, () => {
      // Half of them are states of cells, multiplied by weights in every turn.
      const isCell = draw.chance(0.5);
      const shape = isCell ? this.#shapeOfState() : this.#shape(draw.below(3), 300);
      return { shape, isCell, whole: steps(this.#label("h"), [length + 1, ...shape]) };
    });
    const first = isReverse ? length : 0;
    for (const { shape, whole } of histories) {
      const form = this.#formOf(shape, [], this.#readable, true);
      this.#schedule.push(run(form.kernel, form.inputs, [whole, slot(first)]));
    }
    const before = isReverse ? 1 : 0;
    const outside = this.#readable;
    const slots = histories.map(({ whole, shape }): Readable => ({ place: [whole, slot(before, "t")], shape }));
    // What earlier loops left, step by step.
    const earlier = outside.flatMap(({ place }): Readable[] => {
      if (!("storage" in place) || place.storage !== "steps" || (place.shape[0] ?? 0) < length) return [];
      const extra = (place.shape[0] ?? 0) - length;
      const at = draw.chance(0.3)
        ? slot(length - 1 + draw.below(extra + 1), "t", -1)
        : slot(draw.below(extra + 1), "t");
      return [{ place: [place, at], shape: place.shape.slice(1) }];
    });
    this.#readable = [...outside, ...slots, ...slots, ...earlier];
    const inputs = new Set(outside);
    const body: Step[] = [];
    const locals: Buffer[] = [];
    const variables = draw.chance(0.5) ? [time] : [];
    const addLocals = (): void => {
      for (let count = draw.below(3); count > 0; count--) {
        body.push(this.#whole(variables, this.#readable));
        locals.push(this.#written.pop() as Buffer);
      }
    };
    addLocals();
    const stacked: Buffer[] = [];
    if (draw.chance(0.4)) {
      const shape = this.#shape(draw.below(3), 300);
      const whole = steps(this.#label("s"), [length, ...shape]);
      const form = this.#formOf(shape, variables, this.#readable);
      const where = draw.chance(0.3) ? slot(length - 1, "t", -1) : slot(0, "t");
      body.push(run(form.kernel, form.inputs, [whole, where]));
      this.#readable.push({ place: [whole, where], shape });
      stacked.push(whole);
    }
    for (const { shape, isCell, whole } of histories) {
      const state: Readable = { place: [whole, slot(before, "t")], shape };
      const form = this.#formOf(shape, variables, this.#readable, true, isCell ? state : undefined);
      body.push(run(form.kernel, form.inputs, [whole, slot(1 - before, "t")]));
      this.#readable.push({ place: [whole, slot(1 - before, "t")], shape });
      addLocals();
    }
    this.#schedule.push(isReverse ? loop("t", length - 1, -1, body) : loop("t", 0, length, body));
    // Inputs made inside are read outside as well; what lives in a turn is not.
    const isOutside = (one: Readable): boolean =>
      inputs.has(one) || ("role" in one.place && one.place.role !== "intermediate");
    this.#readable = this.#readable.filter(isOutside);
    for (const { shape, whole } of histories) {
      const last = isReverse ? 0 : length;
      const reads = draw.shuffled<Readable>([
        { place: whole, shape: whole.shape },
        { place: [whole, slot(last)], shape },
        { place: [whole, slot(draw.below(length + 1))], shape },
      ]);
      this.#readable.push(...reads.slice(0, 1 + draw.below(2)));
      if (draw.chance(0.4)) this.#written.push(whole);
    }
    for (const whole of stacked) {
      this.#readable.push({ place: whole, shape: whole.shape });
      this.#written.push(whole);
    }
    if (this.#written.length === 0) this.#written.push((histories[0] as { whole: Buffer }).whole);
  }

  /** @param isBounded whatever the numbers read are: what goes round in a loop must not grow without end */
  #formOf(
    shape: readonly number[],
    variables: readonly Name[],
    readable: readonly Readable[],
    isBounded = false,
    state?: Readable,
  ): KernelForm {
    const work = new KernelWriter(this.draw, this.options, variables, readable, (own) => this.#input(own));
    return work.kernel(this.#label("k"), shape, isBounded, state);
  }
}

interface KernelForm {
  readonly kernel: Kernel;
  readonly inputs: readonly Readable["place"][];
}

class KernelWriter {
  readonly #inputs: Readable[] = [];
  #names = 0;

  constructor(
    private readonly draw: Draw,
    private readonly options: RandomProgramOptions,
    private readonly variables: readonly Name[],
    private readonly readable: readonly Readable[],
    private readonly input: (shape: readonly number[]) => Readable,
  ) {}

  /** @param shape that of the output; without it the kernel is a contraction of any shape */
  /** @param state [B, H], to be multiplied by weights; the output is as large then */
  kernel(name: string, shape: readonly number[] | undefined, isBounded = false, state?: Readable): KernelForm {
    const { draw } = this;
    const isContraction = shape === undefined || (shape.length > 0 && draw.chance(0.5));
    const output = (shape ?? this.#shapeOfProduct()).map((extent) => this.#name(extent));
    const plain = isContraction ? this.#contraction(output) : this.#value(output, 1 + draw.below(3));
    const value = state === undefined ? plain : this.#cell(output, state, plain);
    const last = isBounded ? (["tanh", "sigmoid"] as const) : (["tanh", "sigmoid", "negate", "negate", "abs"] as const);
    const body = un(draw.one<(typeof last)[number]>(last), value);
    return {
      kernel: kernel({
        name,
        reads: Object.fromEntries(this.#inputs.map((one, position) => [`p${position}`, one.shape])),
        variables: this.variables.map((variable) => variable.name),
        output: output.map(({ extent }) => extent),
        indices: output.map((one) => one.name),
        body,
      }),
      inputs: this.#inputs.map(({ place }) => place),
    };
  }

  #cell(output: readonly Name[], state: Readable, rest: Expression): Expression {
    const { draw } = this;
    const [row, column] = output as [Name, Name];
    const inner = this.#name(column.extent);
    // The weights may be others in every turn.
    const weights = this.#factor([inner, column, ...(draw.chance(0.3) ? this.variables : [])]);
    const body = mul(load(this.#parameter(state), i(row.name), i(inner.name)), weights);
    const scale = num(Math.fround(1 / Math.sqrt(inner.extent)));
    const product = mul(reduce("sum", inner.name, inner.extent, body), scale);
    return draw.chance(0.3) ? product : add(product, rest);
  }

  #name(extent: number): Name {
    this.#names += 1;
    return { name: `n${this.#names}`, extent };
  }

  #shapeOfProduct(): number[] {
    const { draw } = this;
    const { sizes, work } = this.options;
    const shape: number[] = [];
    let left = Math.min(work / 4, 20_000);
    for (let rank = 1 + draw.below(4); rank > 0; rank--) {
      const fitting = sizes.filter((size) => size <= left);
      const size = fitting.length === 0 ? 1 : draw.one(fitting);
      shape.push(size);
      left = Math.floor(left / size);
    }
    return draw.shuffled(shape);
  }

  #terms(cells: number): number[] {
    const { draw } = this;
    const { sizes, work } = this.options;
    const terms: number[] = [];
    let left = Math.max(1, work / Math.max(1, cells));
    for (let rank = 1 + Number(draw.chance(0.3)); rank > 0; rank--) {
      const fitting = sizes.filter((size) => size <= left);
      const size = fitting.length === 0 ? 1 : draw.one(fitting.slice(-5));
      terms.push(size);
      left = Math.floor(left / size);
    }
    return terms;
  }

  #contraction(output: readonly Name[]): Expression {
    const { draw } = this;
    const first = this.#product(output);
    const count = draw.one([1, 1, 1, 2, 3]);
    const all = [first];
    for (let more = 1; more < count; more++) all.push(this.#product(output));
    const total = draw.shuffled(all).reduce((sum, term) => add(sum, term));
    switch (draw.below(7)) {
      case 0:
        return add(total, this.#read(output));
      case 1:
        return bin("maximum", add(total, this.#read(output)), num(0));
      case 2:
        return add(mul(this.#read(output), total), this.#value(output, 1));
      case 3:
        return mul(total, un("sigmoid", total));
      case 4:
        return add(total, un("tanh", first));
      case 5:
        return this.#selected(output, total, this.#read(output));
      default:
        return total;
    }
  }

  /** The sum over new axes of two tensors' product. */
  #product(output: readonly Name[]): Expression {
    const { draw } = this;
    const terms = this.#terms(sizeOf(output.map(({ extent }) => extent))).map((extent) => this.#name(extent));
    // An axis belongs to one factor, or to both (a batch); one that neither has is a repetition.
    const left: Name[] = [...terms];
    const right: Name[] = [...terms];
    const cut = draw.below(output.length + 1);
    output.forEach((axis, position) => {
      const kind = draw.chance(0.75) ? (position < cut ? 0 : 1) : draw.below(3);
      if (kind !== 1) left.push(axis);
      if (kind !== 0) right.push(axis);
    });
    if (draw.chance(0.05)) left.pop();
    const factors = draw.shuffled([this.#factor(left), this.#factor(right)]) as [Expression, Expression];
    const body = mul(...factors);
    const summed = draw.shuffled(terms).reduce((inner, { name, extent }) => reduce("sum", name, extent, inner), body);
    return mul(summed, num(Math.fround(1 / Math.sqrt(sizeOf(terms.map(({ extent }) => extent))))));
  }

  /** A load by all of the names: of a tensor made for it, in any layout, or of one that is there. */
  #factor(names: readonly Name[]): Expression {
    const { draw } = this;
    if (draw.chance(0.5)) return this.#read(names);
    const shape: number[] = [];
    const indices: IndexExpression[] = [];
    const rest = draw.shuffled(names);
    while (rest.length > 0) {
      const { name, extent } = rest.pop() as Name;
      const next = rest[0];
      if (next !== undefined && draw.chance(0.15)) {
        rest.shift();
        shape.push(extent * next.extent);
        indices.push(plus(times(i(name), next.extent), i(next.name)));
        continue;
      }
      const [axis, index] = this.#walk(i(name), extent);
      shape.push(axis);
      indices.push(index);
    }
    if (sizeOf(shape) > 60_000) return this.#read(names);
    return load(this.#parameter(this.input(shape)), ...indices);
  }

  /** An axis and the way an index of this extent runs over it. */
  #walk(index: IndexExpression, extent: number): readonly [number, IndexExpression] {
    const { draw } = this;
    const extra = draw.below(3);
    switch (draw.below(8)) {
      case 0:
        return [extent + 2, plus(index, at(extra))];
      case 1:
        return [extent, plus(times(index, -1), at(extent - 1))];
      case 2:
        return [extent + 2, plus(times(index, -1), at(extent - 1 + extra))];
      case 3:
        return [2 * extent, plus(times(index, 2), at(draw.below(2)))];
      default:
        return [extent, index];
    }
  }

  #parameter(from: Readable): number {
    const known = this.#inputs.indexOf(from);
    if (known >= 0) return known;
    this.#inputs.push(from);
    return this.#inputs.length - 1;
  }

  /** Something readable, at an address that some of the names move. */
  #read(names: readonly Name[]): Expression {
    const { draw } = this;
    const all = draw.shuffled([...names, ...this.variables]);
    const fitting = this.readable.filter(
      ({ shape }) => shape.length === names.length && shape.every((size, axis) => names[axis]?.extent === size),
    );
    if (fitting.length > 0 && draw.chance(0.6)) {
      const from = draw.one(fitting);
      return load(this.#parameter(from), ...names.map(({ name }) => i(name)));
    }
    const from = draw.one(this.readable);
    const indices = from.shape.map((size) => this.#indexBelow(size, all));
    return load(this.#parameter(from), ...indices);
  }

  /** An index that stays below `size`; names that are used are taken off the list. */
  #indexBelow(size: number, names: Name[]): IndexExpression {
    const { draw } = this;
    const one = names.pop();
    if (one === undefined) return at(draw.below(size));
    const { name, extent } = one;
    const index = i(name);
    if (draw.chance(0.08)) {
      const other = names[0];
      if (other !== undefined) return mod(plus(times(index, other.extent), i(other.name)), size);
    }
    if (draw.chance(0.08)) return clamp(plus(index, at(draw.below(5) - 2)), 0, size - 1);
    if (extent > size) {
      if (draw.chance(0.3)) return mod(index, size);
      if (draw.chance(0.4)) return div(index, Math.ceil(extent / size));
      return clamp(index, 0, size - 1);
    }
    const room = draw.below(size - extent + 1);
    if (draw.chance(0.2)) return plus(times(index, -1), at(extent - 1 + room));
    return plus(index, at(draw.chance(0.7) ? 0 : room));
  }

  #selected(names: readonly Name[], yes: Expression, no: Expression): Expression {
    const { draw } = this;
    const all = [...names, ...this.variables];
    if (all.length === 0) return add(yes, no);
    const { name, extent } = draw.one(all);
    const operation = draw.one(["less", "less_equal", "equal", "not_equal", "greater", "greater_equal"] as const);
    const left = draw.chance(0.8) ? i(name) : mod(i(name), 3);
    const other = draw.one(all);
    const right = draw.chance(0.75) ? num(draw.below(extent + 1)) : pos(plus(i(other.name), at(draw.below(3) - 1)));
    return choose([operation, pos(left), right], yes, no);
  }

  /** Any scalar expression of the names. */
  #value(names: readonly Name[], depth: number): Expression {
    const { draw } = this;
    if (depth === 0) {
      if (draw.chance(0.1)) return num(Math.fround(draw.unit() - 0.5));
      if (draw.chance(0.05) && names.length > 0) {
        const { name, extent } = draw.one(names);
        return mul(pos(i(name)), num(Math.fround(1 / extent)));
      }
      return this.#read(names);
    }
    const part = (): Expression => this.#value(names, depth - 1);
    switch (draw.below(12)) {
      case 0:
        return un(draw.one(["tanh", "sigmoid", "abs", "negate"]), part());
      case 1:
        return un("exp", bin("minimum", part(), num(0.5)));
      case 2:
        return this.#selected(names, part(), part());
      case 3:
      case 4:
        return this.#summed(names, depth);
      case 5: {
        const shared = part();
        return add(shared, mul(shared, part()));
      }
      default:
        return bin(draw.one(["add", "subtract", "multiply", "maximum", "minimum"]), part(), part());
    }
  }

  #summed(names: readonly Name[], depth: number): Expression {
    const { draw } = this;
    const cells = sizeOf(names.map(({ extent }) => extent));
    const fitting = this.options.sizes.filter((size) => size * cells <= this.options.work);
    const own = this.#name(fitting.length === 0 ? 1 : draw.one(fitting));
    const inner = this.#value([...names, own], depth - 1);
    // A concatenation, seen from a sum: a condition on its own axis.
    const body = draw.chance(0.3) ? this.#selected([own], inner, num(0.25)) : inner;
    if (draw.chance(0.4)) return reduce("max", own.name, own.extent, body);
    return mul(reduce("sum", own.name, own.extent, body), num(Math.fround(1 / own.extent)));
  }
}
