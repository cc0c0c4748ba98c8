import type { TargetLimits } from "../../ir/program.ts";

/** WebGPU guarantees eight storage buffers per stage; one is the output. */
export const gpuLimits: TargetLimits = { kernelTensors: 7 };
