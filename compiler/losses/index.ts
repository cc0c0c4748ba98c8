/** The table of losses. */
import { crossEntropy } from "./cross-entropy.ts";
import type { LossDefinition } from "./define.ts";
import { huber } from "./huber.ts";
import { l1 } from "./l1.ts";
import { mse } from "./mse.ts";

export const losses: readonly LossDefinition[] = [mse, l1, huber, crossEntropy];

export type { LossDefinition } from "./define.ts";
