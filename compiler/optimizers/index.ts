/** The table of optimizers. */
import { adam } from "./adam.ts";
import { adamw } from "./adamw.ts";
import type { OptimizerDefinition } from "./define.ts";
import { sgd } from "./sgd.ts";

export const optimizers: readonly OptimizerDefinition[] = [sgd, adam, adamw];

export type { OptimizerDefinition, ScalarFormula } from "./define.ts";
