import { beforeAll, describe, expect, it } from "vitest";
import type { ModelDefinition } from "../../../../runtime/contract.ts";
import { createExecutor } from "../../../../runtime/devices/create.ts";
import { estimateStep, estimateText } from "../../../../runtime/devices/estimate.ts";
import { wasmDefinition } from "../../../support/wasm-model.ts";

let plain: Awaited<ReturnType<typeof wasmDefinition>>;
beforeAll(async () => {
  plain = await wasmDefinition();
});

/** The module as if its training step had so many operations. */
const withFlops = (flops: number): ModelDefinition => ({ ...plain, wasm: { ...plain.wasm, flops } });

function withoutWasm({ wasm, ...definition }: ModelDefinition): ModelDefinition {
  expect(wasm).toBeDefined();
  return definition;
}

describe("the estimate of a training step", () => {
  it("weighs launches against operations", () => {
    const definition = withFlops(1e6);
    const one = estimateStep(definition, 1);
    expect(one).toEqual({
      work: "a training step",
      launches: 14,
      flops: 1e6,
      gpuSeconds: 14 * 8e-6 + 1e-6,
      wasmSeconds: 4e-5,
    });
    expect(estimateStep(definition, 2)?.wasmSeconds).toBeCloseTo(4e-5 / 1.6, 12);
    expect(estimateText(one as NonNullable<typeof one>)).toBe(
      "a training step is estimated at 0.040 ms in wasm and 0.11 ms on a GPU (14 kernel launches)",
    );
  });

  it("is none where the module has one target alone", () => {
    const { gpu, ...wasmOnly } = plain;
    expect(gpu.launches).toBe(14);
    expect(estimateStep(wasmOnly, 1)).toBeUndefined();
    expect(estimateStep(withoutWasm(withFlops(1)), 1)).toBeUndefined();
  });

  it("is of a prediction where the module has no training", () => {
    const estimate = estimateStep({ ...plain, programs: ["predict"] }, 1);
    expect(estimate?.work).toBe("a prediction");
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

  it("takes wasm where the module has no other target", async () => {
    const { gpu, ...wasmOnly } = plain;
    expect(gpu.launches).toBe(14);
    expect(await report(wasmOnly)).toMatchObject({ backend: "wasm", reason: "the module has no other target" });
    const onCpu = createExecutor(wasmOnly, { backend: "cpu" });
    await expect(onCpu).rejects.toThrow("the module was compiled for the wasm target alone");
  });

  it("takes gpu.js's own WebAssembly where the module has no other and there is no GPU", async () => {
    const { backend, reason } = await report(withoutWasm(plain));
    if (/no GPU/.test(reason)) expect(backend).toBe("webasm");
    else expect(reason).toMatch(/a GPU was found/);
  });
});
