/** What a generated module is made from. */
import type { SomePrograms, StreamFact, StreamObstacle } from "@specloom/runtime/internal/contract";
import type { GpuModule } from "../code-text/gpu-module.ts";
import type { Model } from "../contracts/model.ts";
import type { SequenceFacts } from "../contracts/programs.ts";
import type { Program } from "../ir/program.ts";
import type { OptimizerDefinition } from "../optimizers/define.ts";
import type { ScheduleDefinition } from "../schedules/define.ts";
import type { WebAssemblyParts } from "./webassembly.ts";

export interface ModuleParts {
  readonly model: Model;
  /** Those that the module shall have. */
  readonly programs: SomePrograms<Program>;
  readonly optimizer: OptimizerDefinition;
  readonly schedule?: ScheduleDefinition;
  readonly stream: StreamFact | StreamObstacle;
  readonly sequences: SequenceFacts;
  readonly gpu?: GpuModule;
  readonly wasm?: WebAssemblyParts;
}
