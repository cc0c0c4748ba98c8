/** The table of losses. */
import { bceWithLogits } from "./bce-with-logits.ts";
import { bce } from "./bce.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { ctc } from "./ctc.ts";
import type { LossDefinition } from "./define.ts";
import { gaussianNll } from "./gaussian-nll.ts";
import { huber } from "./huber.ts";
import { klDiv } from "./kl-div.ts";
import { l1 } from "./l1.ts";
import { mse } from "./mse.ts";
import { nll } from "./nll.ts";
import { quantile } from "./quantile.ts";
import { smoothL1 } from "./smooth-l1.ts";

export const losses: readonly LossDefinition[] = [
  mse,
  l1,
  huber,
  smoothL1,
  bce,
  bceWithLogits,
  crossEntropy,
  nll,
  klDiv,
  ctc,
  quantile,
  gaussianNll,
];

export type { LossAlignment, LossDefinition } from "./define.ts";
