/** Executes a program cell by cell in float64, straight from its definition: the oracle of the lowering tests. */
import { indexValue } from "../../compiler/ir/index-expression.ts";
import type {
  Access,
  Buffer,
  Expression,
  IndexExpression,
  Kernel,
  Program,
  Slot,
  Step,
} from "../../compiler/ir/program.ts";
import { sizeOf, stridesOf } from "../../compiler/ir/graph.ts";
import { binary, comparisons, unary } from "./scalar-operations.ts";

type Names = Readonly<Record<string, number>>;

export function runProgram(
  program: Program,
  bindings: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> {
  const memory = new Map<Buffer, Float64Array>();
  for (const buffer of program.buffers) {
    const given = buffer.external === undefined ? undefined : bindings[buffer.external];
    // Unwritten cells are NaN, so that reading one shows.
    memory.set(
      buffer,
      given === undefined ? new Float64Array(sizeOf(buffer.shape)).fill(NaN) : Float64Array.from(given),
    );
  }
  const run = (steps: readonly Step[], names: Names): void => {
    for (const step of steps) {
      if (step.kind === "loop") {
        for (let time = step.start; time !== step.end; time += step.stride) {
          run(step.body, { ...names, [step.variable]: time });
        }
        continue;
      }
      const inputs = step.inputs.map((access) => view(memory, access, names));
      const variables = Object.fromEntries(
        step.kernel.variables.map((name, index) => [name, names[step.variables[index] as string] as number]),
      );
      view(memory, step.output, names).set(runKernel(step.kernel, inputs, variables));
    }
  };
  run(program.schedule, {});
  return Object.fromEntries(program.results.map(({ name, buffer }) => [name, memory.get(buffer) as Float64Array]));
}

function view(memory: ReadonlyMap<Buffer, Float64Array>, { buffer, slot }: Access, names: Names): Float64Array {
  const whole = memory.get(buffer) as Float64Array;
  if (slot === undefined) return whole;
  const size = sizeOf(buffer.shape.slice(1));
  const position = slotPosition(slot, names);
  if (position < 0 || position >= (buffer.shape[0] as number)) throw new Error(`slot ${position} of ${buffer.name}`);
  return whole.subarray(position * size, (position + 1) * size);
}

function slotPosition(slot: Slot, names: Names): number {
  return (slot.variable === undefined ? 0 : slot.scale * (names[slot.variable] as number)) + slot.offset;
}

function runKernel(kernel: Kernel, inputs: readonly Float64Array[], variables: Names): Float64Array {
  const output = new Float64Array(sizeOf(kernel.output));
  const strides = stridesOf(kernel.output);
  for (let flat = 0; flat < output.length; flat++) {
    const names: Record<string, number> = { ...variables };
    kernel.indices.forEach((name, axis) => {
      names[name] = Math.floor(flat / (strides[axis] as number)) % (kernel.output[axis] as number);
    });
    output[flat] = evaluate(kernel.body, kernel, inputs, names);
  }
  return output;
}

function evaluate(e: Expression, kernel: Kernel, inputs: readonly Float64Array[], names: Names): number {
  const value = (inner: Expression): number => evaluate(inner, kernel, inputs, names);
  const cellAt = (parameter: number, positions: readonly number[]): number => {
    const { shape = [], name = "" } = kernel.parameters[parameter] ?? {};
    const strides = stridesOf(shape);
    let flat = 0;
    positions.forEach((position, axis) => {
      if (!(position >= 0 && position < (shape[axis] as number))) {
        throw new Error(`${kernel.name} reads ${name} at ${position} of axis ${axis}`);
      }
      flat += position * (strides[axis] as number);
    });
    return inputs[parameter]?.[flat] as number;
  };
  const positionOf = (index: IndexExpression): number =>
    indexValue(index, names, (from, positions) => cellAt(from as number, positions));
  switch (e.kind) {
    case "number":
      return e.value;
    case "position":
      return positionOf(e.index);
    case "load":
      return cellAt(e.parameter, e.indices.map(positionOf));
    case "unary":
      return unary[e.operation](value(e.operand));
    case "binary":
      return binary[e.operation](value(e.left), value(e.right));
    case "select":
      // Both branches are evaluated, as lanes of a GPU do: loads of the one not taken must be in bounds.
      return [value(e.whenFalse), value(e.whenTrue)][
        Number(comparisons[e.condition.operation](value(e.condition.left), value(e.condition.right)))
      ] as number;
    case "reduce": {
      let total = e.operation === "sum" ? 0 : Number.NEGATIVE_INFINITY;
      for (let index = 0; index < e.extent; index++) {
        const term = evaluate(e.body, kernel, inputs, { ...names, [e.index]: index });
        total = e.operation === "sum" ? total + term : Math.max(total, term);
      }
      return total;
    }
    default:
      return e satisfies never;
  }
}
