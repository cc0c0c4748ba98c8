import { describe, expect, it } from "vitest";
import type { GpuHandle } from "../../../../runtime/contract.ts";
import { createStack, stackSource } from "../../../../runtime/devices/stack.ts";
import type { StackKernels } from "../../../../runtime/devices/stack.ts";

interface Call {
  readonly source: string;
  readonly output: readonly number[];
  readonly inputs: number;
}

function recorder(): { readonly gpu: StackKernels; readonly calls: Call[]; readonly kernels: string[] } {
  const calls: Call[] = [];
  const kernels: string[] = [];
  const gpu: StackKernels = {
    createKernel: ({ source, output }) => {
      kernels.push(source);
      return (...inputs) => {
        calls.push({ source, output, inputs: inputs.length });
        return {} as GpuHandle;
      };
    },
  };
  return { gpu, calls, kernels };
}

const slots = (count: number): GpuHandle[] => Array.from({ length: count }, () => ({}) as GpuHandle);

describe("createStack", () => {
  it("joins at most seven tensors at a time, in a tree", () => {
    const { gpu, calls, kernels } = recorder();
    createStack(gpu)(slots(24), [16, 8]);
    expect(calls.map(({ inputs }) => inputs)).toEqual([7, 7, 7, 3, 4]);
    expect(calls.map(({ output }) => output)).toEqual([
      [8, 16, 7],
      [8, 16, 7],
      [8, 16, 7],
      [8, 16, 3],
      [8, 16, 24],
    ]);
    // Equal sizes share a kernel.
    expect(kernels).toHaveLength(3);
  });

  it("gives a single slot its axis", () => {
    const { gpu, calls } = recorder();
    createStack(gpu)(slots(1), []);
    expect(calls.map(({ inputs, output }) => [inputs, output])).toEqual([[1, [1]]]);
  });

  it("refuses holes and nothing", () => {
    const { gpu } = recorder();
    const holes = slots(2);
    holes[4] = {} as GpuHandle;
    expect(() => createStack(gpu)(holes, [2])).toThrow("slot 2 was never written");
    expect(() => createStack(gpu)([], [2])).toThrow("no slots");
  });
});

describe("stackSource", () => {
  it("asks in which part the slot lies", () => {
    expect(stackSource([1, 1], [true, true], [4])).toBe(
      [
        "function stack(part0, part1) {",
        "const slot = this.thread.y;",
        "if (slot < 1) {",
        "return part0[this.thread.x];",
        "}",
        "return part1[this.thread.x];",
        "}",
      ].join("\n"),
    );
  });
});
