/** What generated modules and programs that use them import. Everything reached from here runs in a browser. */
export type * from "./contract.ts";
export type * from "./kernel-types.ts";
export { ctcGreedy, decodeCtc } from "./decoding/ctc.ts";
export type { CtcDecodeOptions } from "./decoding/ctc.ts";
export type { CtcHypothesis } from "./decoding/ctc-hypothesis.ts";
export { ctcPrefixBeam } from "./decoding/ctc-prefix-beam.ts";
export { defineModel } from "./model.ts";
export { BACKENDS } from "./model/create.ts";
export { Problem } from "./problem.ts";
export { productOverSteps } from "./product-over-steps.ts";
export { readSafetensors, writeSafetensors } from "./safetensors.ts";
export type { SafetensorsData, SafetensorsDType, SafetensorsFile, SafetensorsTensor } from "./safetensors.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./training/checkpoint.ts";
export type { EarlyStopping, TrainingExamples, TrainOptions } from "./training/options.ts";
export type { EpochRecord, TrainingCounters, TrainingSnapshot } from "./training/state.ts";
export { train, Trainer } from "./training/trainer.ts";
export type { TrainingEvent, TrainingOutcome } from "./training/trainer.ts";
