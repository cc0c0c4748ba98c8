import { describe, expect, it } from "vitest";
import { isSoftware } from "../../../../runtime/devices/adapter.ts";
import { expectedCanary, isExpected, runCanary } from "../../../../runtime/devices/canary.ts";
import type { GpuInstance, GpuLibrary, Pipeline, PipelineResult } from "../../../../runtime/devices/library.ts";
import { assertBackend } from "../../../../runtime/devices/open.ts";

/** A device whose pipelines answer with these numbers. */
function deviceThatGives(answer: PipelineResult): GpuInstance {
  const pipeline = Object.assign(() => Promise.resolve({ answer }), {
    backend: "cpu",
    executorKind: "generic",
    fallbackReason: null,
    destroy: () => Promise.resolve(),
  }) as unknown as Pipeline;
  return {
    createKernel: () => () => ({}) as never,
    createPipeline: () => pipeline,
    destroy: () => Promise.resolve(),
  };
}

const library = { input: (value: Float32Array) => ({ value }) } as unknown as GpuLibrary;

describe("the canary", () => {
  it("takes the right numbers, also when they are a float32's rounding away", () => {
    expect(isExpected(expectedCanary())).toBe(true);
    expect(isExpected(expectedCanary().map(Math.fround))).toBe(true);
  });

  it.each([
    ["zeros", expectedCanary().map(() => 0)],
    [
      "loops cut at 1000",
      Array.from([0.25, -0.5, 1, 2, -3, 0.125, 40, -80], (v, x) => Math.tanh(1000 * (v * 0.001 + 0.0002)) + x),
    ],
    ["NaN", expectedCanary().map(() => Number.NaN)],
    ["too few numbers", [0]],
  ])("refuses %s, naming the backend", async (_name, numbers) => {
    const device = deviceThatGives(Float32Array.from(numbers));
    await expect(runCanary(library, device, "webgl2")).rejects.toMatchObject({
      code: "backend-wrong-answer",
      message: expect.stringContaining("webgl2 computes wrong numbers") as string,
    });
  });
});

describe("assertBackend", () => {
  it.each([
    ["webgpu", "webgpu", "generic"],
    ["webgpu", "cpu", "generic"],
    ["webasm", "cpu", "generic"],
    ["webgl2", "cpu", "generic"],
  ] as const)("refuses %s that ran as %s (%s)", (asked, backend, executorKind) => {
    const ran = { backend, executorKind, fallbackReason: "the reason" };
    expect(() => assertBackend(ran, asked)).toThrow(
      `The backend ${asked} was asked for, but ${backend} ran (${executorKind}): the reason.`,
    );
  });

  it.each([
    ["webgpu", "webgpu", "fused-encoder"],
    ["webasm", "webasm", "fused-sync"],
    ["webasm", "webasm", "fused-threaded"],
    ["webgl2", "gpu", "generic"],
    ["headlessgl", "gpu", "generic"],
    ["cpu", "cpu", "generic"],
  ] as const)("takes %s that ran as %s (%s)", (asked, backend, executorKind) => {
    expect(() => assertBackend({ backend, executorKind, fallbackReason: null }, asked)).not.toThrow();
  });
});

describe("isSoftware", () => {
  it.each([
    ["google swiftshader swiftshader-device-subzero- SwiftShader driver 5.0.0", true],
    ["ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)", true],
    ["mesa llvmpipe (LLVM 15.0.6, 256 bits)", true],
    ["ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11)", true],
    ["nvidia ada-lovelace NVIDIA GeForce RTX 4070", false],
    ["apple metal-3 Apple M1 Max", false],
    ["intel gen-12lp Intel(R) UHD Graphics 770", false],
  ])("%s: %s", (name, expected) => {
    expect(isSoftware(name)).toBe(expected);
  });
});
