/** The table of data kinds. */
import type { DataDefinition } from "./define.ts";
import { series } from "./series.ts";
import { tensors } from "./tensors.ts";

export const dataKinds: readonly DataDefinition[] = [series, tensors];

export type { DataDefinition } from "./define.ts";
