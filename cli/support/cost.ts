/** What a program costs, counted from its kernels: arithmetic, memory traffic and memory. */
import type { Expression, Kernel, Program, Step } from "../../compiler/ir/program.ts";

export interface ProgramCost {
  readonly kernels: number;
  /** Kernel calls, loops over time written out. */
  readonly calls: number;
  /** One per addition, multiplication, comparison or function such as exp. */
  readonly flops: number;
  /** Every call reads each of its inputs and writes its output once. */
  readonly bytes: number;
  readonly buffers: number;
  /** Bytes of all buffers together. */
  readonly memory: number;
}

const BYTES = 4;

export function programCost(program: Program): ProgramCost {
  const totals = { calls: 0, flops: 0, bytes: 0 };
  const visit = (steps: readonly Step[], times: number): void => {
    for (const step of steps) {
      if (step.kind === "loop") {
        visit(step.body, times * Math.abs((step.end - step.start) / step.stride));
        continue;
      }
      const { kernel } = step;
      const cells = product(kernel.output);
      const read = kernel.parameters.reduce((total, { shape }) => total + product(shape), 0);
      totals.calls += times;
      totals.flops += times * cells * flopsPerCell(kernel);
      totals.bytes += times * BYTES * (cells + read);
    }
  };
  visit(program.schedule, 1);
  return {
    kernels: program.kernels.length,
    ...totals,
    buffers: program.buffers.length,
    memory: program.buffers.reduce((total, { shape }) => total + BYTES * product(shape), 0),
  };
}

/** Work for one cell of a kernel's output; a shared node is work once, of a choice the dearer branch counts. */
export function flopsPerCell({ body }: Pick<Kernel, "body">): number {
  const seen = new Set<Expression>();
  const count = (expression: Expression): number => {
    if (seen.has(expression)) return 0;
    seen.add(expression);
    switch (expression.kind) {
      case "number":
      case "position":
      case "load":
        return 0;
      case "unary":
        return 1 + count(expression.operand);
      case "binary":
        return 1 + count(expression.left) + count(expression.right);
      case "select": {
        const { condition, whenTrue, whenFalse } = expression;
        return 1 + count(condition.left) + count(condition.right) + Math.max(count(whenTrue), count(whenFalse));
      }
      case "reduce":
        return expression.extent * (1 + count(expression.body));
      default:
        return expression satisfies never;
    }
  };
  return count(body);
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, length) => total * length, 1);
}
