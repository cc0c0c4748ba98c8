/** The table of optimizers. */
import { adadelta } from "./adadelta.ts";
import { adagrad } from "./adagrad.ts";
import { adam } from "./adam.ts";
import { adamax } from "./adamax.ts";
import { adamw } from "./adamw.ts";
import { amsgrad } from "./amsgrad.ts";
import type { OptimizerDefinition } from "./define.ts";
import { nadam } from "./nadam.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

export const optimizers: readonly OptimizerDefinition[] = [
  sgd,
  adam,
  adamw,
  amsgrad,
  nadam,
  adamax,
  rmsprop,
  adagrad,
  adadelta,
];

export type { OptimizerDefinition, ScalarFormula } from "./define.ts";
