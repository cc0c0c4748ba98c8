/** The table of layer kinds. */
import { activation } from "./activation.ts";
import { add } from "./add.ts";
import { attention } from "./attention.ts";
import { attentionPool } from "./attention-pool.ts";
import { batchNorm } from "./batch-norm.ts";
import { concat } from "./concat.ts";
import { conv1d } from "./conv1d.ts";
import { decoder } from "./decoder.ts";
import type { LayerDefinition } from "./define.ts";
import { dropout } from "./dropout.ts";
import { embedding } from "./embedding.ts";
import { flatten } from "./flatten.ts";
import { gru } from "./gru.ts";
import { groups } from "./groups.ts";
import { lastStep } from "./last-step.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";
import { lstm } from "./lstm.ts";
import { multiHeadAttention } from "./multi-head-attention.ts";
import { multiply } from "./multiply.ts";
import { pool1d } from "./pool1d.ts";
import { reshape } from "./reshape.ts";
import { positionalEncoding } from "./positional-encoding.ts";
import { rmsNorm } from "./rms-norm.ts";
import { rnn } from "./rnn.ts";
import { slice } from "./slice.ts";
import { transformerBlock } from "./transformer-block.ts";

export const layers: readonly LayerDefinition[] = [
  // from features to features
  embedding,
  linear,
  activation,
  dropout,
  layerNorm,
  rmsNorm,
  batchNorm,
  // over time
  rnn,
  gru,
  lstm,
  conv1d,
  pool1d,
  attentionPool,
  lastStep,
  positionalEncoding,
  // between sequences
  attention,
  multiHeadAttention,
  transformerBlock,
  decoder,
  // several inputs to one
  concat,
  add,
  multiply,
  // cells in other places
  slice,
  reshape,
  flatten,
];

/** With those that end groups: whatever a resolved model may hold. */
export const allLayers: readonly LayerDefinition[] = [...layers, ...groups.map(({ end }) => end)];

export { groups } from "./groups.ts";
export type { BuildContext, LayerDefinition, LayerResult, LayerValue, PlanContext } from "./define.ts";
