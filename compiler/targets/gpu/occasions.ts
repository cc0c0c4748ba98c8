/** Names of things that programs have in versions of their own: `encoderCellStateInTraining`. */
import type { AnyProgramName } from "@specloom/runtime/internal/contract";
import type { NameScope } from "../../code-text/names.ts";

const occasions: Readonly<Record<AnyProgramName, string>> = {
  predict: "InPrediction",
  evaluate: "InEvaluation",
  gradients: "InTraining",
  train_step: "InUpdate",
  accumulate: "InAccumulation",
  stream_start: "InStart",
  stream_step: "InStep",
};

/** A name that is taken says what this one is for. */
export function claimFor(names: NameScope, name: string, program: AnyProgramName): string {
  if (!names.has(name)) return names.claim(name);
  return names.claim(`${name}${occasions[program]}`);
}
