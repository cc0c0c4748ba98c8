import type { AnyProgramName } from "@specloom/runtime/internal/contract";

/** The programs as a module lists them. Predict first, so that the kernels everyone shares keep the plain names. */
export const programOrder: readonly AnyProgramName[] = [
  "predict",
  "evaluate",
  "gradients",
  "train_step",
  "accumulate",
  "stream_start",
  "stream_step",
];

/** Those of the wasm target, which has one more. */
export const wasmProgramOrder = [...programOrder, "predict_one"] as const;
