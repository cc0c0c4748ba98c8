/** Kernels drawn at random: see random-program.ts. */
import type { Buffer, Expression, IndexExpression, Kernel, Slot } from "../../compiler/ir/program.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import {
  add,
  at,
  bin,
  choose,
  clamp,
  div,
  i,
  kernel,
  load,
  mod,
  mul,
  num,
  plus,
  pos,
  reduce,
  row,
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

export interface Name {
  readonly name: string;
  readonly extent: number;
}

/** Something that can be read now, and how it looks from a kernel. */
export interface Readable {
  readonly place: Buffer | readonly [Buffer, Slot];
  readonly shape: readonly number[];
}

/** Inputs made for a kernel: of numbers, and of whole numbers by which rows are found. */
export interface Makers {
  readonly input: (shape: readonly number[]) => Readable;
  readonly ids: (shape: readonly number[], below: number) => Readable;
}

export interface KernelForm {
  readonly kernel: Kernel;
  readonly inputs: readonly Readable["place"][];
}

/** Writes one kernel, and says what it reads. */
export class KernelWriter {
  readonly #inputs: Readable[] = [];
  #names = 0;

  constructor(
    private readonly draw: Draw,
    private readonly options: RandomProgramOptions,
    private readonly variables: readonly Name[],
    private readonly readable: readonly Readable[],
    private readonly make: Makers,
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
    if (output.length > 0 && draw.chance(0.15)) return this.#placed(output);
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

  /** Values added up in the cells of one axis by numbers that say which: for every cell, a look at all of them. */
  #placed(output: readonly Name[]): Expression {
    const { draw } = this;
    const rows = draw.one(output);
    const others = output.filter((axis) => axis !== rows);
    const terms = this.#terms(sizeOf(output.map(({ extent }) => extent))).map((extent) => this.#name(extent));
    // Every row of some other axes may have numbers of its own.
    const walked = [...others.filter(() => draw.chance(0.3)), ...terms];
    const parameter = this.#parameter(
      this.make.ids(
        walked.map(({ extent }) => extent),
        rows.extent,
      ),
    );
    const id = load(parameter, ...walked.map(({ name }) => i(name)));
    const sides: readonly [Expression, Expression] = draw.chance(0.8)
      ? [id, pos(i(rows.name))]
      : [pos(i(rows.name)), id];
    const values = this.#factor([...terms, ...others.filter(() => draw.chance(0.8))]);
    const body = choose(["equal", ...sides], values, num(0));
    return terms.reduce((inner, { name, extent }) => reduce("sum", name, extent, inner), body);
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
    return load(this.#parameter(this.make.input(shape)), ...indices);
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
    if (draw.chance(0.12)) return row(this.#parameter(this.make.ids([extent], size)), size, index);
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
