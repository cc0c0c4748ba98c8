/** The table of layer kinds. */
import { activation } from "./activation.ts";
import { add } from "./add.ts";
import { attentionPool } from "./attention-pool.ts";
import { concat } from "./concat.ts";
import type { LayerDefinition } from "./define.ts";
import { dropout } from "./dropout.ts";
import { lastStep } from "./last-step.ts";
import { linear } from "./linear.ts";
import { lstm } from "./lstm.ts";

export const layers: readonly LayerDefinition[] = [
  // from features to features
  linear,
  activation,
  dropout,
  // over time
  lstm,
  attentionPool,
  lastStep,
  // several inputs to one
  concat,
  add,
];

export type { BuildContext, LayerDefinition, LayerResult, LayerValue, PlanContext } from "./define.ts";
