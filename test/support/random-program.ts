/**
 * Programs drawn at random from everything that the contract of programs allows: contractions over axes in any order, read
 * forwards, backwards, in slices and flattened; maps, sums and maxima; loops over time in both directions with histories.
 */
import type { Buffer, Program, Step } from "../../compiler/ir/program.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { belowOf, buffer, loop, program, run, slot, steps, wholes } from "./hand-built-program.ts";
import {
  KernelWriter,
  type KernelForm,
  type Makers,
  type Name,
  type RandomProgramOptions,
  type Readable,
} from "./random-kernel.ts";
import type { Draw } from "./seeded.ts";

export function randomProgram(draw: Draw, options: RandomProgramOptions): Program {
  return new Writer(draw, options).program();
}

/** Numbers for every argument of a program, exact in float32. */
export function randomBindings({ buffers }: Program, draw: Draw): Record<string, Float64Array> {
  const bindings: Record<string, Float64Array> = {};
  for (const buffer of buffers) {
    const { role, external, shape } = buffer;
    if (role === "intermediate" || external === undefined) continue;
    const below = belowOf(buffer);
    bindings[external] = Float64Array.from({ length: sizeOf(shape) }, () =>
      below === undefined ? Math.fround(draw.unit() * 2 - 1) : draw.below(below),
    );
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

  readonly #makers: Makers = {
    input: (shape) => this.#input(shape),
    ids: (shape, below) => {
      const name = this.#label("ids");
      return { place: { ...wholes(name, shape, below), external: `${this.options.prefix ?? ""}${name}` }, shape };
    },
  };

  /** A kernel whose output is a tensor of its own. */
  #whole(variables: readonly Name[], readable: readonly Readable[]): Step {
    const { draw } = this;
    const known = draw.chance(0.4) ? draw.one(readable).shape : undefined;
    const shape = known !== undefined && sizeOf(known) <= 3000 ? known : this.#shape(draw.below(5), 3000);
    const work = new KernelWriter(draw, this.options, variables, readable, this.#makers);
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
    const work = new KernelWriter(this.draw, this.options, variables, readable, this.#makers);
    return work.kernel(this.#label("k"), shape, isBounded, state);
  }
}
