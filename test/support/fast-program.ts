/**
 * What `runProgram` does, through closures instead of by walking trees: for programs whose sums are too long for it.
 * Written from the meaning of the contract alone; a test holds it against `runProgram`.
 */
import type { Access, Buffer, Expression, IndexExpression, Kernel, Program, Step } from "../../compiler/ir/program.ts";
import { sizeOf, stridesOf } from "../../compiler/ir/graph.ts";
import { binary, comparisons, unary } from "./scalar-operations.ts";

type Numbers = Float64Array;
type Evaluate = () => number;

/** @param store what becomes of a number that is stored: rounding it shows how much the results depend on roundings */
export function runFast(
  program: Program,
  bindings: Readonly<Record<string, ArrayLike<number>>>,
  store: (value: number) => number = (value) => value,
): Record<string, Float64Array> {
  const memory = new Map<Buffer, Numbers>();
  for (const buffer of program.buffers) {
    const given = buffer.external === undefined ? undefined : bindings[buffer.external];
    const values = given === undefined ? new Float64Array(sizeOf(buffer.shape)).fill(NaN) : Float64Array.from(given);
    memory.set(buffer, values);
  }
  const kernels = new Map<Kernel, CompiledKernel>();
  const compiled = (kernel: Kernel): CompiledKernel => {
    const known = kernels.get(kernel) ?? new CompiledKernel(kernel);
    kernels.set(kernel, known);
    return known;
  };
  const run = (steps: readonly Step[], names: ReadonlyMap<string, number>): void => {
    for (const step of steps) {
      if (step.kind === "loop") {
        const { variable, start, end, stride } = step;
        for (let time = start; time !== end; time += stride) run(step.body, new Map(names).set(variable, time));
        continue;
      }
      const inputs = step.inputs.map((access) => viewOf(memory, access, names));
      const variables = step.variables.map((name) => names.get(name) as number);
      const results = compiled(step.kernel).run(inputs, variables);
      viewOf(memory, step.output, names).set(results.map(store));
    }
  };
  run(program.schedule, new Map());
  return Object.fromEntries(program.results.map(({ name, buffer }) => [name, memory.get(buffer) as Numbers]));
}

function viewOf(memory: ReadonlyMap<Buffer, Numbers>, access: Access, names: ReadonlyMap<string, number>): Numbers {
  const { buffer, slot } = access;
  const whole = memory.get(buffer) as Numbers;
  if (slot === undefined) return whole;
  const moved = slot.variable === undefined ? 0 : slot.scale * (names.get(slot.variable) as number);
  const position = moved + slot.offset;
  if (position < 0 || position >= (buffer.shape[0] ?? 0)) throw new Error(`slot ${position} of ${buffer.name}`);
  const size = sizeOf(buffer.shape.slice(1));
  return whole.subarray(position * size, (position + 1) * size);
}

class CompiledKernel {
  readonly #places = new Map<string, number>();
  readonly #names: number[] = [];
  #inputs: readonly Numbers[] = [];
  readonly #body: Evaluate;

  constructor(private readonly kernel: Kernel) {
    [...kernel.variables, ...kernel.indices].forEach((name) => this.#place(name));
    this.#body = this.#compile(kernel.body);
  }

  run(inputs: readonly Numbers[], variables: readonly number[]): Numbers {
    const { output, indices } = this.kernel;
    this.#inputs = inputs;
    variables.forEach((value, position) => (this.#names[position] = value));
    const strides = stridesOf(output);
    const results = new Float64Array(sizeOf(output));
    for (let flat = 0; flat < results.length; flat++) {
      indices.forEach((_, axis) => {
        this.#names[variables.length + axis] = Math.floor(flat / (strides[axis] as number)) % (output[axis] as number);
      });
      results[flat] = this.#body();
    }
    return results;
  }

  #place(name: string): number {
    const known = this.#places.get(name) ?? this.#places.size;
    this.#places.set(name, known);
    return known;
  }

  #index(index: IndexExpression): Evaluate {
    const names = this.#names;
    switch (index.kind) {
      case "constant":
        return () => index.value;
      case "name": {
        const place = this.#place(index.name);
        return () => names[place] as number;
      }
      case "add": {
        const [left, right] = [this.#index(index.left), this.#index(index.right)];
        return () => left() + right();
      }
      case "scale": {
        const of = this.#index(index.of);
        return () => of() * index.by;
      }
      case "divide": {
        const of = this.#index(index.of);
        return () => Math.floor(of() / index.by);
      }
      case "modulo": {
        const of = this.#index(index.of);
        return () => of() % index.by;
      }
      case "clamp": {
        const of = this.#index(index.of);
        return () => Math.min(Math.max(of(), index.low), index.high);
      }
      case "loaded":
        return this.#load(index.from as number, index.indices);
      default:
        return index satisfies never;
    }
  }

  #load(parameter: number, indices: readonly IndexExpression[]): Evaluate {
    const shape = this.kernel.parameters[parameter]?.shape ?? [];
    const strides = stridesOf(shape);
    const parts = indices.map((index) => this.#index(index));
    return () => {
      let flat = 0;
      for (let axis = 0; axis < parts.length; axis++) {
        const at = (parts[axis] as Evaluate)();
        if (!(at >= 0 && at < (shape[axis] as number))) throw new Error(`${this.kernel.name} reads at ${at}`);
        flat += at * (strides[axis] as number);
      }
      return (this.#inputs[parameter] as Numbers)[flat] as number;
    };
  }

  #compile(e: Expression): Evaluate {
    switch (e.kind) {
      case "number":
        return () => e.value;
      case "position":
        return this.#index(e.index);
      case "load":
        return this.#load(e.parameter, e.indices);
      case "unary": {
        const operand = this.#compile(e.operand);
        const work = unary[e.operation];
        return () => work(operand());
      }
      case "binary": {
        const [left, right] = [this.#compile(e.left), this.#compile(e.right)];
        const work = binary[e.operation];
        return () => work(left(), right());
      }
      case "select": {
        const [left, right] = [this.#compile(e.condition.left), this.#compile(e.condition.right)];
        const [yes, no] = [this.#compile(e.whenTrue), this.#compile(e.whenFalse)];
        const holds = comparisons[e.condition.operation];
        return () => {
          const [one, other] = [yes(), no()];
          return holds(left(), right()) ? one : other;
        };
      }
      case "reduce": {
        const place = this.#place(e.index);
        const body = this.#compile(e.body);
        const names = this.#names;
        const isSum = e.operation === "sum";
        return () => {
          let total = isSum ? 0 : -Infinity;
          for (let at = 0; at < e.extent; at++) {
            names[place] = at;
            const term = body();
            total = isSum ? total + term : Math.max(total, term);
          }
          return total;
        };
      }
      default:
        return e satisfies never;
    }
  }
}
