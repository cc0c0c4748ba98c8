/** The backends that tests of the gpu target run on: those that need no GPU, and WebGPU where it is asked for. */
export const alwaysModes = ["cpu", "webasm"] as const;

type Mode = (typeof alwaysModes)[number] | "webgpu";

const asksForWebGpu = process.env["SPECLOOM_TEST_WEBGPU"] === "1";

/** `webgpu` needs the package of that name and a Vulkan driver, such as SwiftShader's through VK_DRIVER_FILES. */
export const testedModes: readonly Mode[] = asksForWebGpu ? [...alwaysModes, "webgpu"] : alwaysModes;

export const skippedModes: readonly { readonly mode: string; readonly reason: string }[] = asksForWebGpu
  ? []
  : [{ mode: "webgpu", reason: "SPECLOOM_TEST_WEBGPU=1 is not set" }];
