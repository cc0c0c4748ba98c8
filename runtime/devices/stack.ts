/** Joins the tensors of a loop's steps into one. A kernel reads at most seven tensors, so this takes a tree of them. */
import type { GpuHandle } from "../contract.ts";
import { sizeOf } from "../tensor.ts";
import { misfit } from "./residents.ts";
import { gpuSize, type KernelCall, type KernelText } from "./library.ts";

/** WebGPU guarantees eight storage buffers per stage, of which one is the output. */
const mostParts = 7;

/** One operand of a join: `count` slots as one tensor [count, ...shape], or a single bare slot [...shape]. */
interface Part {
  readonly handle: GpuHandle;
  readonly count: number;
  readonly bare: boolean;
}

/** Makes the kernels that join. */
export interface StackKernels {
  readonly createKernel: (kernel: KernelText) => KernelCall;
}

/** The stacking helper of one device; kernels of equal sizes are shared. */
export function createStack(gpu: StackKernels): (slots: readonly GpuHandle[], shape: readonly number[]) => GpuHandle {
  const kernels = new Map<string, KernelCall>();
  return (slots, shape) => {
    // An array that loops fill can have holes, which the type does not show.
    let parts: readonly Part[] = Array.from<GpuHandle | undefined, Part>(slots, (handle, slot) => {
      if (handle === undefined) throw misfit(`stack: slot ${slot} was never written.`);
      return { handle, count: 1, bare: true };
    });
    if (parts.length === 0) throw misfit("stack: there are no slots.");
    do {
      const joined: Part[] = [];
      for (let first = 0; first < parts.length; first += mostParts) {
        const group = parts.slice(first, first + mostParts);
        joined.push(group.length === 1 && group[0]?.bare === false ? group[0] : join(gpu, kernels, group, shape));
      }
      parts = joined;
    } while (parts.length > 1);
    return (parts[0] as Part).handle;
  };
}

function join(
  gpu: StackKernels,
  kernels: Map<string, KernelCall>,
  group: readonly Part[],
  shape: readonly number[],
): Part {
  const counts = group.map(({ count }) => count);
  const bare = group.map((part) => part.bare);
  const key = JSON.stringify([counts, bare, shape]);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let kernel = kernels.get(key);
  if (kernel === undefined) {
    kernel = gpu.createKernel({ source: stackSource(counts, bare, shape), output: gpuSize([total, ...shape]) });
    kernels.set(key, kernel);
  }
  return { handle: kernel(...group.map(({ handle }) => handle)), count: total, bare: false };
}

/**
 * The kernel: the leading index says in which part the cell lies.
 *
 * @param counts slots per part
 * @param bare which parts lack the slot axis
 * @param shape of one slot
 */
export function stackSource(counts: readonly number[], bare: readonly boolean[], shape: readonly number[]): string {
  const axis = ["x", "y", "z"][Math.min(shape.length, 2)] ?? "x";
  // From rank 2 on the slot axis merges into z, of which every slot takes this many.
  const rows = shape.length <= 2 ? 1 : sizeOf(shape.slice(0, -2));
  const inner = shape.length === 0 ? "" : shape.length === 1 ? "[this.thread.x]" : "[this.thread.y][this.thread.x]";
  const lines = [`const slot = this.thread.${axis};`];
  let start = 0;
  counts.forEach((count, part) => {
    const length = count * rows;
    const isLast = part === counts.length - 1;
    // Along x the lanes of a vector lie in different parts: the position is limited for those that lie elsewhere.
    const place = shape.length === 0 ? `Math.max(0, Math.min(${length - 1}, slot - ${start}))` : `slot - ${start}`;
    const isWhole = bare[part] === true && shape.length <= 2;
    const read = isWhole && shape.length > 0 ? `part${part}${inner}` : `part${part}[place${part}]${inner}`;
    const body = [...(isWhole && shape.length > 0 ? [] : [`const place${part} = ${place};`]), `return ${read};`];
    if (isLast) lines.push(...body);
    else lines.push(`if (slot < ${start + length}) {`, ...body, "}");
    start += length;
  });
  return `function stack(${counts.map((_, part) => `part${part}`).join(", ")}) {\n${lines.join("\n")}\n}`;
}
