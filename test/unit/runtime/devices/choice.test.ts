import { beforeAll, describe, expect, it } from "vitest";
import type { GpuHandle, GpuKernelCall, GpuProgram, ModelDefinition } from "../../../../runtime/contract.ts";
import { createExecutor } from "../../../../runtime/devices/create.ts";
import { countLaunches, estimateStep, estimateText } from "../../../../runtime/devices/estimate.ts";
import { wasmDefinition } from "../../../support/wasm-model.ts";

const kernel = { source: "function zero() { return 0; }", output: [4] };

/** A step of a loop over ten times, whose ten states are stacked: 10 + 1 launches and a tree of 2 + 1. */
const looping: GpuProgram = {
  arguments: [{ name: "x", role: "input", shape: [4], dtype: "float32" }],
  results: [{ name: "answer", shape: [4] }],
  kernels: { start: kernel, step: kernel },
  plan: ({ kernels: known, tensors, stack }) => {
    const kernels = known as unknown as Readonly<Record<string, GpuKernelCall>>;
    const states: GpuHandle[] = [];
    let state = kernels["start"]?.(tensors["x"]) as GpuHandle;
    for (let time = 0; time < 10; time += 1) {
      state = kernels["step"]?.(state, time) as GpuHandle;
      states.push(state);
    }
    return { answer: stack(states, [4]) };
  },
};

let plain: Awaited<ReturnType<typeof wasmDefinition>>;
beforeAll(async () => {
  plain = await wasmDefinition();
});

/** The module as if its training step had so many operations, and that plan. */
const withFlops = (flops: number): ModelDefinition => {
  const { programs } = plain.wasm;
  const trainStep = { ...programs.train_step, flops };
  return withPlan({ ...plain, wasm: { ...plain.wasm, programs: { ...programs, train_step: trainStep } } });
};

const withPlan = (definition: ModelDefinition): ModelDefinition => ({
  ...definition,
  gpu: { ...definition.gpu, train_step: looping },
});

function withoutWasm({ wasm, ...definition }: ModelDefinition): ModelDefinition {
  expect(wasm).toBeDefined();
  return definition;
}

describe("the estimate of a training step", () => {
  it("counts the launches of a plan, loops unrolled", () => {
    expect(countLaunches(looping)).toBe(11 + 3);
  });

  it("weighs launches against operations", () => {
    const definition = withFlops(1e6);
    const one = estimateStep(definition, 1);
    expect(one).toEqual({ launches: 14, flops: 1e6, gpuSeconds: 14 * 8e-6 + 1e-6, wasmSeconds: 4e-5 });
    expect(estimateStep(definition, 2)?.wasmSeconds).toBeCloseTo(4e-5 / 1.6, 12);
    expect(estimateText(one as NonNullable<typeof one>)).toBe(
      "a training step is estimated at 0.040 ms in wasm and 0.11 ms on a GPU (14 kernel launches)",
    );
  });

  it("is none where the module does not count its operations", () => {
    expect(estimateStep(plain, 1)).toBeUndefined();
    expect(estimateStep(withoutWasm(withFlops(1)), 1)).toBeUndefined();
  });
});

describe("auto", () => {
  const report = async (
    definition: ModelDefinition,
  ): Promise<{ backend: string; requested: string; reason: string }> => {
    const executor = await createExecutor(definition, { backend: "auto" });
    const found = executor.report();
    await executor.dispose();
    return found;
  };

  it("takes wasm for a step that a GPU's launches alone outlast, and looks for no GPU", async () => {
    const { backend, requested, reason } = await report(withFlops(1e6));
    expect([backend, requested]).toEqual(["wasm", "auto"]);
    expect(reason).toMatch(/^a training step is estimated at 0\.\d+ ms in wasm and 0\.11 ms on a GPU/);
  });

  it("looks for a GPU where one could pay, and says what it found", async () => {
    const { backend, reason } = await report(withFlops(1e12));
    // No GPU: wasm. A GPU: not wasm. Never a software renderer.
    expect(reason).toMatch(backend === "wasm" ? /no GPU/ : /a GPU was found: .*; a training step is estimated/);
  });

  it("takes gpu.js's own WebAssembly where the module has no other and there is no GPU", async () => {
    const { backend, reason } = await report(withoutWasm(plain));
    if (/no GPU/.test(reason)) expect(backend).toBe("webasm");
    else expect(reason).toMatch(/a GPU was found/);
  });
});
